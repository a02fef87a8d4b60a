"""`leadproof serve`: what lies in run directories, as pages on loopback, rendered here and sent whole.

What belongs here: who may come in (`access`), what is known of the runs (`runs` reads one, `index` remembers them all),
the pages (`pages/`, each with its routes), their texts (`catalogue`) and the server (`serving`). What is pasted, and
what a mock has just done, goes to the ledger as a capture does (`judging`, `watching`), and is shown line by line
(`showing`, `marking`, `reflow`). Nothing is written into the directory of a run; what is to be saved becomes a new one.
"""

"""`leadproof serve`: what lies in run directories, as pages on loopback, rendered here and sent whole.

What belongs here: who may come in (`access`), what is known of the runs (`runs` reads one, `index` remembers them all),
the pages (`pages/`, each with its routes), their texts (`catalogue`) and the server (`serving`). Nothing here judges,
and nothing is written into the directory of a run.
"""

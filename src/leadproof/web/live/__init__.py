"""A load while it runs, as its run directory tells it.

What belongs here: reading a run directory that grows (`reading`), what a page shows of it (`figures`, `charts`,
`parts`), and who is shown it (`watching` keeps one reader for all who look at a run, `streaming` sends what is new).
The load is never asked anything: it writes its files, whoever looks.
"""

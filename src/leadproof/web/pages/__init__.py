"""The pages: one module each, with `ROUTES`, which `web/app.py` lists.

What belongs in such a module: what the page asks of the index or of a run directory, arranged for its template in
`reports/templates/page/`. Functions are plain, not async, unless they stream: they run in a thread.
"""

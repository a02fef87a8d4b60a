"""Plain frozen data that everything else speaks in, of the standard library and msgspec: exchange, finding, operation,
target, error.

No clock, no chance, no socket. `resources` alone opens files (what is packaged), and `installation` asks how leadproof
was installed.
"""

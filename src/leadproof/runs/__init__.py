"""A run and what it comes to: configuration, evidence on disk, summary, verdict, waivers, comparison, merging, formats.

Exchanges come in judged; how they were made is nobody's business here.
"""

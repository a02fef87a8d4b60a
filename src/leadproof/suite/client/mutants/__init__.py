"""Clients with one mistake that integrators make, each the right client of `example` but for that: `MUTANTS`.

What is changed is a method or two; who has to notice is the situation that owns the mistake.
"""

from leadproof.suite.client.mutants import believing, losing, pinging, reading, writing
from leadproof.suite.client.mutants.model import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "believing", "losing", "pinging", "reading", "writing"]

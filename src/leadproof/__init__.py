"""leadproof: contract and load testing for the LeadExec lead-receiver API, version 2."""

__version__ = "0.1.0"

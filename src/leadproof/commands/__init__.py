"""Stories over several packages: what runs in which order when a command is called. No parsing, no printing."""

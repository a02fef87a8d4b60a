"""What only a person can confirm, and who vouches for a run: beside it, in `<run>.attestation/`, since a run that is
over is never changed.

`answers` reads and writes `attestation.toml`; `settling` sets the answers against a report; `folder` seals them with a
manifest that names the run's own; `signing` signs that, and says who did.
"""

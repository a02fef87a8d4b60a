"""The recorder: a reverse proxy on loopback in front of one named target, and the evidence of what went through it.

Two processes, so that judging never delays a response::

    client ──▶ Inbound ──▶ Outbound ──▶ target        this process: one event loop, bytes in both directions
                  └─ exchange ──▶ Keeper              the keeper's: redacts, writes, then judges

=============  ==========================================================================
`heads`        start lines and headers, from one side to the other (pure)
`proxied_exchange`  one exchange under way: what is kept of it, whatever flows past
`inbound`      the client's side of a connection: bytes to requests
`outbound`     the service's side of it: bytes to responses
`relay`        what passes between the two
`frames`       what the two processes say to each other
`proxy`        what all connections share
`keeper`       the other process: redacts and writes, then judges
`keeping`      this process's hold on it
`recording`    a recording from its first exchange to its reports
=============  ==========================================================================

A response is let go when every earlier exchange is on disk. So whenever the recorder dies, by `kill -9` too, at most
the one exchange whose response was just sent is missing.
"""

from leadproof.recorder.keeper import RecordingJob
from leadproof.recorder.recording import RecordingLimits, RecordingResult, record

__all__ = ["RecordingJob", "RecordingLimits", "RecordingResult", "record"]

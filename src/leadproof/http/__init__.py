"""The one place that opens connections: plan, client, raw probe, deadlines, codings, base of servers, receiver.

HTTP only. Redirects are never followed, and nothing is sent to a host that was not named. Nothing here judges.
"""

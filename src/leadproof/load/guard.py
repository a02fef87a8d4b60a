"""The guard rail of load: no packet to another machine that was not named twice, whatever way its name came in. Pure.

The decision needs no lookup of a name, because a lookup is a packet too. It is taken on the target's URL as it will be
used, wherever it came from (command line, environment, configuration file, web page), and again at every connection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target

#: The option that names a host for the second time.
OPTION = "--allow-target"


def canonical(host: str) -> str:
    """A host in the one spelling in which two are compared: lower case, no dot at its end, addresses as they are
    printed, no port, no user.

    Unusual spellings of addresses (octal, a single number) stay as they are, and so match nothing but themselves.
    """
    text = host.strip().lower()
    if "://" in text:
        text = urlsplit(text).netloc
    text = text.rpartition("@")[2]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    text = text.rstrip(".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def allow(target: Target, allowed: Collection[str]) -> Target:
    """The target, if load may be put on it.

    Args:
        target: What is to be loaded.
        allowed: Hosts that the command line named for the second time.

    Raises:
        ConfigurationError: It is not this machine, for certain, and was not named a second time. Behind a proxy
            nothing is.
    """
    if target.loopback:
        return target
    host = canonical(target.host)
    if host in {canonical(one) for one in allowed}:
        return target
    raise ConfigurationError(
        f"{target.host} is not this machine: load was refused before anything was sent",
        hint=f"if you may put load on it, name it a second time: {OPTION} {target.host}",
    )


def named(arguments: Sequence[str]) -> list[str]:
    """The hosts that a command line itself names with `--allow-target`.

    Configuration files and the environment have no say: a name that lies there was not written for this run.
    """
    found = []
    for place, one in enumerate(arguments):
        if one == OPTION and place + 1 < len(arguments):
            found.append(arguments[place + 1])
        elif one.startswith(f"{OPTION}="):
            found.append(one.partition("=")[2])
    return found

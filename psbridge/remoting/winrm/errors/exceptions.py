"""What psbridge's own transport raises when an answer is none that it may take."""

from __future__ import annotations


class Redirected(Exception):
    """The host answered with a redirect, which is never followed: credentials would go elsewhere."""


class LoginLost(Exception):
    """A 401 after the host had accepted the login: it forgot the connection, or someone before it says so."""


class NotWSMan(Exception):
    """The host answered, but not in WSMan."""


class BrokenSeal(Exception):
    """A sealed answer can't be opened: its form, or what the seal holds against it."""


class TooMuch(OSError):
    """An answer is larger than any that WSMan allows."""


class NotOffered(Exception):
    """The host takes no login of the target's kind; it was not told who is asking."""


class BadLogin(Exception):
    """A login could not be carried on: the host's token makes no sense, or the next one can't be computed."""


class TooManyLogins(Exception):
    """The host asked again and again for a login."""


class ProxyRefused(OSError):
    """The proxy makes no tunnel to the host.

    Args:
        status: its HTTP status.
        proxy: host and port of the proxy.
    """

    def __init__(self, status: int, proxy: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.proxy = proxy


class ProxyUnreachable(OSError):
    """The proxy can't be reached, hung up, or does not answer as one. Its text names the proxy and says why."""

"""What psbridge's own transport raises when an answer is none that it may take."""

from __future__ import annotations


class Redirected(Exception):
    """The host answered with a redirect, which is never followed: credentials would go elsewhere."""


class NotWSMan(Exception):
    """The host answered, but not in WSMan."""


class TooMuch(OSError):
    """An answer is larger than any that WSMan allows."""


class TooManyLogins(Exception):
    """The host asked again and again for a login."""

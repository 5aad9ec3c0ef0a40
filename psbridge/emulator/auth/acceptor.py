"""What every login mechanism is to the connection: a taker of tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from psbridge.emulator.auth.sealing import Seal


class Accepted(msgspec.Struct, frozen=True):
    """The client is authenticated.

    Attributes:
        user: the account; without one, the authenticated name.
        allowed: whether the user may use WSMan; a domain user without an account may not.
        token: the last token for the client, sent with the answer; empty for none.
    """

    user: str
    allowed: bool = True
    token: bytes = b""


class Continue(msgspec.Struct, frozen=True):
    """The login continues: 401 with this token."""

    token: bytes


class Refused(msgspec.Struct, frozen=True):
    """The login failed: 401 with the offered methods, or with the mechanism's last token.

    Attributes:
        reason: for the log only.
        user: the name that the client gave, if known.
    """

    reason: str
    user: str = ""
    token: bytes = b""


Outcome = Accepted | Continue | Refused


class Channel(msgspec.Struct, frozen=True):
    """The TCP connection that a login goes over.

    Attributes:
        bindings: the tls-server-end-point of the host's certificate (RFC 5929), None without TLS.
        certificate: returns the client's certificate as DER, checked against the trusted authorities, None for none.
    """

    bindings: bytes | None
    certificate: Callable[[], bytes | None]


class Acceptor(Protocol):
    """One login by one mechanism on one connection."""

    def step(self, token: bytes) -> Outcome:
        """Take the client's next token. Anything that it can't be is `Refused`; never raises."""
        ...

    @property
    def seal(self) -> Seal | None:
        """What opens and closes sealed bodies once the client is in; None for mechanisms that have no such thing."""
        ...

    @property
    def lasting(self) -> bool:
        """Return whether the login holds for the connection; else each request brings its own."""
        ...

    @property
    def expired(self) -> bool:
        """Return whether the login has come to its end, as a ticket does."""
        ...

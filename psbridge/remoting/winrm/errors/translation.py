"""The translation of a foreign error, the rules of the table, and the errors that psbridge's transport raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from psbridge.errors import PsbridgeError
from psbridge.models.text import shortened

MAX_FOREIGN_TEXT = 300


class ErrorContext(msgspec.Struct, frozen=True):
    """What psbridge was doing when an error occurred.

    Attributes:
        doing: such as `open a session`.
        delivered: the host may have run what was sent.
        offered: the authentication methods that the host's first 401 offered, None if it named none.
        spoke: the host has answered in WSMan before, so the address is right.
        login_requests: requests of this exchange that carried part of a login.
        refused: the host's last answer was 401, to a login that named the user.
        channel_bound: the login was bound to the TLS certificate of its connection.
        in_handshake: the TLS handshake had begun and not ended.
        nothing_received: no byte of an answer came.
        user: as the target names it; empty without one.
        charset: the encoding of user and password if they are not ASCII and the host named none; else empty.
    """

    url: str
    doing: str = "talk to the host"
    delivered: bool = False
    auth: str = ""
    offered: str | None = None
    spoke: bool = False
    login_requests: int = 0
    refused: bool = False
    channel_bound: bool = False
    secure: bool = False
    in_handshake: bool = False
    nothing_received: bool = False
    charset: str = ""
    user: str = ""

    @property
    def host_and_port(self) -> str:
        """The host's address as `HOST:PORT`."""
        return urlsplit(self.url).netloc


class Translation(msgspec.Struct, frozen=True):
    """The psbridge error that a foreign error becomes.

    Attributes:
        code: the host's or the library's code, as its entry in the catalogue is named; None if it has none.
        reason: psbridge's name of the cause (`detail.reason`), where no code names it.
    """

    kind: type[PsbridgeError]
    message: str
    hint: str
    retryable: bool = False
    code: str | None = None
    reason: str | None = None


Rule = Callable[[BaseException, ErrorContext], Translation]


def fixed(
    kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False, reason: str | None = None
) -> Rule:
    """Return a rule that gives the same message and hint for every error."""
    return lambda _error, _context: Translation(kind, message, hint, retryable, reason=reason)


def quoting(
    kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False, reason: str | None = None
) -> Rule:
    """Return a rule that puts the error's own text after its message."""
    return lambda error, _context: Translation(kind, f"{message}: {bounded(error)}", hint, retryable, reason=reason)


def bounded(text: object, limit: int = MAX_FOREIGN_TEXT) -> str:
    """Return text of the host on one line of at most `limit` characters."""
    try:
        line = " ".join(str(text).split())
    except Exception:  # noqa: BLE001 - pypsrp's errors build their text on demand
        line = type(text).__name__
    return shortened(line, limit)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that it wraps, outermost first.

    requests and urllib3 have the inner error in `args` or `reason`, pyspnego in `base_error`.
    """
    seen: set[int] = set()
    queue: list[BaseException] = [error]
    while queue and len(seen) < 32:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        hidden = (getattr(current, name, None) for name in ("reason", "base_error"))
        inner = (*current.args, *hidden, current.__cause__, current.__context__)
        queue.extend(item for item in inner if isinstance(item, BaseException))


class Redirected(Exception):
    """The host answered with a redirect, which is never followed because another server would get the credentials."""


class LoginLost(Exception):
    """A 401 after the host had accepted the login: from the host, or from a gateway in front of it."""


class NotWSMan(Exception):
    """The host answered, but not in WSMan."""


class BrokenSeal(Exception):
    """A sealed answer can't be opened because of its form or its seal."""


class TooMuch(OSError):
    """An answer is larger than any that WSMan allows."""


class NotOffered(Exception):
    """The host does not offer the target's authentication method; no user name was sent."""


class BadLogin(Exception):
    """A login could not continue: the host's token is invalid, or the next token can't be computed."""


class TooManyLogins(Exception):
    """The host asked for a login too many times."""


class ProxyRefused(OSError):
    """The proxy refused the tunnel to the host.

    Args:
        status: its HTTP status.
        proxy: host and port of the proxy.
    """

    def __init__(self, status: int, proxy: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.proxy = proxy


class ProxyUnreachable(OSError):
    """The proxy can't be reached, hung up, or does not answer as a proxy. The text names the proxy and the reason."""

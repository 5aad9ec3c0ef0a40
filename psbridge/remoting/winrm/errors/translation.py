"""What a foreign error comes to, what the rules of the table are made of, and the errors that psbridge's transport raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from psbridge.errors import PsbridgeError

MAX_FOREIGN_TEXT = 300
RETRY = "Try again; if it stays so, look at the host's WinRM service and its event log."


class ErrorContext(msgspec.Struct, frozen=True):
    """What was being done when an error came.

    Attributes:
        doing: such as `open a session`.
        delivered: the host may have run what was sent.
        offered: what the host's first refusal offered, None if it did not say.
        spoke: it has answered in WSMan before, so that nonsense from it is a mishap and no wrong address.
        login_requests: requests of this exchange that carried something of a login.
        refused: the host's last answer was 401, to a login that said who is asking.
        channel_bound: the login was bound to the certificate of the TLS that carries it.
        in_handshake: the TLS handshake had begun and not ended.
        nothing_received: not one byte of an answer came.
        charset: how user and password were written, where they are not ASCII and the host did not say how; else empty.
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


class Translation(msgspec.Struct, frozen=True):
    """What an error comes to."""

    kind: type[PsbridgeError]
    message: str
    hint: str
    retryable: bool = False


Rule = Callable[[BaseException, ErrorContext], Translation]


def fixed(kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False) -> Rule:
    """Return a rule that says the same of every error."""
    return lambda _error, _context: Translation(kind, message, hint, retryable)


def quoting(kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False) -> Rule:
    """Return a rule that says what the error itself says after its own words."""
    return lambda error, _context: Translation(kind, f"{message}: {bounded(error)}", hint, retryable)


def bounded(text: object, limit: int = MAX_FOREIGN_TEXT) -> str:
    """Return text of the far end on one line, at most `limit` characters of it."""
    try:
        line = " ".join(str(text).split())
    except Exception:  # noqa: BLE001 - pypsrp's errors make their text when asked, from what they were given
        line = type(text).__name__
    return line if len(line) <= limit else line[: limit - 1] + "…"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk an error and what it wraps, outermost first; libraries hide the real one.

    requests and urllib3 have it in `args` or `reason`, pyspnego in `base_error`.
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

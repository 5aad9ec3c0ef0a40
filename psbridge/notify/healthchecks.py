"""Ping a check of Healthchecks (https://healthchecks.io/docs/http_api/), hosted or self-hosted.

The standard library's client is used on purpose: it takes no proxy and no password from the environment or `.netrc`, follows
no redirect, and reads no more of an answer than it is asked to.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL, RemoteDisconnected
from socket import SHUT_RDWR, gaierror
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from psbridge.models.secret import Secret
from psbridge.notify.delivery import Attempt, NotSent, TimedOut, Unusable
from psbridge.version import __version__

BODY_LIMIT: Final = 100_000
"""Bytes of a body that the hosted service keeps; a server says its own in `Ping-Body-Limit`."""
_ANSWER: Final = 200
"""Bytes of an answer's body that are read; it is `OK` and a word or two."""
_ANOTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH; their texts name the host."""
_IGNORED: Final = {
    b"OK (not found)": "the server has no check with this ping URL",
    b"OK (rate limited)": "the server ignored it: too many pings of this check within a minute",
}
_REFUSALS: Final = {
    400: "the server does not take this ping URL",
    404: "the server has no check with this ping URL",
    409: "several checks of the server have the slug of this ping URL",
    429: "the server ignored it: too many pings",
}
"""https://healthchecks.io/docs/http_api/; 400 and 404 measured on Healthchecks 4.3, the bodies above a 200 inferred."""


class Ping(msgspec.Struct, frozen=True):
    """One ping.

    Attributes:
        url: the check's ping URL.
        signal: an empty text for success, `start`, `fail`, `log` or an exit status.
        run: a UUID that pairs the end of a run with its start.
        create: whether the server is asked to create a check of the URL's slug.
    """

    url: Secret
    signal: str
    body: str = ""
    run: str | None = None
    create: bool = False

    @property
    def target(self) -> str:
        """The path and the query of the request."""
        parts = urlsplit(self.url.reveal())
        path = parts.path.rstrip("/") + (f"/{self.signal}" if self.signal else "")
        more = ({"rid": self.run} if self.run else {}) | ({"create": "1"} if self.create else {})
        query = "&".join(filter(None, [parts.query, urlencode(more)]))
        return (path or "/") + (f"?{query}" if query else "")


class _Again(NotSent):
    """A ping that failed in a way that may pass: a second one changes nothing on the server, because it is the same."""


def send(ping: Ping, attempt: Attempt, *, proxy: str | None = None, limit: int = BODY_LIMIT, pause: float = 1.0) -> int:
    """Send a ping; one that may not have arrived is sent once more.

    Args:
        ping: what.
        attempt: bounds it.
        proxy: `http://HOST:PORT` of a proxy that makes tunnels.
        limit: bytes of the body that the server takes.
        pause: seconds before the retry.

    Returns:
        The limit that the server says, or the one that was given.

    Raises:
        NotSent: it did not arrive.
    """
    try:
        return _once(ping, attempt, proxy, limit)
    except _Again:
        attempt.pause(pause)
        if attempt.over:
            raise
    return _once(ping, attempt, proxy, limit)


def cut(text: str, limit: int) -> bytes:
    """Return a text as UTF-8 of at most `limit` bytes, without half a character at its end."""
    data = text.encode("utf-8", "backslashreplace")
    return data if len(data) <= limit else data[: max(0, limit)].decode("utf-8", "ignore").encode()


def _once(ping: Ping, attempt: Attempt, proxy: str | None, limit: int) -> int:
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": f"psbridge/{__version__}"}
    with _reported():
        connection = _connection(urlsplit(ping.url.reveal()), proxy, attempt.remaining)
        try:
            attempt.closing(lambda: _cut_off(connection))
            connection.connect()
            attempt.closing(lambda: _cut_off(connection))  # it has its socket now
            connection.sock.settimeout(attempt.remaining)
            connection.request("POST", ping.target, cut(ping.body, limit), headers)
            answer = connection.getresponse()
            _check(answer.status, answer.read(_ANSWER) if answer.status == 200 else b"")
            return _limit(answer, limit)
        finally:
            connection.close()


def _cut_off(connection: HTTPConnection) -> None:
    """End what blocks in another thread."""
    if connection.sock is not None:
        connection.sock.shutdown(SHUT_RDWR)


def _connection(parts: SplitResult, proxy: str | None, seconds: float) -> HTTPConnection:
    host, port = parts.hostname, parts.port
    if not host or parts.username is not None:
        raise Unusable("the ping URL is not one: it has no host, or a user and password")
    secure = parts.scheme.casefold() == "https"
    by = urlsplit(proxy) if proxy else None
    where, at = (by.hostname or "", by.port or 80) if by else (host, port)
    made = (
        HTTPSConnection(where, at, timeout=seconds, context=ssl.create_default_context())
        if secure
        else HTTPConnection(where, at, timeout=seconds)
    )
    if by:
        made.set_tunnel(host, port or (443 if secure else 80))
    return made


def _check(status: int, said: bytes) -> None:
    """Raise what an answer means; nothing if the server took the ping."""
    if 200 <= status < 300:
        for ignored, why in _IGNORED.items():
            if said.startswith(ignored):
                raise NotSent(why)
        return
    if 300 <= status < 400:
        raise NotSent(
            "the server redirects to another address, which is not followed; put that address into the ping URL"
        )
    if status >= 500:
        raise _Again(f"the server answered HTTP {status}")
    raise NotSent(_REFUSALS.get(status, f"the server answered HTTP {status}"))


def _limit(answer: HTTPResponse, limit: int) -> int:
    said = answer.headers.get("Ping-Body-Limit", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else limit


@contextmanager
def _reported() -> Iterator[None]:
    """Raise what goes wrong as `NotSent`, without a text that may hold the URL."""
    try:
        yield
    except gaierror:
        raise _Again("the name of the server can't be resolved") from None
    except ssl.SSLCertVerificationError as problem:
        why = "it is for another name" if problem.verify_code in _ANOTHER_NAME else problem.verify_message
        raise NotSent(f"the server's certificate is not trusted: {why}") from None
    except ssl.SSLError as problem:
        raise _Again(f"TLS failed: {problem.reason or 'the connection was closed'}") from None
    except TimeoutError:
        raise TimedOut from None
    except RemoteDisconnected:
        raise _Again("the server closed the connection without an answer") from None
    except OSError as problem:
        # http.client's own error for a tunnel that a proxy refuses is an OSError without a number
        raise _Again(problem.strerror or "the proxy refused the tunnel to the server") from None
    except InvalidURL:
        raise Unusable("the ping URL is not one") from None
    except HTTPException:
        raise NotSent("the answer of the server is not HTTP") from None
    except ValueError:
        raise Unusable("the ping URL is not one") from None

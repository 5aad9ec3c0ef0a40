"""Parse the heads of HTTP/1.1 requests and write answers; strict where parsers could differ (RFC 9112 11.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

import msgspec

MAX_HEADERS: Final = 100
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_AUTHORITY: Final = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class BadHttp(Exception):
    """The bytes are not a supported request; answer `status`, then close the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


class HttpRequest(msgspec.Struct, frozen=True):
    """A request's head; header names are in lower case, repeated ones joined by a comma; `version` is 1.0 or 1.1."""

    method: str
    target: str
    headers: Mapping[str, str]
    version: str = "1.1"

    @property
    def path(self) -> str:
        """The target's path; servers accept an absolute URL too, as proxies are sent it (RFC 9112 3.2.2)."""
        return _AUTHORITY.sub("", self.target, count=1).partition("?")[0]

    @property
    def keep_alive(self) -> bool:
        """Return whether the client wants to keep this connection (RFC 9112 9.3)."""
        wishes = self.headers.get("connection", "").casefold()
        return "close" not in wishes and (self.version == "1.1" or "keep-alive" in wishes)

    @property
    def chunked(self) -> bool:
        """Return whether the body comes in chunks."""
        return "transfer-encoding" in self.headers


def response(
    status: int,
    body: bytes,
    headers: Sequence[tuple[str, str]] = (),
    *,
    keep_alive: bool = True,
    date: datetime | None = None,
) -> bytes:
    """Return the bytes of an answer; each has a Date, by which clients learn the host's time: `date`, else this machine's."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in headers),
        "Server: Microsoft-HTTPAPI/2.0",
        f"Date: {format_datetime(date or datetime.now(UTC), usegmt=True)}",
        f"Content-Length: {len(body)}",
    ]
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def waits_to_go_on(headers: Mapping[str, str]) -> bool:
    """Return whether the client waits for HTTP 100 before it sends the body (RFC 9110 10.1.1)."""
    return headers.get("expect", "").casefold() == "100-continue"


def parse_head(head: bytes) -> HttpRequest:
    """Return a request by its head, without the empty line that ends it.

    Raises:
        BadHttp: it is not a request, or it is ambiguous.
    """
    lines = head.decode("latin-1").split("\r\n")
    if any(map(_CONTROL.search, lines)):
        raise BadHttp(400)  # a bare line feed among them, which other parsers take for the end of a line (RFC 9112 2.2)
    if len(lines) > MAX_HEADERS + 1:
        raise BadHttp(431)
    parts = lines[0].split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not parts[1]:
        raise BadHttp(400)
    if parts[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise BadHttp(505 if parts[2].startswith("HTTP/") else 400)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise BadHttp(400)
        key, value = name.casefold(), value.strip(" \t")
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    request = HttpRequest(parts[0], parts[1], headers, parts[2].removeprefix("HTTP/"))
    if request.version == "1.0" and request.chunked:
        raise BadHttp(400)  # RFC 9112 6.1: it does not know them
    if request.version == "1.1" and ("host" not in headers or "," in headers["host"]):
        raise BadHttp(400)  # RFC 9112 3.2
    return request

"""The limits of an HTTP answer: its head is checked before the body is read, and its envelope before it is parsed.

requests decompresses a body before it checks the size, during a login too: 600 kB became 1.3 GB (measured on requests 2.34.2
and urllib3 2.8.0, see urllib3/urllib3#3745). WinRM compresses nothing, so psbridge asks for `identity` and accepts nothing
else.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Final

from psbridge.clock import Tick
from psbridge.remoting.winrm.errors.translation import NotWSMan, TooMuch
from psbridge.xmlbounds import Bounds, TooMuchXml, check

MAX_ANSWER: Final = 2 * 1024 * 1024
"""Bytes of one answer's body. pypsrp asks for envelopes of 150 KiB, and a host sends 500 KiB at most by default
(MaxEnvelopeSizekb); a seal adds some hundred bytes per 16 KiB."""
MAX_HEAD: Final = 128 * 1024
"""Bytes of an answer's head and the interim answers (100) before it; the largest Kerberos token has 64 KiB."""

_PLAIN: Final[Mapping[str, list[list[str]]]] = {"Content-Encoding": [[]], "Transfer-Encoding": [[], ["chunked"]]}


def check_head(headers: Mapping[str, str]) -> None:
    """Refuse an answer whose body is compressed, or is announced as too large.

    Args:
        headers: those of the answer; the values of a repeated one are joined with commas.

    Raises:
        NotWSMan: the body is compressed or encoded.
        TooMuch: it is too large.
    """
    for name, allowed in _PLAIN.items():
        words = [word.strip().lower() for word in headers.get(name, "").split(",")]
        if [word for word in words if word not in {"", "identity"}] not in allowed:
            raise NotWSMan(f"its body is compressed or encoded ({name}: {headers[name][:40]})")
    length = headers.get("Content-Length", "").strip()
    if length.isdecimal() and (len(length) > len(str(MAX_ANSWER)) or int(length) > MAX_ANSWER):
        raise TooMuch(f"an answer of {length[:20]} bytes, more than {MAX_ANSWER}")


class FinalResponse(http.client.HTTPResponse):
    """Skips each interim answer except 101, which ends HTTP/1.1 (RFC 9110, 15.2); http.client skips only 100."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # no public name
            if not 100 < status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)


ENVELOPE: Final = Bounds(size=MAX_ANSWER, nodes=20_000, depth=64)
"""The bounds of an envelope, checked before pypsrp parses it: its header has some ten elements, and a Receive of 150 KiB
at most a thousand streams."""


def readable(content: bytes, tick: Tick) -> str:
    """Return an answer as text within the bounds; `ElementTree` reads text as UTF-8 and ignores its declaration.

    Raises:
        NotWSMan: it is not UTF-8, or is not within the bounds.
    """
    try:
        check(content, ENVELOPE, tick)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotWSMan("it is not UTF-8") from error
    except TooMuchXml as error:
        raise NotWSMan(f"it has {error}") from error

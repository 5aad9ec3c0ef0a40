"""Effects that make an answer cost its reader far more than it cost its sender."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from psbridge.emulator.faults.altered import on_fragments
from psbridge.emulator.faults.exchange import AlterAnswer, AlterReply, Exchange, Reply
from psbridge.emulator.wsman.names import SOAP
from psbridge.emulator.wsman.service import Answer
from psbridge.values import replace

_BLOCK: Final = 1 << 20
_LINE: Final = 8000
"""Bytes of a header; most clients refuse a line of 65,536."""
_FRAGMENT: Final = 21
_MESSAGE: Final = 40
"""Bytes of a fragment's and of a message's header, [MS-PSRP] 2.2.4 and 2.2.1."""
_WHOLE: Final = 3
_SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
_OPENING: Final = b'<s:Envelope xmlns:s="%s"><s:Body>' % SOAP.encode()
_CLOSING: Final = b"</s:Body></s:Envelope>"


def packed(_exchange: Exchange, count: float, reply: Reply) -> Reply:
    """Return the answer with a body that decompresses to N bytes; status and challenges are kept."""
    return _encoded(reply, _zipped(int(count)), "gzip")


def packed_twice(_exchange: Exchange, count: float, reply: Reply) -> Reply:
    """Return the same, packed once more."""
    return _encoded(reply, gzip.compress(_zipped(int(count)), mtime=0), "gzip, gzip")


def _encoded(reply: Reply, body: bytes, coding: str) -> Reply:
    return replace(reply, body=body, headers=(*reply.headers, ("Content-Encoding", coding)))


@lru_cache(maxsize=8)
def _zipped(count: int) -> bytes:
    """Return spaces, packed: a file of gzip may be several, one after the other (RFC 1952 2.2)."""
    block = gzip.compress(b" " * _BLOCK, mtime=0)
    return block * (count // _BLOCK) + gzip.compress(b" " * (count % _BLOCK), mtime=0)


def head(_exchange: Exchange, count: float, reply: Reply) -> Reply:
    """Return the answer with N bytes of additional headers."""
    lines = [min(_LINE, int(count) - at) for at in range(0, int(count), _LINE)]
    return replace(reply, headers=(*reply.headers, *(("X-Filler", "x" * size) for size in lines)))


def interim(exchange: Exchange, count: float, data: bytes) -> None:
    """Send N interim answers first (RFC 9110 15.2)."""
    exchange.http.write(b"HTTP/1.1 100 Continue\r\n\r\n" * int(count) + data)


def tiny_chunks(exchange: Exchange, _value: float, data: bytes) -> None:
    """Send the body in chunks of one byte, each with an extension (RFC 9112 7.1.1)."""
    opening, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in opening.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    chunks = b"".join(b"1;x=%d\r\n%c\r\n" % (place, byte) for place, byte in enumerate(body))
    exchange.http.write(b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", chunks + b"0\r\n\r\n"]))


def _unclosed(size: int) -> bytes:
    return _OPENING + b"<a>" * (size // 3)


def _wide(size: int) -> bytes:
    return _OPENING + b"<a/>" * (size // 4) + _CLOSING


def _attributes(size: int) -> bytes:
    """Return elements of a thousand attributes each."""
    element = b"<a" + b"".join(b" a%d=''" % place for place in range(1000)) + b"/>"
    return _OPENING + element * (size // len(element) + 1) + _CLOSING


def _deep_object(size: int) -> bytes:
    opening, closing = b"<Obj><LST>", b"</LST></Obj>"
    depth = size // len(opening + closing) + 1
    return opening * depth + closing * depth


def _wide_object(size: int) -> bytes:
    return b"<Obj><LST>" + b"<Nil/>" * (size // 6) + b"</LST></Obj>"


Make = Callable[[int], bytes]
"""Returns a text of about N bytes."""


def _envelope(make: Make) -> AlterAnswer:
    """Return the effect that answers with such an envelope, sealed where that is due."""
    return lambda _exchange, size, _answer: Answer(200, make(int(size)))


def _page(make: Make) -> AlterReply:
    """Return the effect that answers an HTTP request that is not a message, such as one of a login, with such an envelope."""

    def alter(exchange: Exchange, size: float, reply: Reply) -> Reply:
        return reply if exchange.envelope else Reply(200, make(int(size)), (("Content-Type", _SOAP_TYPE),))

    return alter


def _object(make: Make) -> AlterAnswer:
    """Return the effect that puts such CLIXML into the first message of an answer that is whole in one fragment."""

    def change(fragments: list[bytes], size: int) -> list[bytes]:
        place = next((at for at, item in enumerate(fragments) if item[16] == _WHOLE), None)
        if place is None:
            return fragments
        message = fragments[place][_FRAGMENT : _FRAGMENT + _MESSAGE] + make(size)
        made = fragments[place][:17] + len(message).to_bytes(4, "big") + message
        return [*fragments[:place], made, *fragments[place + 1 :]]

    return on_fragments(change)


unclosed, unclosed_page = _envelope(_unclosed), _page(_unclosed)
wide, wide_page = _envelope(_wide), _page(_wide)
attributes, attributes_page = _envelope(_attributes), _page(_attributes)
deep_object, wide_object = _object(_deep_object), _object(_wide_object)

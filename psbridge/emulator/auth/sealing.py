"""WinRM message encryption: sealed SOAP envelopes as multipart bodies ([MS-WSMV] 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

SPNEGO: Final = "application/HTTP-SPNEGO-session-encrypted"
KERBEROS: Final = "application/HTTP-Kerberos-session-encrypted"
CREDSSP: Final = "application/HTTP-CredSSP-session-encrypted"
_MARK: Final = "Encrypted Boundary"
_BOUNDARY: Final = b"--" + _MARK.encode()
_END: Final = _BOUNDARY + b"--"
_PART: Final = re.compile(
    _BOUNDARY + rb"\r\n[^\r\n]{0,200}\r\n[^\r\n]{0,200}OriginalContent:[^\r\n]{0,200}Length=(\d{1,9})[^\r\n]{0,200}\r\n" +
    _BOUNDARY + rb"\r\n[ \t]*Content-Type: application/octet-stream\r\n",
    re.IGNORECASE,
)  # fmt: skip
_MAX_SIGNATURE: Final = 1024
_TLS_RECORD: Final = 16_384


class Unsealable(Exception):
    """The body is not one that this login has sealed."""


class Context(Protocol):
    """Message encryption by an established security context."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes, int]:
        """Return signature, sealed message and the padding's length."""
        ...

    def unwrap(self, signature: bytes, sealed: bytes) -> bytes:
        """Return the message; raises the library's own errors if it was not sealed by this context."""
        ...


def is_sealed(content_type: str) -> bool:
    """Return whether a body with this Content-Type is sealed."""
    return content_type.casefold().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


class Seal(msgspec.Struct, frozen=True):
    """Closes and opens the bodies of one login.

    Attributes:
        protocol: the media type by which the parts name the mechanism.
    """

    context: Context
    protocol: str

    def close(self, message: bytes) -> tuple[str, bytes]:
        """Return the Content-Type and the body of a sealed message; CredSSP's are split to the size of a TLS record."""
        size = _TLS_RECORD if self.protocol == CREDSSP else len(message) or 1
        pieces = [message[start : start + size] for start in range(0, len(message), size)] or [b""]
        kind = "multipart/encrypted" if len(pieces) == 1 else "multipart/x-multi-encrypted"
        body = b"".join(self._part(piece) for piece in pieces) + _END + b"\r\n"
        return f'{kind};protocol="{self.protocol}";boundary="{_MARK}"', body

    def open(self, body: bytes) -> bytes:
        """Return the content of a sealed body.

        Raises:
            Unsealable: its form is wrong, or it was sealed by another context or changed on the way.
        """
        return b"".join(self._opened(length, payload) for length, payload in _parts(body))

    def _part(self, piece: bytes) -> bytes:
        signature, sealed, padding = self.context.wrap(piece)
        head = (
            _BOUNDARY.decode(),
            f"\tContent-Type: {self.protocol}",
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(piece) + padding}",
            _BOUNDARY.decode(),
            "\tContent-Type: application/octet-stream\r\n",
        )
        return "\r\n".join(head).encode() + struct.pack("<i", len(signature)) + signature + sealed

    def _opened(self, announced: int, payload: bytes) -> bytes:
        if len(payload) < 4:
            raise Unsealable("the sealed part is empty")
        (length,) = struct.unpack("<i", payload[:4])
        if not 0 < length <= min(_MAX_SIGNATURE, len(payload) - 4):
            raise Unsealable("the signature's length is wrong")
        try:
            message = self.context.unwrap(payload[4 : 4 + length], payload[4 + length :])
        except Exception as error:  # noqa: BLE001 - the libraries raise their own and others on bytes that make no sense
            raise Unsealable(f"the seal is broken: {type(error).__name__}") from None
        if len(message) != announced:
            raise Unsealable("the length is not the one announced")
        return message


def _parts(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the announced length and the sealed bytes of each part."""
    found = list(_PART.finditer(body))
    end = body.rstrip(b"\r\n").rfind(_END)
    if not found or found[0].start() != 0 or end < found[-1].end():
        raise Unsealable("the multipart body is malformed")
    ends = [part.start() for part in found[1:]] + [end]
    for part, stop in zip(found, ends, strict=True):
        yield int(part[1]), body[part.end() : stop]

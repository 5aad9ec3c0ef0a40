"""WinRM message encryption: a sealed SOAP envelope as multipart/encrypted ([MS-WSMV] 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Any, Final

PROTOCOL: Final = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY: Final = b"Encrypted Boundary"
_ORIGINAL: Final = re.compile(rb"OriginalContent:[^\r\n]*Length=(\d{1,9})", re.IGNORECASE)
_PAYLOAD: Final = b"Content-Type: application/octet-stream\r\n"
_MAX_SIGNATURE: Final = 1024


class Unsealable(Exception):
    """The body is not one that this context has sealed."""


def is_sealed(content_type: str) -> bool:
    """Tell whether a body with this Content-Type is sealed."""
    return content_type.casefold().startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def content_type() -> str:
    """Return the Content-Type of a sealed answer."""
    return f'multipart/encrypted;protocol="{PROTOCOL}";boundary="{_BOUNDARY.decode()}"'


def seal(context: Any, message: bytes) -> bytes:
    """Return `message` sealed by a finished pyspnego context."""
    header, sealed, padding = context.wrap_winrm(message)
    length = len(message) + padding
    body: bytes = (
        b"--" + _BOUNDARY + b"\r\n"
        b"\tContent-Type: " + PROTOCOL.encode() + b"\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=" + str(length).encode() + b"\r\n"
        b"--" + _BOUNDARY + b"\r\n"
        b"\tContent-Type: application/octet-stream\r\n" + struct.pack("<i", len(header)) + header + sealed +
        b"--" + _BOUNDARY + b"--\r\n"
    )  # fmt: skip
    return body


def unseal(context: Any, body: bytes) -> bytes:
    """Return what a sealed body says.

    Raises:
        Unsealable: its form is wrong, or it was sealed by another context or changed on the way.
    """
    original = _ORIGINAL.search(body[:1000])
    start = body.find(_PAYLOAD)
    end = body.rstrip(b"\r\n").rfind(b"--" + _BOUNDARY + b"--")
    if original is None or start < 0 or end < start:
        raise Unsealable("the multipart body is malformed")
    payload = body[start + len(_PAYLOAD) : end]
    if len(payload) < 4:
        raise Unsealable("the sealed part is empty")
    (length,) = struct.unpack("<i", payload[:4])
    if not 0 < length <= min(_MAX_SIGNATURE, len(payload) - 4):
        raise Unsealable("the signature's length is wrong")
    try:
        message: bytes = context.unwrap_winrm(payload[4 : 4 + length], payload[4 + length :])
    except Exception as error:  # noqa: BLE001 - pyspnego raises its own and others on bytes that make no sense
        raise Unsealable(f"the seal is broken: {type(error).__name__}") from None
    if len(message) != int(original[1]):
        raise Unsealable("the length is not the one announced")
    return message

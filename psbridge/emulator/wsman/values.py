"""The small values inside an envelope: ids, durations, base64."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from uuid import UUID

from psbridge.emulator.wsman import shell_errors as errors
from psbridge.emulator.wsman.errors import WSManFault

_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII
)


def duration(text: str) -> float | None:
    """Return the seconds of an XML duration of days, hours, minutes and seconds; None if it is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def guid(text: str | None, otherwise: WSManFault) -> UUID | None:
    """Return an id, with or without its `uuid:`; None for no text.

    Raises:
        WSManFault: `otherwise`, where the text is no GUID.
    """
    if not text or not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise otherwise from None


def fragments(text: str | None) -> bytes:
    """Return what base64 stands for.

    Raises:
        WSManFault: it is no base64.
    """
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise errors.bad_parameter("The data is not base64.") from None


def seconds(text: str) -> float | None:
    """Return a duration of a body in seconds; None for no text.

    Raises:
        WSManFault: it is no duration.
    """
    if not text:
        return None
    value = duration(text)
    if value is None:
        raise errors.bad_parameter(f"Not a duration: {text[:40]}.")
    return value

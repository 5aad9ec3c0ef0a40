"""Whether the kernel's clock is kept by NTP, as adjtimex(2) knows it; nothing is asked over the network."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_TIME_ERROR: Final = 5  # not synchronised (ntp_gettime(3))
_ROOM: Final = 256  # bytes; struct ntptimeval is smaller on every platform


def synchronised() -> bool | None:
    """Return whether it is; None if the C library can't say."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.ntp_gettime(ctypes.create_string_buffer(_ROOM))
    except (OSError, AttributeError):
        return None
    return None if state < 0 or os.name != "posix" else state != _TIME_ERROR

"""Waiting for what another thread or process does: on the thing itself, and long enough for a slow, busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 60.0
"""Seconds that nothing takes, however busy the machine is; under the limit that pytest sets a test."""


def until(condition: Callable[[], object], seconds: float = LONG) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: it is not after so many seconds.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds:g} s"
        time.sleep(0.005)  # between two looks, until the limit above

"""What something costs, in bytes: a bound that is the same on any machine."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

MEGABYTE = 1 << 20


@contextmanager
def bounded_memory(most: int = 50 * MEGABYTE) -> Iterator[None]:
    """Hold that the body takes so many bytes more at most, on all threads, and at no time more."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= most, f"{peak / MEGABYTE:.0f} MB"

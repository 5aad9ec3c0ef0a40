"""Which run of the tests takes which test.

Each test is in exactly one tier: what its markers say here, and without one of them the fast tier. pyproject.toml says what
the markers mean, and pytest refuses any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

NEEDS: Final = {"sweep": "--all", "pwsh": "--all", "kerberos": "--lab", "prometheus": "--lab", "samba": "--lab"}
"""The option that a marked test needs. A test with several of the markers needs each of their options."""


_run_whole = False
"""Whether this run has --all."""


def choose(given: set[str]) -> None:
    """Take the options of this run; before a test is imported, because of `examples`."""
    global _run_whole
    _run_whole = "--all" in given


def examples(count: int) -> int:
    """Return how many examples of a property this run tries: all of them, or in the fast tier a quarter."""
    return count if _run_whole else max(1, count // 4)


def sample(items: Iterable[pytest.Item]) -> None:
    """Mark as sweeps all but each nth case of a test that is marked `sampled(n)`."""
    met: Counter[str] = Counter()
    for item in items:
        if marker := item.get_closest_marker("sampled"):
            test = item.nodeid.partition("[")[0]
            if met[test] % marker.args[0]:
                item.add_marker("sweep")
            met[test] += 1


def options(item: pytest.Item) -> set[str]:
    """Return the options that a test needs; none for one of the fast tier."""
    return {option for marker, option in NEEDS.items() if item.get_closest_marker(marker)}


def split(items: Iterable[pytest.Item], given: set[str]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return what is run with these options, and what is left out."""
    run: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (run if options(item) <= given else left).append(item)
    return run, left

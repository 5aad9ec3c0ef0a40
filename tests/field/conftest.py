"""What the tests of faults from the field share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.operations.conftest import Bench, bench_in


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """Return what sets a bench up: `bench_in` without its folder."""
    return partial(bench_in, tmp_path / "state")

"""A user for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A user who has nothing yet."""
    return Cli(tmp_path)

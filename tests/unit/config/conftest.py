"""A folder that is this user's alone, and a way to write a config into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "private"
    made.mkdir(mode=0o700)
    made.chmod(0o700)
    return made


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    def make(text: str, name: str = "config.yaml", mode: int = 0o600) -> Path:
        path = folder / name
        path.write_text(dedent(text))
        path.chmod(mode)
        return path

    return make

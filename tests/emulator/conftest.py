"""Tests of WSMan and PSRP name the source of what they show (tests/support/sources.py)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tests.support import sources


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Module) -> Generator[None, Any, Any]:
    """Fail a module's collection where one of its tests has no source."""
    made = yield
    items = made if isinstance(made, list) else [made]
    sources.check((item for item in items if isinstance(item, pytest.Item)), collector.config.rootpath)
    return made


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the table of behaviours and sources for `--sources` (with --collect-only it is the whole output)."""
    if session.config.getoption("--sources"):
        for item in session.items:
            for source in sources.sources(item):
                print(f"{item.nodeid}: {source}")

"""Packages that load their names when they are first used give all of them, and no more than is asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

PACKAGES = [
    "psbridge.models",
    "psbridge.models.events",
    "psbridge.cmdlets",
    "psbridge.config",
    "psbridge.documents",
    "psbridge.documents.kinds",
    "psbridge.api",
]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_gives_every_name_that_it_lists(name: str) -> None:
    package = importlib.import_module(name)
    assert [each for each in package.__all__ if isinstance(getattr(package, each), ModuleType)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_name_that_a_package_does_not_have_is_an_attribute_error(name: str) -> None:
    package = importlib.import_module(name)
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = package.Nonsense


def test_what_a_list_needs_loads_nothing_that_only_a_start_needs() -> None:
    program = (
        "import sys, psbridge\n"
        "psbridge.connect\n"
        "import psbridge.operations.listing, psbridge.render\n"
        "from psbridge.documents import kinds\n"
        "kinds.BackupListDocument\n"
        "print(*[name for name in sys.modules if name.startswith('psbridge.')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "psbridge.operations.listing" in loaded
    assert loaded.isdisjoint(
        {
            "psbridge.operations.start",
            "psbridge.operations.confirm",
            "psbridge.verdict",
            "psbridge.documents.kinds.verdicts",
            "psbridge.models.events.run",
            "psbridge.emulator",
        }
    )

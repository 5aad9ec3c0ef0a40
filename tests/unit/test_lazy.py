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
    "psbridge.render",
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
        "psbridge.render.render, psbridge.render.Heartbeat, psbridge.render.TerminalProgress\n"
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


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["backup", "start", "--help"]], ids=" ".join)
def test_what_asks_nothing_of_a_stamp_loads_nothing_that_asks_one(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from psbridge.cli.main import run\n"
        "assert run(sys.argv[1:]) == 0\n"
        "print(*[name for name in sys.modules if name.startswith('psbridge.')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[1] for name in done.stdout.splitlines()[-1].split()}
    assert "cli" in loaded
    assert loaded.isdisjoint(
        {"api", "operations", "journal", "documents", "verdict", "powershell", "config", "emulator"}
    )


def test_a_module_of_psbridge_is_imported_without_the_library() -> None:
    program = "import sys; from psbridge import errors, files; print('psbridge.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

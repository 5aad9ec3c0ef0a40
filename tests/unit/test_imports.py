"""What a command does not need is not imported."""

from __future__ import annotations

import subprocess
import sys

import pytest


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


def test_the_version_is_written_by_the_standard_library_alone() -> None:
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "sys.argv[1:] = ['--version']\n"
        "from psbridge.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    version, modules = done.stdout.splitlines()
    assert version.startswith("psbridge ")
    assert set(modules.split()).isdisjoint({"typer", "importlib.metadata", "psbridge.cli", "msgspec"})


def test_a_module_of_psbridge_is_imported_without_the_library() -> None:
    program = "import sys; from psbridge import errors, files; print('psbridge.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

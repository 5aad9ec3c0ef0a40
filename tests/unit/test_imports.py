"""What a command does not need is not imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pytest

BEHIND_A_COMMAND = {
    "api",
    "operations",
    "journal",
    "documents",
    "verdict",
    "powershell",
    "emulator",
    "remoting",
    "explain",
}
HEAVY = {"msgspec", "yaml", "rich", "pypsrp", "psrpcore", "requests", "markdown_it", "smbprotocol"}
# From 0.29, Typer imports pydantic for any option, and that imports these.
if tuple(map(int, version("typer").split(".")[:2])) < (0, 29):
    HEAVY |= {"hashlib", "random"}


def rooms(modules: Iterable[str]) -> set[str]:
    """Return the rooms of psbridge that modules are in."""
    return {name.split(".")[1] for name in modules if name.startswith("psbridge.")}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["backup", "start", "--help"]], ids=" ".join)
def test_local_commands_import_no_client_code(words: list[str]) -> None:
    program = "import sys\nfrom psbridge.cli.main import run\nassert run(sys.argv[1:]) == 0\nprint(*sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    modules = done.stdout.splitlines()[-1].split()
    assert "psbridge.cli.app" in modules
    assert rooms(modules).isdisjoint({*BEHIND_A_COMMAND, "config"})
    assert set(modules).isdisjoint(HEAVY)


def test_completing_a_target_imports_little(tmp_path: Path) -> None:
    (file := tmp_path / "config.yaml").write_text("version: 1\ntargets:\n  nyc: {host: oaw01.contoso.com}\n")
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "sys.argv[1:] = []\n"
        "from psbridge.__main__ import main\n"
        "main()\n"
    )
    words = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "psbridge backup list -t n", "COMP_CWORD": "4"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **words, "PSBRIDGE_CONFIG": str(file)},
        capture_output=True,
        text=True,
        check=True,
    )
    completed, modules = done.stdout.splitlines()
    assert completed == "nyc"
    assert rooms(modules.split()).isdisjoint(BEHIND_A_COMMAND)
    assert set(modules.split()).isdisjoint(HEAVY)


def test_printing_the_version_imports_only_the_standard_library() -> None:
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


@pytest.mark.parametrize("notify", ["", ", notify: {apprise: []}"])
def test_notifications_are_not_imported_where_nobody_is_notified(tmp_path: Path, notify: str) -> None:
    (file := tmp_path / "config.yaml").write_text(f"version: 1\ntargets:\n  nyc: {{host: oaw01{notify}}}\n")
    program = (
        "import sys\n"
        "from psbridge.cli.notices import notifier_of\n"
        "from psbridge.config.load import load\n"
        "assert notifier_of(load(sys.argv[1], {}), 'nyc', None) is None\n"
        "print(*sys.modules)\n"
    )
    argv = [sys.executable, "-c", program, str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "notify" not in rooms(modules)
    assert modules.isdisjoint({"apprise", "http.client", "ssl", "subprocess"})


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["--critical", "soon"]], ids=" ".join)
def test_the_plugin_imports_no_client_code_before_it_needs_it(words: list[str]) -> None:
    program = "import sys\nfrom psbridge.cli.check import run\nassert run(sys.argv[1:]) == 3\nprint(*sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    modules = done.stdout.splitlines()[-1].split()
    assert rooms(modules).isdisjoint({*BEHIND_A_COMMAND, "render"} - {"documents"})
    assert set(modules).isdisjoint({"typer", "rich", "requests", "pypsrp", "prometheus_client"})


def test_a_module_of_psbridge_is_imported_without_the_library() -> None:
    program = "import sys; from psbridge import errors, files; print('psbridge.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

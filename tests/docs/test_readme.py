"""The README is held to the program: its console blocks run, its tables are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(README) if kind == language]


def commands(block: str) -> list[tuple[str, str]]:
    """Return each command of a console block with the output that the README shows for it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert parts[0] == "", "a console block begins with a command"
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts[1:])]


def pattern(shown: str) -> str:
    """Return shown output as a pattern: `…` stands for anything, a line of its own for any lines."""
    return re.escape(shown.strip("\n")).replace("…", r"[\s\S]*")


@pytest.mark.timeout(180)
def test_the_console_blocks_show_what_the_program_writes(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("needs jq: the README's console blocks use it")
    marker = "psbridge-readme-command-ended"
    parts = [part for block in blocks("console") for part in commands(block)]
    script = "set -m\n" + "".join(f"{command}\necho {marker} >&1\n" for command, _ in parts)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=150,
        check=False,
    )
    outputs = done.stdout.decode().split(f"{marker}\n")
    assert len(outputs) == len(parts) + 1, done.stdout.decode()[-2000:]
    for (command, shown), output in zip(parts, outputs, strict=False):
        assert re.fullmatch(pattern(shown), output.strip("\n")), (
            f"$ {command}\n{output}\n-- but the README shows --\n{shown}"
        )


def test_the_python_block_runs(tmp_path: Path) -> None:
    block = next(text for text in blocks("python") if "psbridge.connect" in text)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", block], env=environment, capture_output=True, text=True, timeout=250, check=False
    )
    assert (done.returncode, done.stdout) == (0, "started True Succeeded\n"), done.stderr


def test_the_tests_of_a_runbook_pass(tmp_path: Path) -> None:
    (tmp_path / "nightly.sh").write_text(next(text for text in blocks("sh") if "psbridge backup start" in text))
    (tmp_path / "test_nightly.py").write_text(next(text for text in blocks("python") if "pytest.mark.psbridge" in text))
    (line,) = re.findall(r"`(pytest_plugins = .*?)`", README)
    (tmp_path / "conftest.py").write_text(f"{line}\n")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_the_table_of_exit_codes_is_the_enum() -> None:
    rows = "".join(f"| {int(code)} | {code.label} | {code.meaning} |\n" for code in ExitCode)
    assert f"| code | name | when |\n|---|---|---|\n{rows}<!-- end of exit codes -->" in README


def test_the_diagram_of_a_runs_states_is_printed_from_the_table() -> None:
    from psbridge.journal.states import diagram

    assert blocks("mermaid") == [diagram()]


def test_every_config_key_is_in_the_readme() -> None:
    from psbridge.config.schema import TARGET

    table = README.partition("<!-- config keys")[2].partition("<!-- end of config keys -->")[0]
    assert {key for key in TARGET.keys if f"`{key}`" not in table} == set()


def test_every_command_is_in_the_readme() -> None:
    import typer.main

    from psbridge.cli.app import app

    root = typer.main.get_command(app)
    groups = {name: sorted(getattr(group, "commands", {})) for name, group in root.commands.items()}
    table = README.partition("## Commands")[2].partition("## Exit codes")[0]
    assert [name for name in groups if f"`psbridge {name}" not in table] == []
    missing = [f"{name} {verb}" for name, verbs in groups.items() for verb in verbs if verb not in table]
    assert missing == []


def test_the_yaml_of_a_scenario_is_one(tmp_path: Path) -> None:
    from psbridge.emulator.stamp.scenario_file import open_stamp

    path = tmp_path / "mine.yaml"
    path.write_text(next(text for text in blocks("yaml") if "events:" in text), encoding="utf-8")
    scenario = open_stamp(str(path)).scenario
    assert len(scenario.events) == 6
    assert scenario.notes == ()


def test_the_yaml_of_the_first_target_is_a_valid_config(tmp_path: Path) -> None:
    from psbridge.config.load import load

    block = next(text for text in blocks("yaml") if "oaw01.contoso.com" in text)
    path = tmp_path / "config.yaml"
    path.write_text(block, "utf-8")
    path.chmod(0o600)
    assert load(path, {}).names == ("redmond",)

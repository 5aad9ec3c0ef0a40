"""The manual's tasks for Ansible, as they stand there, run by ansible-core on this machine for each exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from psbridge.emulator.emulation import Emulation
from tests.foreign.conftest import PYTHON
from tests.support.manual import block
from tests.support.process.cli import PASSWORD, Cli

SIX_HOURS = 0.8


@dataclass(frozen=True)
class Played:
    """What became of a playbook: its exit code, what it wrote, and what its first task registered."""

    code: int
    text: str
    backup: dict[str, Any]


Play = Callable[..., Played]


def tasks(skip: bool) -> list[dict[str, Any]]:
    """Return the manual's tasks, looking more often than once in 15 seconds.

    Args:
        skip: whether an emulated stamp's backups of the last hours are young enough.
    """
    found: list[dict[str, Any]] = yaml.safe_load(block("automation", "yaml", "- name: Back up the stamp\n"))
    command = found[0]["ansible.builtin.command"]
    assert "--if-older-than 12h" in command
    command = command if skip else command.replace("--if-older-than 12h", "")
    return [{**found[0], "ansible.builtin.command": command, "poll": 1}, {**found[1], "poll": 1}, *found[2:]]


@pytest.fixture
def play(cli: Cli, environment: dict[str, str], tmp_path: Path) -> Play:
    """Play the manual's tasks against an emulated host, with psbridge on PATH and its target named `redmond`."""

    def played(running: Emulation, *, password: str = PASSWORD, skip: bool = False, **env: str) -> Played:
        cli.point_at(running.host.port, password="{env: REDMOND_PASSWORD}")
        cli.configure(cli.config.read_text().replace("  nyc:", "  redmond:"))
        book = tmp_path / "play.json"
        kept = tmp_path / "backup.json"
        keep = {"ansible.builtin.copy": {"content": "{{ backup | to_json }}", "dest": str(kept)}}
        first, *rest = tasks(skip)
        steps = [first, keep, *rest]
        book.write_text(
            json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": steps}])
        )
        whole = {
            **environment,
            **{key: value for key, value in cli.environment().items() if key.startswith("PSBRIDGE_")},
            "KRB5_CONFIG": "/dev/null",
            "ANSIBLE_ASYNC_DIR": str(tmp_path / "async"),  # else below the home of the passwd entry
            "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
            **env,
        }
        argv = [
            Path(PYTHON).with_name("ansible-playbook"), "-i", "localhost,", str(book),
            "-e", json.dumps({"redmond_password": password, "ansible_python_interpreter": PYTHON}),
        ]  # fmt: skip
        done = subprocess.run(argv, env=whole, capture_output=True, text=True, timeout=200, check=False)
        assert kept.exists(), done.stdout + done.stderr
        return Played(done.returncode, done.stdout + done.stderr, json.loads(kept.read_text()))

    return played


CASES = {
    0: ("succeeds", {}, {}, True),
    3: ("partial", {}, {}, True),
    4: ("succeeds", {}, {"password": "wrong"}, False),
    6: ("slow", {"speed": SIX_HOURS}, {"PSBRIDGE_TIMEOUT": "3s"}, True),
    7: ("busy", {"speed": 10.0}, {}, False),
    11: ("no-rest-method", {"speed": 300.0, "faults": ["command:2:other-host"]}, {}, True),
}


@pytest.mark.parametrize("code", CASES)
def test_the_manuals_tasks_work_for_each_exit_code(code: int, cli: Cli, play: Play) -> None:
    scenario, how, given, changed = CASES[code]
    with cli.facing(scenario, **how) as running:
        played = play(running, **given)
    assert played.backup.get("rc") == code, played.text + json.dumps(played.backup)[:3000]
    assert played.backup["changed"] is changed
    assert played.backup["failed"] is False
    assert played.code == (0 if code == 0 else 2), played.text
    assert PASSWORD not in played.text
    if code:
        assert f"psbridge ended with {code} " in played.text
    assert "from_json" not in played.text


def test_a_recent_good_backup_is_reported_as_unchanged(cli: Cli, play: Play) -> None:
    with cli.facing() as running:
        assert play(running).backup["changed"] is True
        again = play(running, skip=True)
    assert (again.code, again.backup["rc"], again.backup["changed"]) == (0, 0, False)


def test_an_unreachable_host_and_a_wrong_config_fail_with_a_message(cli: Cli, play: Play) -> None:
    with cli.facing() as running:
        unset = play(running, password="")
    gone = play(running)
    assert (unset.backup["rc"], gone.backup["rc"]) == (9, 5)
    assert "REDMOND_PASSWORD is empty" in unset.text
    assert "psbridge ended with 5 " in gone.text
    assert (unset.backup["changed"], gone.backup["changed"]) == (False, False)

"""The manual's files for cron, systemd and Airflow do the right thing for each exit code; tests/foreign has Ansible's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from psbridge.errors import ExitCode
from tests.support.manual import PAGES, all_blocks
from tests.support.process.cli import Cli

FILES = {block.file: block.text for block in all_blocks("automation") if block.how == "file"}
Backup = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    """Run `psbridge-backup redmond` with a psbridge that ends with these codes, one for each call."""
    (script := tmp_path / "psbridge-backup").write_text(FILES["psbridge-backup"])
    (fake := tmp_path / "psbridge").write_text(
        '#!/bin/sh\necho "$@" >> calls\necho "says $1 $2"\n'
        'read -r code rest << END\n$(cat codes)\nEND\necho "$rest" > codes\nexit "$code"\n'
    )
    for file in (script, fake):
        file.chmod(0o755)

    def run(*codes: int) -> subprocess.CompletedProcess[str]:
        (tmp_path / "codes").write_text(" ".join(map(str, codes)))
        env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        return subprocess.run([script, "redmond"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return run


def called(tmp_path: Path) -> list[str]:
    return [" ".join(line.split()[:2]) for line in (tmp_path / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("codes", "code", "calls"),
    [
        ([0], 0, ["backup start"]),
        ([6, 0], 0, ["backup start", "backup wait"]),
        ([7, 0], 0, ["backup start", "backup confirm"]),
        ([6, 7, 0], 0, ["backup start", "backup wait", "backup confirm"]),
        ([3], 3, ["backup start"]),
        ([4], 4, ["backup start"]),
        ([6, 6], 6, ["backup start", "backup wait"]),
        ([6, 8], 6, ["backup start", "backup wait"]),
        ([6, 3], 3, ["backup start", "backup wait"]),
        ([7, 12], 12, ["backup start", "backup confirm"]),
        ([11, 11], 11, ["backup start", "backup wait"]),
        ([11, 0], 0, ["backup start", "backup wait"]),
    ],
)
def test_the_script_is_silent_when_all_is_well_and_else_says_what_to_do(
    backup: Backup, tmp_path: Path, codes: list[int], code: int, calls: list[str]
) -> None:
    ended = backup(*codes)
    assert (ended.returncode, called(tmp_path), ended.stderr) == (code, calls, "")
    if code == 0:
        assert ended.stdout == ""
    else:
        first, said, advice = ended.stdout.splitlines()
        assert first == f"psbridge: target redmond, exit code {code}"
        assert said == ("says backup start" if codes == [6, 8] else f"says {calls[-1]}")
        assert advice.endswith((".", "psbridge help troubleshooting", "psbridge help 11"))


def test_the_script_does_not_page_while_another_backup_runs_and_the_newest_is_good(cli: Cli, tmp_path: Path) -> None:
    (script := tmp_path / "psbridge-backup").write_text(FILES["psbridge-backup"])
    script.chmod(0o755)
    with cli.facing("busy", speed=10.0):
        env = {**cli.environment(), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        ended = subprocess.run([script, "nyc"], env=env, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_script_passes_shellcheck() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("needs shellcheck")
    subprocess.run(["shellcheck", "-s", "sh", "-"], input=FILES["psbridge-backup"], text=True, check=True)


def test_cron_runs_the_script_each_hour_as_the_user() -> None:
    lines = [line for line in FILES["psbridge.cron"].splitlines() if not re.match(r"[A-Z]+=", line)]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[0-5]?\d( \*){4} psbridge psbridge-backup \w+", line)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    for name in ("psbridge@.service", "psbridge@.timer"):
        text = FILES[name].replace("/usr/local/bin/psbridge-backup", shutil.which("true") or "/bin/true")
        (tmp_path / name.replace("@", "@redmond")).write_text(text)
    units = [str(path) for path in tmp_path.iterdir()]
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in checked.stderr.splitlines() if str(tmp_path) in line or "psbridge" in line]
    assert (checked.returncode, said) == (0, [])


class AirflowException(Exception):
    """Stands in for Airflow's, after which a task is retried."""


class AirflowFailException(AirflowException):
    """Stands in for Airflow's, after which a task is not retried."""


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the Airflow file, and under `tasks` what it declares; tests/foreign has the real Airflow."""
    tasks: dict[str, Any] = {}

    def task(**settings: Any) -> Any:
        return lambda function: lambda *args: tasks.update({settings["task_id"]: (function, args, settings)})

    exceptions = types.ModuleType("airflow.sdk.exceptions")
    vars(exceptions).update(AirflowException=AirflowException, AirflowFailException=AirflowFailException)
    sdk = types.ModuleType("airflow.sdk")
    vars(sdk).update(task=task, dag=lambda **_: lambda function: function)
    for name, module in {
        "airflow": types.ModuleType("airflow"),
        "airflow.sdk.exceptions": exceptions,
        "airflow.sdk": sdk,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    names: dict[str, Any] = {"tasks": tasks}
    exec(compile(FILES["psbridge_backup.py"], "psbridge_backup.py", "exec"), names)
    return names


def test_airflow_has_a_task_for_each_target(dag: dict[str, Any]) -> None:
    assert set(dag["tasks"]) == {"back_up_redmond", "back_up_nyc"}
    assert [args for _, args, _ in dag["tasks"].values()] == [("redmond",), ("nyc",)]


@pytest.mark.parametrize(
    ("codes", "raised"),
    [
        ([0], None),
        ([6, 0], None),
        ([3], AirflowFailException),
        ([4], AirflowFailException),
        ([5], AirflowException),
        ([6, 6], AirflowException),
        ([6, 8], AirflowException),
        ([7], AirflowException),
        ([11, 11], AirflowFailException),
        ([11, 0], None),
    ],
)
def test_airflow_retries_what_a_retry_can_help(
    dag: dict[str, Any], monkeypatch: pytest.MonkeyPatch, codes: list[int], raised: type[Exception] | None
) -> None:
    left = list(codes)
    verdict = json.dumps({"verdict": "confirmed", "backup": {"id": "x"}})

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        code = left.pop(0)
        return subprocess.CompletedProcess(command, code, verdict if code == 0 else "", f"said {code}")

    monkeypatch.setattr(subprocess, "run", run)
    if raised is None:
        assert dag["back_up"]("redmond") == {"verdict": "confirmed", "backup": "x"}
    else:
        with pytest.raises(raised, match=f"psbridge ended with {6 if codes == [6, 8] else codes[-1]}: said") as caught:
            dag["back_up"]("redmond")
        assert type(caught.value) is raised
    assert left == []


def test_the_yaml_files_are_what_ansible_and_awx_read() -> None:
    loaded = {name: yaml.safe_load(text) for name, text in FILES.items() if name.endswith(".yml")}
    (play,) = loaded["awx-backup.yml"]
    assert play["tasks"][0]["ansible.builtin.import_tasks"] in loaded
    secrets = {field["id"] for field in loaded["awx-inputs.yml"]["fields"]}
    assert set(loaded["awx-injectors.yml"]["extra_vars"]) == secrets
    assert all(f"{{{{ {name} }}}}" in FILES["backup-tasks.yml"] for name in secrets)


def test_the_table_names_every_exit_code() -> None:
    table = PAGES["automation"].partition("| code | means | do |\n")[2].partition("\n\n")[0]
    named = [int(code) for row in table.splitlines()[1:] for code in row.split("|")[1].split(",")]
    assert sorted([*named, 12]) == sorted(int(code) for code in ExitCode)  # 12 is of `confirm --max-age` alone


def test_the_config_of_the_service_reads_its_credential(tmp_path: Path) -> None:
    from psbridge.config.load import load
    from psbridge.config.resolve import resolve

    (block,) = [each.text for each in all_blocks("automation") if "{credential: password}" in each.text]
    (config := tmp_path / "config.yaml").write_text(block)
    config.chmod(0o644)
    (tmp_path / "password").write_text("secret of redmond\n")
    (tmp_path / "password").chmod(0o400)
    loaded = load(config, {"CREDENTIALS_DIRECTORY": str(tmp_path), **os.environ})
    assert loaded.warnings == ()
    assert resolve(loaded, "redmond", None).endpoints[0].password.reveal() == "secret of redmond"

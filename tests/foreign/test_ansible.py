"""Ansible's `psrp` connection plugin with `raw`, which sends script text: only a host that leaves it the language runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.testing import EmulatedHost, EmulatedStamp
from tests.foreign.conftest import PYTHON

Raw = Callable[[str], dict[str, Any]]
PLACE = "-Location redmond -ResourceGroupName system.redmond"
BACKUP = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Models.Api20180901.Backup"


def full_language(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on the real engine, with the language that `raw` needs."""
    return pytest.mark.pwsh(pytest.mark.psbridge(engine="pwsh", full_language=True)(test))


@pytest.fixture
def raw(operator_host: EmulatedHost, environment: dict[str, str], tmp_path: Path) -> Raw:
    """Run `ansible HOST -m raw -a SCRIPT`; return the result as Ansible keeps it."""
    variables = {
        "ansible_connection": "psrp",
        "ansible_host": operator_host.host,
        "ansible_port": operator_host.port,
        "ansible_psrp_protocol": "https" if operator_host.ca_file else "http",
        "ansible_psrp_auth": "ntlm",
        "ansible_psrp_ca_cert": str(operator_host.ca_file) if operator_host.ca_file else None,
        "ansible_user": operator_host.username,
        "ansible_password": operator_host.password,
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"oaw01": variables}}}))
    kept = tmp_path / "results"

    def run(script: str) -> dict[str, Any]:
        argv = [Path(PYTHON).with_name("ansible"), "-i", inventory, "--tree", kept, "oaw01", "-m", "raw", "-a", script]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=250, check=False)
        assert (kept / "oaw01").exists(), done.stdout + done.stderr
        result: dict[str, Any] = json.loads((kept / "oaw01").read_text())
        return result

    return run


@full_language
def test_raw_lists_the_backups_as_objects_and_by_name(raw: Raw, stamp: EmulatedStamp) -> None:
    listed = raw(f"Get-AzsBackup {PLACE}")
    assert listed["rc"] == 0
    # The plugin shows an object as its ToString: the name of its type, as a generated Az module's objects have it.
    assert listed["stdout_lines"] == len(stamp.backups) * [BACKUP]
    named = raw(f"Get-AzsBackup {PLACE} | ForEach-Object Name")
    assert set(named["stdout_lines"]) == {f"redmond/{backup.id}" for backup in stamp.backups}
    assert (named["rc"], named["stderr"]) == (0, "")


@full_language
@pytest.mark.psbridge(tls=True)
def test_raw_starts_a_backup_and_returns_the_exit_code(raw: Raw, stamp: EmulatedStamp) -> None:
    started = raw(f"Start-AzsBackup {PLACE} -NoWait | ForEach-Object Target; exit 3")
    (target,) = started["stdout_lines"]
    assert started["rc"] == 3
    assert stamp.triggers == 1
    assert stamp.backups[-1].id in target


@full_language
def test_an_unknown_cmdlet_fails_with_the_engines_error_text(raw: Raw) -> None:
    failed = raw("Get-AzsNothing")
    assert failed["rc"] == 1
    assert "The term 'Get-AzsNothing' is not recognized" in failed["stderr"]
    assert (
        "CategoryInfo          : ObjectNotFound: (Get-AzsNothing:String) [], CommandNotFoundException"
        in failed["stderr"]
    )


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("embedded", marks=pytest.mark.psbridge(engine="embedded")),
        pytest.param("pwsh", marks=[pytest.mark.psbridge(engine="pwsh"), pytest.mark.pwsh]),
    ],
)
def test_a_host_without_the_language_refuses_the_script(engine: str, raw: Raw, operator_host: EmulatedHost) -> None:
    refused = raw(f"Get-AzsBackup {PLACE}")
    assert operator_host.engine == engine
    assert refused["rc"] == 1
    assert "The syntax is not supported by this runspace." in refused["stderr"]
    assert "FullyQualifiedErrorId : ScriptsNotAllowed" in refused["stderr"]

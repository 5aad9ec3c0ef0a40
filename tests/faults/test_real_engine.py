"""On the real engine: its process is killed at points of a start, and the stamp does not list what runs. One backup at most."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.clock import SystemClock
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.errors import ExitCode, PsbridgeError, Unreachable
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.report import Report
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from tests.faults.matrix import USERS

POLICY = Policy(timeout=60.0, call_timeout=30.0, connect_timeout=5.0, poll=1.0, settle=4.0)

pytestmark = pytest.mark.pwsh


# The 1st command is what is read before the trigger, the 2nd the trigger, the 3rd a look at the backup that runs.
@pytest.mark.parametrize(
    ("scenario", "rule"),
    [
        ("succeeds", "command:1:kill-engine"),
        ("succeeds", "command:2:kill-engine"),
        ("succeeds", "command:3:kill-engine"),
        ("succeeds", "command:2:reset-after"),
        ("running-not-listed", "command:3:kill-engine"),
    ],
)
def test_an_engine_failure_never_causes_a_second_backup(tmp_path: Path, scenario: str, rule: str) -> None:
    what = Emulating(scenario=scenario, speed=1000.0, users=USERS, auth=("ntlm",), engine="pwsh", faults=(rule,))
    with emulation(what) as running:
        endpoint = Endpoint(running.host.host, running.host.port, None, Auth.NTLM, "operator", Secret("pw"))
        target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=POLICY)
        with Library(target, state=tmp_path, clock=SystemClock()) as client:
            try:
                ended: object = client.backups.run(StartOptions())
            except PsbridgeError as problem:
                ended = problem
        triggers = running.stamp.counts()["triggers"]
        ours = [each.id for each in running.stamp.backups() if not each.automatic]
    if isinstance(ended, Report):
        assert (ended.exit_code, triggers) == (ExitCode.OK, 1), ended.problem
        assert ended.verdict.backup is not None
        assert [ended.verdict.backup.id] == ours
    else:
        # Killed before it took the trigger: the host says that the shell is gone, so nothing was started.
        assert rule == "command:2:kill-engine"
        assert isinstance(ended, Unreachable), ended
        assert triggers == 0

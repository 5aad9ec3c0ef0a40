"""`psbridge.testing`: the fixtures, used as a user's tests use them, with the real command line as the runbook."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import psbridge
from psbridge.testing import EmulatedHost, EmulatedStamp


def run(line: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a runbook of one line."""
    return subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True, timeout=250, check=False)


@pytest.mark.psbridge(speed=3000)
def test_a_runbook_in_the_tests_own_environment_makes_one_backup(
    operator_host: EmulatedHost, stamp: EmulatedStamp
) -> None:
    before = len(stamp.backups)
    done = run("psbridge backup start -o id")
    assert done.returncode == 0, done.stderr
    newest = stamp.backups[-1]
    assert (newest.id, newest.status, newest.automatic) == (done.stdout.strip(), "Succeeded", False)
    assert (stamp.triggers, len(stamp.backups)) == (1, before + 1)
    assert operator_host.requests["create"] >= 1
    assert any(" create " in line for line in operator_host.log)
    assert list(operator_host.state_dir.rglob("*.json*")), "the journal is in the test's own folder"


@pytest.mark.psbridge(scenario="share-full", tls=True)
def test_env_alone_is_enough_for_a_subprocess(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
    assert operator_host.url.startswith("https://")
    assert operator_host.ca_file is not None
    names = ("PATH", "PSBRIDGE_CONFIG", "PSBRIDGE_STATE_DIR")
    done = run("psbridge backup start -q", {name: operator_host.env[name] for name in names})
    assert (done.returncode, stamp.triggers, stamp.counts["refused"]) == (10, 0, 1), done.stderr
    assert "full" in done.stderr


def test_the_library_reaches_it_and_the_config_is_private(operator_host: EmulatedHost) -> None:
    assert stat.S_IMODE(operator_host.config.stat().st_mode) == 0o600
    with psbridge.connect("rehearsal") as connected:
        assert len(connected.backups.list()) > 0
    assert (operator_host.engine, operator_host.host) == ("embedded", "127.0.0.1")
    assert str(operator_host.port) in operator_host.url


@pytest.mark.psbridge(speed=1)
def test_a_test_can_finish_a_backup(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
    with pytest.raises(ValueError, match="no backup is running"):
        stamp.finish()
    assert run("psbridge backup start --no-wait -q").returncode == 0
    running = stamp.running
    assert running is not None
    assert running.ends - running.started >= timedelta(minutes=20)
    stamp.advance(timedelta(minutes=10))
    assert stamp.running is not None
    assert run(f"psbridge backup confirm {running.id} -q").returncode == 13
    ended = stamp.finish()
    assert (ended.id, ended.running, ended.status) == (running.id, False, "Succeeded")
    done = run(f"psbridge backup wait {ended.id} -q")
    assert done.returncode == 0, done.stderr
    with pytest.raises(ValueError, match="can't be set back"):
        stamp.advance(timedelta(seconds=-1))


@pytest.mark.psbridge(speed=3000, faults="command:2:reset-after")
def test_a_fault_loses_the_answer_to_the_trigger_and_one_backup_is_made(
    operator_host: EmulatedHost, stamp: EmulatedStamp
) -> None:
    done = run("psbridge backup start -q")
    assert (done.returncode, stamp.triggers) == (0, 1), done.stderr
    assert any("reset-after" in line for line in operator_host.log)


@pytest.mark.psbridge(tls="expired")
def test_a_certificate_that_has_expired_is_refused(operator_host: EmulatedHost) -> None:
    done = run("psbridge backup list -q")
    assert done.returncode == 5
    assert "expired" in done.stderr
    assert operator_host.requests == {}


def test_faults_may_be_added_while_it_runs(operator_host: EmulatedHost) -> None:
    assert run("psbridge backup list -q").returncode == 0
    operator_host.add_fault("*:*:404")
    assert run("psbridge backup list -q").returncode == 5
    with pytest.raises(ValueError, match="receive"):
        operator_host.add_fault("recieve:1:503")


@pytest.mark.psbridge(scenario="running-not-listed", speed=1)
def test_the_stamp_shows_unlisted_backups(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
    assert run("psbridge backup start --no-wait -q").returncode == 0
    assert stamp.running is not None
    assert stamp.running.listed is False
    assert stamp.running.id not in run("psbridge backup list -o id").stdout


@pytest.mark.pwsh
@pytest.mark.psbridge(engine="pwsh", speed=3000)
def test_the_real_engine_behind_the_same_fixture(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
    done = run("psbridge backup start -q")
    assert (operator_host.engine, done.returncode, stamp.triggers) == ("pwsh", 0, 1), done.stderr


WRONG = """
import pytest

pytestmark = pytest.mark.psbridge(speed=3000)

@pytest.mark.psbridge(scenario="share-ful")
def test_scenario(operator_host): ...

@pytest.mark.psbridge(scenaro="busy")
def test_name(stamp): ...

@pytest.mark.psbridge(faults=["recieve:1:503"])
def test_fault(operator_host): ...

@pytest.mark.psbridge(speed=0)
def test_speed(operator_host): ...

@pytest.mark.psbridge(engine="bash")
def test_engine(operator_host): ...

@pytest.mark.psbridge(auth="basic")
def test_auth(operator_host): ...

@pytest.mark.psbridge(tls="mouldy")
def test_certificate(operator_host): ...

@pytest.mark.psbridge(engine="pwsh")
def test_no_pwsh(operator_host, monkeypatch): ...

@pytest.mark.psbridge(scenario="mine.yaml")
def test_wrong_file(operator_host): ...

def test_fails(operator_host):
    import subprocess
    subprocess.run(["psbridge", "backup", "list"], check=True, stdout=subprocess.DEVNULL)
    assert False
"""


def test_a_wrong_marker_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["psbridge.testing"]\n')
    (tmp_path / "test_wrong.py").write_text(WRONG)
    (tmp_path / "mine.yaml").write_text("based_on: sloww\n")
    done = inner_pytest(tmp_path, "--strict-markers")
    assert "1 failed, 9 errors" in done.stdout, done.stdout
    for said in (
        "@pytest.mark.psbridge: no such scenario or file: 'share-ful'; did you mean 'share-full'?",
        "@pytest.mark.psbridge: unknown argument 'scenaro'; did you mean 'scenario'?",
        "@pytest.mark.psbridge: fault 'recieve:1:503': ",
        "@pytest.mark.psbridge: speed: expected a number above 0",
        "@pytest.mark.psbridge: unknown engine: bash; expected one of auto, embedded, pwsh",
        "@pytest.mark.psbridge: auth: basic needs TLS because it sends the password unencrypted",
        "@pytest.mark.psbridge: tls='mouldy': expected True, False or one of expired",
        "use engine='embedded' or 'auto', or put PowerShell 7 on PATH",
        "did you mean 'slow'?",
    ):
        assert said in done.stdout, f"{said}\n-- is not in --\n{done.stdout}"
    assert "psbridge/testing/" not in done.stdout, "a traceback through our own code"
    assert " create " in done.stdout, "a failed test shows what the host was asked"


def inner_pytest(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a user's own pytest, on a machine without PowerShell."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *argv],
        cwd=folder,
        env={"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin", "PSBRIDGE_TARGET": "my-own"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_the_plugin_loads_nothing_heavy() -> None:
    script = (
        "import sys, psbridge.testing\n"
        "print([name for name in ('typer', 'rich', 'pypsrp', 'psrpcore', 'yaml', 'spnego') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.psbridge(scenario="share-fills-up", speed=1)
def test_timed_events_follow_the_tests_clock(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
    assert run("psbridge backup start --no-wait -q").returncode == 0
    ended = stamp.finish()
    assert ended.status == "Failed"
    assert run(f"psbridge backup confirm {ended.id} -q").returncode == 1
    assert run("psbridge backup start --no-wait -q").returncode == 10
    stamp.advance(timedelta(hours=1))
    assert run("psbridge backup start --no-wait -q").returncode == 0
    assert (stamp.triggers, stamp.counts["refused"]) == (2, 1)

"""psbridge as a library: light to import, every name there, and the example of its docstring."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from datetime import timedelta

import pytest

import psbridge

HEAVY = {
    "typer",
    "click",
    "rich",
    "pypsrp",
    "psrpcore",
    "pydantic",
    "requests",
    "urllib3",
    "spnego",
    "yaml",
    "cryptography",
}


def modules_after(code: str) -> set[str]:
    """Return the top-level names of what a fresh process has loaded after some code."""
    told = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_psbridge_imports_nothing_heavy():
    assert not modules_after("import psbridge; psbridge.__version__") & {*HEAVY, "msgspec", "typing"}
    assert not modules_after("import psbridge; dir(psbridge)") & HEAVY


def test_using_its_names_imports_nothing_heavy_either():
    assert not modules_after("import psbridge; psbridge.connect; psbridge.Backup; psbridge.ExitCode") & HEAVY


def test_every_public_name_is_there():
    for name in psbridge.__all__:
        assert getattr(psbridge, name) is not None
    assert set(psbridge.__all__) <= set(dir(psbridge))
    assert psbridge.__version__ == importlib.metadata.version("psbridge")
    with pytest.raises(AttributeError):
        psbridge.nothing_of_that_name  # noqa: B018 - the lookup is what is tested


def test_every_exception_is_public_with_its_code():
    found = {getattr(psbridge, name) for name in psbridge.__all__ if isinstance(getattr(psbridge, name), type)}
    codes = {it.exit_code for it in found if issubclass(it, psbridge.PsbridgeError)}
    assert codes == set(psbridge.ExitCode) - {psbridge.ExitCode.OK}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


def test_the_example_runs_on_the_demo_target(state, capsys):
    events = []
    with psbridge.connect("demo", state_dir=state, flags={"poll": 0.5, "settle": 0.5}) as stamp:
        run = stamp.backups.start(if_running="attach")
        with pytest.raises(psbridge.DeadlineExceeded) as caught:
            run.wait(timeout=timedelta(seconds=1), observe=events.append).require()
        listed = stamp.backups.list()
    assert caught.value.exit_code == 6
    assert run.id in caught.value.hint
    assert (run.action, listed[0].id) == ("started", run.id)
    assert isinstance(listed[1], psbridge.Backup)
    assert events
    assert capsys.readouterr().out == ""


def test_a_second_process_attaches_to_what_the_first_one_started(state):
    with psbridge.connect("demo", state_dir=state) as stamp:
        run = stamp.backups.start(if_running="attach")
        assert run.action == "attached"
        assert stamp.runs()[0].state == "attached"
        report = stamp.backups.confirm()
        report.require()
        assert report.verdict.judgement == "confirmed"


def test_a_stamp_does_one_thing_at_a_time(state):
    refused = []

    def meanwhile(_event):
        with pytest.raises(psbridge.UsageError, match="at another operation") as caught:
            stamp.backups.start()
        refused.append(caught.value)

    with psbridge.connect("demo", state_dir=state) as stamp:
        before = len(stamp.backups.list(observe=meanwhile))
        assert len(stamp.backups.list()) == before, "the next one has its turn"
    assert refused
    assert "connect" in refused[0].hint


def test_a_closed_stamp_refuses_operations(state):
    with psbridge.connect("demo", state_dir=state) as stamp:
        run = stamp.backups.start(if_running="attach")
    for use in (stamp.backups.list, stamp.backups.start, run.wait, stamp.settings):
        with pytest.raises(psbridge.UsageError, match="closed"):
            use()


def test_an_observer_raising_psbridges_error_stops_nothing(state):
    def broken(_event):
        raise psbridge.NotFound("nothing of the kind")

    with psbridge.connect("demo", state_dir=state) as stamp:
        assert stamp.backups.list(observe=broken)


def test_latest_is_nothing_to_wait_for(state):
    with psbridge.connect("demo", state_dir=state) as stamp, pytest.raises(psbridge.UsageError, match="has ended"):
        stamp.backups.wait("latest")

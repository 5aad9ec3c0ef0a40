"""A target of two hosts: the second is tried while no trigger was sent, and never after, for it may lead to another stamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.errors import Ambiguous, AuthError, DeadlineExceeded, ExitCode, PsbridgeError, Trigger
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from psbridge.values import replace

POLICY = Policy(timeout=6.0, call_timeout=3.0, connect_timeout=1.0, poll=0.2, settle=0.5)
LOST = ("command:2:reset-after", "tcp:*:close-before")
"""The answer to the trigger is lost; the second rule, added then, makes the host unreachable."""


@pytest.fixture
def host() -> Iterator[Callable[..., Emulation]]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(emulation(Emulating(users={"operator": "pw"}, speed=1500.0, **how)))


def behind(folder: Path, *hosts: Emulation, password: str = "pw", policy: Policy = POLICY) -> Library:
    endpoints = tuple(
        Endpoint(it.host.host, it.host.port, None, Auth.NTLM, "operator", Secret(password)) for it in hosts
    )
    return Library(Target("nyc", endpoints=endpoints, location="redmond", policy=policy), state=folder)


@pytest.mark.parametrize("fault", ["tcp:*:close-before", "create:*:503", "http:*:never"])
def test_a_host_that_does_not_answer_is_passed_over_before_a_trigger(
    host: Callable[..., Emulation], tmp_path: Path, fault: str
) -> None:
    first, second = host(faults=(fault,)), host()
    with behind(tmp_path, first, second) as stamp:
        run = stamp.backups.start()
        report = run.wait()
    assert report.exit_code is ExitCode.OK
    assert report.host is not None
    assert f":{second.host.port}/" in report.host
    assert (first.stamp.counts()["triggers"], second.stamp.counts()["triggers"]) == (0, 1)


def test_a_refused_login_is_final(host: Callable[..., Emulation], tmp_path: Path) -> None:
    first, second = host(), host()
    with behind(tmp_path, first, second, password="wrong") as stamp, pytest.raises(AuthError):
        stamp.backups.list()
    assert second.host.requests == {}


def test_hosts_that_all_hang_end_with_the_deadline(host: Callable[..., Emulation], tmp_path: Path) -> None:
    hanging = [host(faults=("http:*:never",)) for _ in range(2)]
    with behind(tmp_path, *hanging) as stamp, pytest.raises(DeadlineExceeded):
        stamp.backups.list()


def lost(first: Emulation, second: Emulation, folder: Path) -> PsbridgeError:
    """Return what a start ends with whose host does not answer any more after the trigger."""
    with behind(folder, first, second) as stamp:

        def observe(event: object) -> None:
            if type(event).__name__ == "Intent":
                first.host.faults.add("command:1:reset-after", from_now=True)
                first.host.faults.add("tcp:*:close-before", from_now=True)

        with pytest.raises(PsbridgeError) as caught:
            stamp.backups.run(StartOptions(), observe=observe)
    return caught.value


def test_after_the_trigger_no_other_host_is_asked(host: Callable[..., Emulation], tmp_path: Path) -> None:
    first, second = host(), host()
    problem = lost(first, second, tmp_path)
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == []
    assert first.stamp.counts()["triggers"] == 1
    assert second.host.requests == {}


def test_a_later_wait_looks_only_behind_the_host_of_the_trigger(host: Callable[..., Emulation], tmp_path: Path) -> None:
    first, second = host(), host()
    lost(first, second, tmp_path)
    with behind(tmp_path, second, first) as stamp, pytest.raises(DeadlineExceeded) as caught:
        stamp.backups.wait(timeout=2)
    assert (caught.value.trigger, caught.value.detail["backup"]) == (Trigger.UNKNOWN, "unknown")
    with behind(tmp_path, second) as stamp, pytest.raises(Ambiguous, match="does not name any more"):
        stamp.backups.wait(timeout=2)
    assert second.host.requests == {}
    first.host.faults.clear()
    with behind(tmp_path, second, first) as stamp:
        report = stamp.backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert second.host.requests == {}


def test_the_next_operation_may_ask_any_host_again(host: Callable[..., Emulation], tmp_path: Path) -> None:
    first, second = host(), host()
    with behind(tmp_path, first, second, policy=replace(POLICY, timeout=30.0, call_timeout=30.0)) as stamp:
        assert stamp.backups.start().wait().exit_code is ExitCode.OK
        assert second.host.requests == {}
        for rule in ("http:*:reset-before", "tcp:*:close-before"):
            first.host.faults.add(rule, from_now=True)
        assert stamp.backups.list()
    assert second.host.requests["*"] > 0


def test_an_open_run_is_not_looked_for_through_a_session_to_another_host(
    host: Callable[..., Emulation], tmp_path: Path
) -> None:
    first, second = host(), host()
    lost(first, second, tmp_path)
    with behind(tmp_path, second, first) as stamp:
        assert stamp.backups.list(), "by the second host, whose session stays open"
        asked = second.host.requests["*"]
        with pytest.raises(PsbridgeError):
            stamp.backups.wait(timeout=2)
    assert second.host.requests["*"] - asked <= 1, "its shell is removed, no more"

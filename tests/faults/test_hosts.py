"""A target of two hosts: the second is tried before the trigger only, because it may lead to another stamp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.emulation import Emulation
from psbridge.errors import Ambiguous, AuthError, DeadlineExceeded, ExitCode, PsbridgeError, Trigger
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from psbridge.values import replace
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback

POLICY = Policy(timeout=6.0, call_timeout=3.0, connect_timeout=1.0, poll=0.2, settle=0.5)
LOST = ("command:2:reset-after", "tcp:*:close-before")
"""The answer to the trigger is lost; the second rule, added then, makes the host unreachable."""


class Site:
    """Emulated hosts, and clients of them, on one clock."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._network = Loopback(AutojumpClock())

    def host(self, **how: Any) -> Emulation:
        users = {"operator": "pw"}
        return self._stack.enter_context(self._network.emulated(users=users, speed=1500.0, **how))

    def behind(self, *hosts: Emulation, password: str = "pw", policy: Policy = POLICY) -> Library:
        endpoints = tuple(
            Endpoint(it.host.host, it.host.port, None, Auth.NTLM, "operator", Secret(password)) for it in hosts
        )
        target = Target("nyc", endpoints=endpoints, location="redmond", policy=policy)
        return Library(target, state=self._folder, clock=self._network.clock)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(tmp_path, stack)


@pytest.mark.parametrize("fault", ["tcp:*:close-before", "create:*:503", "http:*:never"])
def test_before_a_trigger_an_unresponsive_host_is_skipped(site: Site, fault: str) -> None:
    first, second = site.host(faults=(fault,)), site.host()
    with site.behind(first, second) as stamp:
        run = stamp.backups.start()
        report = run.wait()
    assert report.exit_code is ExitCode.OK
    assert report.host is not None
    assert f":{second.host.port}/" in report.host
    assert (first.stamp.counts()["triggers"], second.stamp.counts()["triggers"]) == (0, 1)


def test_a_refused_login_is_final(site: Site) -> None:
    first, second = site.host(), site.host()
    with site.behind(first, second, password="wrong") as stamp, pytest.raises(AuthError):
        stamp.backups.list()
    assert second.host.requests == {}


def test_hanging_hosts_end_at_the_deadline(site: Site) -> None:
    hanging = [site.host(faults=("http:*:never",)) for _ in range(2)]
    with site.behind(*hanging) as stamp, pytest.raises(DeadlineExceeded):
        stamp.backups.list()


def lost(site: Site, first: Emulation, second: Emulation) -> PsbridgeError:
    """Return what a start ends with whose host does not answer any more after the trigger."""
    with site.behind(first, second) as stamp:

        def observe(event: object) -> None:
            if type(event).__name__ == "Intent":
                first.host.faults.add("command:1:reset-after", from_now=True)
                first.host.faults.add("tcp:*:close-before", from_now=True)

        with pytest.raises(PsbridgeError) as caught:
            stamp.backups.run(StartOptions(), observe=observe)
    return caught.value


def test_after_the_trigger_no_other_host_is_used(site: Site) -> None:
    first, second = site.host(), site.host()
    problem = lost(site, first, second)
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == []
    assert first.stamp.counts()["triggers"] == 1
    assert second.host.requests == {}


def test_a_later_wait_searches_only_on_the_host_of_the_trigger(site: Site) -> None:
    first, second = site.host(), site.host()
    lost(site, first, second)
    with site.behind(second, first) as stamp, pytest.raises(DeadlineExceeded) as caught:
        stamp.backups.wait(timeout=2)
    assert (caught.value.trigger, caught.value.detail["backup"]) == (Trigger.UNKNOWN, "unknown")
    with site.behind(second) as stamp, pytest.raises(Ambiguous, match="is not a host of target"):
        stamp.backups.wait(timeout=2)
    assert second.host.requests == {}
    first.host.faults.clear()
    with site.behind(second, first) as stamp:
        report = stamp.backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert second.host.requests == {}


def test_the_next_operation_may_use_any_host(site: Site) -> None:
    first, second = site.host(), site.host()
    with site.behind(first, second, policy=replace(POLICY, timeout=30.0, call_timeout=30.0)) as stamp:
        assert stamp.backups.start().wait().exit_code is ExitCode.OK
        assert second.host.requests == {}
        for rule in ("http:*:reset-before", "tcp:*:close-before"):
            first.host.faults.add(rule, from_now=True)
        assert stamp.backups.list()
    assert second.host.requests["*"] > 0


def test_an_open_run_is_not_searched_for_on_another_host(site: Site) -> None:
    first, second = site.host(), site.host()
    lost(site, first, second)
    with site.behind(second, first) as stamp:
        assert stamp.backups.list(), "by the second host, whose session stays open"
        asked = second.host.requests["*"]
        with pytest.raises(PsbridgeError):
            stamp.backups.wait(timeout=2)
    assert second.host.requests["*"] - asked <= 1, "its shell is removed, no more"

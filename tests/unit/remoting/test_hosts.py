"""Which of a target's hosts is asked, by whatever each is reached."""

from __future__ import annotations

import pytest

from psbridge.clock import Deadline
from psbridge.errors import AuthError, ConfigError, DeadlineExceeded, PsbridgeError, Unreachable
from psbridge.powershell.session import Session
from psbridge.remoting.hosts import Host, HostSessions
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.fake_session import FakeSession


class Way:
    """A way to one host that fails as often as there are errors, and takes its time."""

    def __init__(self, clock: FakeClock, *errors: PsbridgeError, takes: float = 0.0) -> None:
        self.clock, self.errors, self.takes = clock, list(errors), takes
        self.given: list[float] = []

    def __call__(self, deadline: Deadline) -> Session:
        self.given.append(deadline.remaining())
        self.clock.advance(min(self.takes, deadline.remaining()))
        if self.errors:
            raise self.errors.pop(0)
        return FakeSession([])


def sessions(**ways: Way) -> HostSessions:
    return HostSessions([Host(name, way) for name, way in ways.items()])


def test_a_target_without_a_host_is_refused():
    with pytest.raises(ConfigError):
        HostSessions([])


def test_the_next_host_is_used_if_one_is_unreachable_and_stays_first():
    clock = FakeClock()
    a, b = Way(clock, Unreachable("no route")), Way(clock)
    found = sessions(a=a, b=b)
    assert found.description == "a, b"
    found(Deadline.after(clock, 10))
    assert found.description == "b"
    found(Deadline.after(clock, 10))
    assert (len(a.given), len(b.given)) == (1, 2)


def test_a_refused_login_tries_no_other_host():
    clock = FakeClock()
    b = Way(clock)
    with pytest.raises(AuthError):
        sessions(a=Way(clock, AuthError("no")), b=b)(Deadline.after(clock, 10))
    assert b.given == []


def test_each_host_gets_its_share_of_the_time():
    clock = FakeClock()
    ways = {name: Way(clock, DeadlineExceeded("late"), takes=99) for name in "abc"}
    with pytest.raises(DeadlineExceeded):
        sessions(**ways)(Deadline.after(clock, 30))
    assert [way.given for way in ways.values()] == [[10], [10], [10]]


def test_of_several_failures_all_are_named():
    clock = FakeClock()
    ways = {name: Way(clock, Unreachable(f"{name} is away", retryable=name == "b")) for name in "ab"}
    with pytest.raises(Unreachable, match="a is away; b is away") as caught:
        sessions(**ways)(Deadline.after(clock, 30))
    assert caught.value.retryable


@pytest.mark.parametrize(("second", "hint"), [("check A", "check A"), ("check B", "For https://a: check A")])
def test_hints_that_differ_name_the_host(second: str, hint: str):
    clock = FakeClock()
    ways = {
        name: Way(clock, Unreachable(name, hint=said, detail={"host": f"https://{name}"}))
        for name, said in {"a": "check A", "b": second}.items()
    }
    with pytest.raises(Unreachable) as caught:
        sessions(**ways)(Deadline.after(clock, 10))
    assert caught.value.hint == hint


def test_only_one_host_is_used_where_another_could_differ():
    clock = FakeClock()
    a, b = Way(clock, Unreachable("no route")), Way(clock)
    found = sessions(a=a, b=b)
    assert not found.stay_on("c")
    assert found.stay_on("a")
    with pytest.raises(Unreachable, match="no route"):
        found(Deadline.after(clock, 10))
    assert b.given == []
    assert found.stay_on(None)
    found(Deadline.after(clock, 10))

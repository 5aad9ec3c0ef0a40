"""A login that the host refused is not sent again by checks; the emulated host counts the attempts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.errors import AuthError
from psbridge.journal import refused_logins
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint is slow on purpose; tests/unit/journal holds that."""
    slow = refused_logins.hashlib.scrypt
    monkeypatch.setattr(refused_logins.hashlib, "scrypt", lambda text, **given: slow(text, **(given | {"n": 2})))


class Host:
    """An emulated host on a clock that jumps, and psbridge's commands against it."""

    def __init__(self, folder: Path, stack: ExitStack, **how: Any) -> None:
        self._folder = folder
        self._log: list[str] = []
        network = Loopback(AutojumpClock())
        self.clock = network.clock
        users = {"operator": "right"}
        self._host = stack.enter_context(network.emulated(users=users, log=self._log.append, **how)).host

    @property
    def attempts(self) -> int:
        """The logins with a wrong password, which count against an account."""
        return sum(line.endswith("login refused: wrong password") for line in self._log)

    @property
    def sent(self) -> int:
        """The number of requests, logins included."""
        return len(self._log)

    def lists(self, password: str = "wrong", *, check: bool) -> str:
        """Read the backups as a check or as a person's command; return how the error begins, "" if it worked."""
        endpoint = Endpoint(self._host.host, self._host.port, None, Auth.NTLM, "operator", Secret(password))
        target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=Policy(call_timeout=30.0))
        try:
            with Library(target, state=self._folder, clock=self.clock, retry_refused=not check) as stamp:
                stamp.backups.list()
        except AuthError as refused:
            return "not tried" if refused.message.startswith("the login was not tried") else "refused"
        return ""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with ExitStack() as stack:
        yield Host(tmp_path, stack)


def test_checks_send_a_refused_login_once_an_hour(host: Host) -> None:
    outcomes = []
    for _ in range(25):  # two hours, each five minutes
        outcomes.append(host.lists(check=True))
        host.clock.sleep(300)
    assert [at for at, it in enumerate(outcomes) if it == "refused"] == [0, 12, 24]
    assert outcomes.count("not tried") == 22
    assert host.attempts == 3


def test_a_changed_secret_is_tried_at_once_and_ends_it(host: Host) -> None:
    assert host.lists(check=True) == "refused"
    assert host.lists("right", check=True) == ""
    assert host.attempts == 1


def test_a_login_that_a_person_sent_counts_and_a_person_can_always_try(host: Host) -> None:
    assert host.lists(check=False) == "refused"
    sent = host.sent
    assert host.lists(check=True) == "not tried"
    assert host.sent == sent
    assert host.lists(check=False) == "refused"
    assert host.attempts == 2


def test_once_a_person_gets_in_checks_do_too(tmp_path: Path) -> None:
    """Such as after the account was unlocked: the secret is the same."""
    with ExitStack() as stack:
        host = Host(tmp_path, stack, faults=("http:1-2:401",))
        assert host.lists("right", check=True) == "refused"
        assert host.lists("right", check=True) == "not tried"
        assert host.lists("right", check=False) == ""
        assert host.lists("right", check=True) == ""

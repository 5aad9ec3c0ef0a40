"""What may have been delivered is never called "not sent", and never sent again; its answer is asked for by its id."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.clock import Clock, SystemClock
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.errors import Ambiguous, DeadlineExceeded, ExitCode, PsbridgeError, Trigger
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.events import Event, Retrying, Searching, Started
from psbridge.models.report import Report
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from psbridge.values import replace
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback
from tests.support.process.front import Decide, Front, Passing, answer, front

USERS = {"operator": "pw"}
POLICY = Policy(timeout=60.0, call_timeout=30.0, connect_timeout=5.0, poll=0.1, settle=0.2)
SHORT = replace(POLICY, timeout=3.0, call_timeout=1.0)
TRIGGER = 2  # the command that is the trigger; the first one is what is read before it


@dataclass(frozen=True)
class Way:
    """How the client logs in, and whether the front sees what it passes on."""

    auth: Auth
    tls: bool

    def __str__(self) -> str:
        return f"{self.auth}-{'https' if self.tls else 'http'}"


WAYS = (Way(Auth.BASIC, True), Way(Auth.NTLM, False), Way(Auth.NTLM, True))
by_way = pytest.mark.parametrize("way", WAYS, ids=str)


@dataclass
class Site:
    """A host on an emulated stamp, a front before it, and a client that knows the front only."""

    running: Emulation
    front: Front
    way: Way
    folder: Path
    clock: Clock
    policy: Policy = POLICY
    events: list[Event] = field(default_factory=list)

    @property
    def client(self) -> Library:
        tls = Tls(ca=str(self.front.ca)) if self.front.ca else None
        endpoint = Endpoint(
            "127.0.0.1", self.front.port, tls, self.way.auth, "operator", Secret("pw"), channel_binding=False
        )
        target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=self.policy)
        return Library(target, state=self.folder, clock=self.clock)

    def start(self) -> Report | Started:
        with self.client as client:
            return client.backups.run(StartOptions(), observe=self.events.append)

    def refused(self) -> PsbridgeError:
        with pytest.raises(PsbridgeError) as caught:
            self.start()
        return caught.value

    @property
    def commands(self) -> int:
        return self.running.host.requests.get("command", 0)

    @property
    def triggers(self) -> int:
        return self.running.stamp.counts()["triggers"]

    def of_trigger(self, decide: Decide) -> Decide:
        """Decide so of the trigger's Command alone, when the host has carried it out."""
        return lambda it: decide(it) if it.delivered and it.body and self.commands == TRIGGER and self._once() else None

    def _once(self) -> bool:
        self._met = getattr(self, "_met", 0) + 1
        return self._met == 1


Sites = Callable[..., Site]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Sites]:
    with ExitStack() as stack:

        def set_up(way: Way = WAYS[1], scenario: str = "succeeds", policy: Policy = POLICY, **more: object) -> Site:
            how = {
                "scenario": scenario,
                "speed": 4000.0,
                "users": USERS,
                "auth": (str(way.auth),),
                "tls": way.tls,
                **more,
            }
            network = None if how.get("engine") == "pwsh" else Loopback(AutojumpClock())  # a process keeps real time
            running = stack.enter_context(network.emulated(**how) if network else emulation(Emulating(**how)))
            there = (running.host.host, running.host.port, running.host.ca_file)
            before = stack.enter_context(front(*there, network=network))
            return Site(running, before, way, tmp_path / "state", network.clock if network else SystemClock(), policy)

        yield set_up


def confirmed(site: Site) -> Report:
    """Start, and hold that one backup was started, and that it is the one that was confirmed."""
    report = site.start()
    assert isinstance(report, Report)
    assert (report.exit_code, report.action, site.triggers) == (ExitCode.OK, "started", 1), report.problem
    ours = [it.id for it in site.running.stamp.backups() if not it.automatic]
    assert [report.verdict.backup.id if report.verdict.backup else None] == ours
    return report


# -- a front that delivers and answers something else


@pytest.mark.sampled(4)
@by_way
@pytest.mark.parametrize("status", [503, 401, 502])
def test_a_status_after_delivery_does_not_lose_the_backup(site: Sites, way: Way, status: int) -> None:
    it = site(way)
    it.front.decide = it.of_trigger(lambda _: answer(status))
    confirmed(it)
    assert not [event for event in it.events if isinstance(event, Searching)]  # its answer was asked for by its id


@pytest.mark.sampled(5)
@pytest.mark.parametrize("status", [400, 403, 404, 407, 408, 411, 413, 421, 425, 426, 429, 431, 500, 504, 302, 200])
def test_no_http_status_proves_that_the_trigger_was_not_delivered(site: Sites, status: int) -> None:
    it = site()
    it.front.decide = it.of_trigger(lambda _: answer(status, "Location: http://elsewhere.invalid/"))
    confirmed(it)


@by_way
def test_a_401_never_repeats_the_trigger(site: Sites, way: Way) -> None:
    it = site(way)
    offer = {Auth.BASIC: "Basic realm=x", Auth.NTLM: "Negotiate"}[way.auth]
    it.front.decide = it.of_trigger(lambda _: answer(401, f"WWW-Authenticate: {offer}"))
    confirmed(it)
    assert [request.number for request in it.front.seen if request.token and request.body] == []
    sent = [request.body for request in it.front.seen if request.body]
    assert len(set(sent)) == len(sent)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("scenario", ["azurerm-module", "no-rest-method"])
@pytest.mark.parametrize("status", [503, 401, 502])
def test_without_raw_answers_the_lost_answer_is_requested(site: Sites, scenario: str, status: int) -> None:
    it = site(scenario=scenario)
    it.front.decide = it.of_trigger(lambda _: answer(status))
    confirmed(it)


@pytest.mark.sampled(5)
@by_way
@pytest.mark.parametrize(
    "effect",
    ["status-after=503", "401-after", "reset-after", "other-fault=2150858843", "done-twice", "other-host", "never"],
)
def test_the_emulated_host_does_the_same_to_the_trigger(site: Sites, way: Way, effect: str) -> None:
    it = site(way, faults=[f"command:{TRIGGER}:{effect}"], policy=replace(POLICY, call_timeout=2.0))
    confirmed(it)


@pytest.mark.sampled(4)
@by_way
@pytest.mark.parametrize("status", [503, 401, 502])
def test_a_permanently_failing_front_leaves_the_run_open_for_a_later_wait(site: Sites, way: Way, status: int) -> None:
    it = site(way, policy=SHORT)
    begun = threading.Event()

    def down(request: Passing) -> bytes | None:
        if request.delivered and it.commands == TRIGGER:
            begun.set()
        return answer(status, "WWW-Authenticate: Negotiate, Basic realm=x") if begun.is_set() else None

    it.front.decide = down
    problem = it.refused()
    assert isinstance(problem, Ambiguous | DeadlineExceeded)
    assert (problem.trigger, it.commands, it.triggers) == (Trigger.UNKNOWN, TRIGGER, 1)
    it.front.decide = lambda _: None
    it.policy = POLICY
    with it.client as client:
        report = client.backups.wait()
    assert (report.exit_code, it.triggers) == (ExitCode.OK, 1)


def test_a_trigger_that_the_host_refuses_in_a_fault_was_not_sent(site: Sites) -> None:
    it = site(faults=[f"command:{TRIGGER}:fault=2150858843"])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, it.triggers) == (ExitCode.UNREACHABLE, Trigger.NOT_SENT, 0)


def test_a_front_that_refuses_the_trigger_unread_leaves_the_run_open(site: Sites) -> None:
    it = site(policy=SHORT)
    it.front.decide = lambda request: answer(503) if request.body and _next_is_trigger(it, request) else None
    problem = it.refused()
    assert problem.exit_code in {ExitCode.AMBIGUOUS, ExitCode.TIMEOUT}
    assert (problem.trigger, it.triggers) == (Trigger.UNKNOWN, 0)


def _next_is_trigger(it: Site, request: Passing) -> bool:
    """Tell whether the answers to the first command have all been fetched; what comes next is the trigger."""
    counts = it.running.host.requests
    return not request.delivered and (counts.get("command"), counts.get("signal")) == (TRIGGER - 1, 1)


# -- logins


@by_way
@pytest.mark.parametrize("keeps", [True, False], ids=["one-connection", "many"])
def test_no_message_is_sent_with_a_login(site: Sites, way: Way, keeps: bool) -> None:
    """What signs in has no body, so that a login which is refused leaves no doubt."""
    it = site(way)
    it.front.keeps = keeps
    confirmed(it)
    assert [request.number for request in it.front.seen if request.token and request.body] == []
    signed = [request for request in it.front.seen if request.token]
    assert bool(signed) is (way.auth is Auth.NTLM)


def test_a_login_refused_mid_session_is_final_and_not_delivered(site: Sites) -> None:
    """The connection is gone before the trigger, and the host takes the login no more: nothing of the trigger left."""
    it = site()

    def refuse(request: Passing) -> bytes | None:
        if request.delivered and it.running.host.requests.get("signal", 0) == 1:
            it.front.keeps = False
        proves = b"NTLMSSP\0\3" in request.token  # the message of NTLM that answers the challenge
        return answer(401, "WWW-Authenticate: Negotiate") if proves and not it.front.keeps else None

    it.front.decide = refuse
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, it.triggers) == (ExitCode.AUTH, Trigger.NOT_SENT, 0)


# -- a status that stays


@by_way
@pytest.mark.parametrize("status", [400, 411, 413, 421, 426, 431])
def test_a_repeated_status_is_reported_as_permanent(site: Sites, way: Way, status: int) -> None:
    it = site(way)
    it.front.decide = lambda _: answer(status)
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, problem.retryable) == (ExitCode.UNREACHABLE, Trigger.NOT_SENT, False)
    assert f"HTTP {status}" in problem.message
    assert "try again" not in (problem.hint or "").casefold()
    assert not [event for event in it.events if isinstance(event, Retrying)]
    assert len([request for request in it.front.seen if b"transfer/Create<" in request.body]) <= 1


# -- the real engine


@pytest.mark.pwsh
@pytest.mark.parametrize("status", [503, 401, 502])
def test_the_real_engine_repeats_a_lost_answer_to_a_trigger(site: Sites, status: int) -> None:
    it = site(engine="pwsh")
    it.front.decide = it.of_trigger(lambda _: answer(status))
    confirmed(it)
    assert not [event for event in it.events if isinstance(event, Searching)]


# -- interim answers


@pytest.mark.sampled(5)
@by_way
@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_an_interim_answer_is_ignored(site: Sites, way: Way, status: int) -> None:
    """A front may send any number of them before an answer (RFC 9110, 15.2), to a login too."""
    it = site(way)
    it.front.interim = f"HTTP/1.1 {status} X\r\nLink: </x>; rel=preload\r\n\r\n".encode() * 2
    confirmed(it)


def test_interim_answers_are_limited(site: Sites) -> None:
    it = site(policy=SHORT)
    it.front.interim = b"HTTP/1.1 103 X\r\n\r\n" * 40_000
    assert it.refused().exit_code is ExitCode.UNREACHABLE

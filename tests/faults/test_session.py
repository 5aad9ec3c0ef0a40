"""The session under each fault: the complete answer or the right error, in time, and nothing sent twice.

One backup list is read: open, one pipeline, close.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.clock import Clock, Deadline, SystemClock
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.faults.effects import EFFECTS, Effect
from psbridge.emulator.faults.exchange import Exchange
from psbridge.emulator.faults.rules import FaultRule
from psbridge.errors import AuthError, DeadlineExceeded, PrerequisiteError, PsbridgeError, ResultVoid, Unreachable
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.models.target import Policy
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import Result, State
from psbridge.remoting import sessions
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback

LIST = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond"}))
VALUES = {
    "delay": "0.01",
    "delay-after": "0.01",
    "drip": "1000000",
    "cut": "100",
    "cut-body": "700",
    "truncate": "300",
    "fault": "1359",
    "status": "429",
    "status-after": "503",
    "status-forever": "503",
    "other-fault": "2150858843",
    "lose-fragment": "7",
    "gzip": "100000",
    "gzip-twice": "1000000",
    "long-head": "300000",
    "interim": "20000",
    "unclosed": "300000",
    "wide": "300000",
    "attributes": "300000",
    "deep-object": "400000",
    "wide-object": "1200000",
}
PATIENCE = 30.0  # seconds that opening, running and closing may take each
SHORT = 1.0  # the same for the one of them in which no answer comes
LATE = {"never", "never-before"}

OK = None
LOST, VOID, DENIED = Unreachable, ResultVoid, AuthError
Outcome = type[PsbridgeError] | None

# The outcomes by effect: of the connection or the login, Create, Command, the Receive of the list.
# A Create is never sent again in one session, and neither is a Command, because no answer proves that the host does not
# have it; a Receive always. What a status says for good (403, 404), or what may be a bug of the host (500), is
# not tried again here but by the operation, on a fresh session.
_SEALED: dict[str, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    "reset-before": (LOST, LOST, LOST, OK),
    "reset-after": (LOST, LOST, LOST, OK),
    "close-before": (LOST, LOST, LOST, OK),
    "close": (LOST, LOST, LOST, OK),
    "close-after": (LOST, OK, OK, OK),
    "hang-up": (LOST, OK, OK, OK),
    "never-before": (DeadlineExceeded, DeadlineExceeded, DeadlineExceeded, DeadlineExceeded),
    "never": (DeadlineExceeded, DeadlineExceeded, DeadlineExceeded, DeadlineExceeded),
    "banner": (LOST, OK, OK, OK),
    "delay": (OK, OK, OK, OK),
    "delay-after": (OK, OK, OK, OK),
    "drip": (OK, OK, OK, OK),
    **dict.fromkeys(("403", "404", "429", "500", "502", "504"), (LOST, LOST, LOST, LOST)),
    "echo": (LOST, LOST, LOST, OK),  # a page that is not sealed is not the host's
    "400": (LOST, LOST, LOST, OK),
    "503": (LOST, LOST, LOST, OK),
    "401": (DENIED, LOST, LOST, OK),
    "status": (LOST, LOST, LOST, LOST),
    "status-after": (LOST, LOST, LOST, OK),
    "status-forever": (LOST, LOST, LOST, LOST),
    "401-after": (DENIED, LOST, LOST, OK),
    "done-twice": (OK, LOST, LOST, LOST),
    "other-fault": (OK, LOST, LOST, LOST),
    "other-host": (OK, OK, LOST, LOST),
    "cut": (LOST, LOST, LOST, OK),  # a token that was cut refuses nobody
    "cut-body": (LOST, LOST, LOST, OK),
    "endless": (LOST, LOST, LOST, LOST),
    "endless-chunked": (LOST, LOST, LOST, LOST),
    "twice": (OK, OK, OK, OK),
    "wrong-type": (OK, LOST, LOST, OK),
    "empty": (OK, LOST, LOST, OK),
    "garbage": (LOST, LOST, LOST, OK),
    "broken-seal": (OK, LOST, LOST, OK),
    **dict.fromkeys(("seal-epilogue", "seal-bare", "seal-lines", "seal-case", "with-receive"), (OK, OK, OK, OK)),
    # What would cost its reader too much is refused; only the length of the answer's head stays as it is.
    **dict.fromkeys(("gzip", "gzip-twice", "unclosed", "wide", "attributes"), (LOST, LOST, LOST, OK)),
    **dict.fromkeys(("long-head", "interim"), (LOST, LOST, LOST, LOST)),
    **dict.fromkeys(("deep-object", "wide-object"), (OK, OK, OK, VOID)),
    "tiny-chunks": (OK, OK, OK, OK),
    "fault": (OK, LOST, LOST, LOST),
    "refuse": (OK, PrerequisiteError, LOST, LOST),
    "fail": (OK, LOST, LOST, LOST),
    "codeless": (OK, OK, OK, OK),
    "page": (OK, LOST, LOST, OK),
    "truncate": (OK, LOST, LOST, LOST),
    "other-message": (OK, LOST, LOST, LOST),
    "previous": (OK, OK, LOST, LOST),
    "drop-shells": (OK, OK, LOST, LOST),
    "lose-shells": (OK, OK, LOST, LOST),
    "kill-engine": (OK, OK, LOST, LOST),
    # Here that of PIPELINE_STATE. That of a whole object is no loss that can be told, see the last test.
    "lose-fragment": (OK, OK, OK, VOID),
    "double-fragment": (OK, OK, OK, VOID),
    "swap-fragments": (OK, OK, OK, VOID),
}
# Basic over TLS, where it differs: each request logs in by itself, and bodies are not sealed.
_TLS: dict[str, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    "close-after": (OK, OK, OK, OK),
    "hang-up": (OK, OK, OK, OK),
    "400": (LOST, LOST, LOST, LOST),
    "401": (DENIED, DENIED, LOST, DENIED),  # to a Command it may be a gateway's, after the host has it
    "401-after": (DENIED, DENIED, LOST, DENIED),
    "reset-after": (LOST, LOST, LOST, OK),
    "cut": (LOST, LOST, LOST, OK),
    "cut-body": (LOST, LOST, LOST, OK),
    "endless-chunked": (LOST, LOST, LOST, LOST),
    "wrong-type": (OK, OK, OK, OK),
    "empty": (LOST, LOST, LOST, OK),
    "echo": (LOST, LOST, LOST, LOST),  # as a bare 500
}


class Rig:
    """A host and a client of it; each test adds rules that count from then on."""

    def __init__(self, running: Emulation, auth: Auth, clock: Clock) -> None:
        self.host = running.host
        self.clock = clock
        tls = Tls(ca=str(self.host.ca_file)) if self.host.ca_file else None
        endpoint = Endpoint(self.host.host, self.host.port, tls, auth, "operator", Secret("pw"))
        self._open = sessions((endpoint,), Policy(), clock)
        self._answer_at_once()
        self.baseline = self.read()
        self.opening = self.host.requests["receive"] - 1
        self.host.faults.clear()

    def read(self, pipeline: Pipeline = LIST, *, opening: float = PATIENCE, running: float = PATIENCE) -> Result:
        session = self._open(Deadline.after(self.clock, opening))
        try:
            return session.run(pipeline, Deadline.after(self.clock, running))
        finally:
            session.close(Deadline.after(self.clock, PATIENCE))

    def add(self, rule: str) -> None:
        """Add a rule; one for a Receive finds the whole answer waiting, so that it does not depend on who is quicker."""
        if rule.startswith("receive:"):
            self._answer_at_once()
        self.host.faults.add(rule, from_now=True)

    def _answer_at_once(self) -> None:
        """Let the next pipeline's whole answer wait for its first Receive."""
        self.host.faults.add(FaultRule("command", 1, 1, "settle"), from_now=True)

    def meet(self, effect: str, action: str, number: int, outcome: Outcome) -> None:
        """Read once more with a fault in the way, and hold the outcome against what is expected."""
        value = f"={VALUES.get(effect, '1')}" if EFFECTS[effect].value else ""
        assert len(self.baseline.output) == 6  # so that the seventh fragment is PIPELINE_STATE
        self.add(f"{action}:{number}:{effect}{value}")
        commands, begun = self.host.requests["command"], self.clock.monotonic()
        in_opening = action in {"tcp", "http", "create"}
        late = {("opening" if in_opening else "running"): SHORT} if effect in LATE else {}
        if outcome is None:
            assert whole(self.read()) == whole(self.baseline)
        else:
            with pytest.raises(PsbridgeError) as caught:
                self.read(**late)
            assert type(caught.value) is outcome
            if action == "receive" and number > 1:
                assert caught.value.delivered
            if action == "command" and not EFFECTS[effect].meaning.startswith("not carried out"):
                assert caught.value.delivered or effect in {"drop-shells", "kill-engine"}
        assert self.clock.monotonic() - begun < PATIENCE  # no fault costs more than one deadline
        sent = self.host.requests["command"] - commands
        assert sent <= 1
        self.host.faults.clear()
        self.host.drop_shells()


def whole(result: Result) -> tuple[object, ...]:
    """Return what must be the same in two answers to one question."""
    return result.output, result.state, result.failure


def settle(exchange: Exchange, _value: float, data: bytes) -> None:
    """Send an answer once no thread has anything left to do; time does not pass until then."""
    exchange.closing.wait(0.001)
    exchange.http.write(data)


@pytest.fixture(scope="module", autouse=True)
def settling() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EFFECTS, "settle", Effect("carried out; answered when it has ended", send=settle))
        yield


@pytest.fixture(scope="module")
def sealed() -> Iterator[Rig]:
    network = Loopback(AutojumpClock())
    with network.emulated(users={"operator": "pw"}) as running:
        yield Rig(running, Auth.NTLM, network.clock)


@pytest.fixture(scope="module")
def tls() -> Iterator[Rig]:
    network = Loopback(AutojumpClock())
    with network.emulated(users={"operator": "pw"}, tls=True) as running:
        yield Rig(running, Auth.BASIC, network.clock)


def test_the_tables_have_every_effect() -> None:
    assert set(_SEALED) == set(EFFECTS) - {"settle"}
    assert set(_TLS) <= set(EFFECTS)


def points(rig: Rig, effect: str) -> dict[tuple[str, int], int]:
    """Return where an effect is met, and the column of its outcome."""
    actions = EFFECTS[effect].actions
    found = {("create", 1): 1, ("command", 1): 2, ("receive", rig.opening + 1): 3}
    first = ("http", 2 if rig.host.ca_file is None else 1) if "http" in actions else ("tcp", 1)
    return {point: column for point, column in {first: 0, **found}.items() if point[0] in actions}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("effect", _SEALED)
def test_a_sealed_session_returns_the_complete_list_or_the_right_error(sealed: Rig, effect: str) -> None:
    for (action, number), column in points(sealed, effect).items():
        sealed.meet(effect, action, number, _SEALED[effect][column])


@pytest.mark.parametrize("effect", _TLS)
def test_a_tls_session_returns_the_complete_list_or_the_right_error(tls: Rig, effect: str) -> None:
    for (action, number), column in points(tls, effect).items():
        tls.meet(effect, action, number, _TLS[effect][column])


@pytest.mark.parametrize("effect", ["reset-before", "close-before", "never-before", "delay"])
def test_a_connection_that_fails_before_any_data(sealed: Rig, effect: str) -> None:
    outcome = {"never-before": DeadlineExceeded, "delay": None}.get(effect, Unreachable)
    sealed.meet(effect, "tcp", 1, outcome)


@pytest.mark.sampled(7)
@pytest.mark.parametrize("effect", sorted(it for it in EFFECTS if "delete" in EFFECTS[it].actions and it not in LATE))
def test_a_failed_close_keeps_the_result(sealed: Rig, effect: str) -> None:
    sealed.meet(effect, "delete", 1, OK)


# The engine names the command in its error; so this error is a message of three fragments.
LONG = Pipeline.of(Command.of("Get-Command", {"Name": "x" * 30_000}))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_message_with_a_missing_fragment_makes_the_answer_invalid(sealed: Rig, number: int) -> None:
    assert len(sealed.read(LONG).errors) == 1
    sealed.add(f"receive:{sealed.opening + 1}:lose-fragment={number}")
    with pytest.raises(ResultVoid):
        sealed.read(LONG)


def test_a_gap_without_a_failed_receive_is_not_a_loss(sealed: Rig) -> None:
    # A cmdlet that starts a job makes such a gap too (measured, see psbridge.remoting.psrp.integrity); what rests on a list
    # is read twice, so that the verdict does not rest on this.
    sealed.add(f"receive:{sealed.opening + 1}:lose-fragment=3")
    result = sealed.read()
    assert result.state is State.COMPLETED
    assert result.output == sealed.baseline.output[:2] + sealed.baseline.output[3:]


def kill_then_send(exchange: Exchange, _value: float, data: bytes) -> None:
    """Answer a Command when what it started has been killed."""
    assert exchange.envelope is not None
    exchange.service.kill_engine(exchange.envelope.shell_id)
    exchange.http.write(data)


@pytest.mark.pwsh
def test_a_killed_engine_process_is_a_lost_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EFFECTS, "kill-after", Effect("carried out; then killed", send=kill_then_send))
    with emulation(Emulating(users={"operator": "pw"}, engine="pwsh")) as running:
        rig = Rig(running, Auth.NTLM, SystemClock())
        running.host.faults.add("command:1:kill-engine", from_now=True)
        with pytest.raises(Unreachable, match="the session no longer exists on the host") as caught:
            rig.read()
        assert not caught.value.delivered  # the host said so, in a fault
        running.host.faults.add(FaultRule("command", 1, 1, "kill-after"), from_now=True)
        with pytest.raises(Unreachable, match="the session no longer exists on the host") as caught:
            rig.read()
        assert caught.value.delivered
        assert running.host.shells() == []

"""What every `Session` promises: one suite over the fake, and over pypsrp against the emulated host.

The emulated host runs the real PowerShell engine where there is one, and the embedded engine; each login that the
host offers is used at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from psbridge.clock import Clock, Deadline, SystemClock
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.errors import AuthError, DeadlineExceeded, PrerequisiteError, PsbridgeError, Unreachable, UsageError
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Credential, Secret
from psbridge.models.target import Policy
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State
from psbridge.powershell.session import SessionFactory
from psbridge.remoting import sessions
from tests.support.fakes.autojump import AutojumpClock, CurrentClock
from tests.support.fakes.fake_session import FakeSession, FakeSessions
from tests.support.fakes.loopback import Loopback, in_use

CLOCK = CurrentClock()
CLOCKS: dict[int, Clock] = {}
"""By port; that of hosts of the real engine, which is a process, is the real one."""
USER, PASSWORD = "operator", "pä'ss:\"wörd"
LIST = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond"}))
NAMES = Pipeline.of(
    Command.of("Get-Command", {"Name": ("Get-AzsBackup", "Start-AzsBackup")}).piped_to(
        Command.of("ForEach-Object", {"MemberName": "Name"})
    ),
    Command.of("Get-Command", {"Name": "Get-AzsBackup"}).piped_to(
        Command.of("ForEach-Object", {"MemberName": "NoSuchMember"})
    ),
)
UNKNOWN = Pipeline.of(Command.of("Get-Nothing"))

STRINGS = [
    "'; Remove-Item C:\\ -Recurse; '",
    '"$(Stop-Computer)" `whoami` ${x} & | > %PATH%',
    "line\nfeed\r\ttab\0nul",
    "_x0041_ _X0041_ _x005F_",
    "\u2028\u2029\u0085\ufeff",
    "\U0001f600 emoji, a\u0301, \u202e bidi",
    "> <!-- & --> &amp; <S> </S>",
    " leading and trailing ",
    "long " * 3000,
]


def later(seconds: float = 30) -> Deadline:
    return Deadline.after(CLOCK, seconds)


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the client connect without a port, but for hosts of the real engine."""
    with nullcontext() if "pwsh" in request.node.name else in_use():
        yield


@contextmanager
def emulating(engine: str = "embedded", **how: Any) -> Iterator[Emulation]:
    how["users"] = {USER: PASSWORD}
    if engine == "pwsh":
        with emulation(Emulating(engine=engine, **how)) as running:
            yield running
        return
    network = Loopback(AutojumpClock())
    with emulation(Emulating(clock=network.clock, listen=network.listen, **how)) as running:
        CLOCKS[running.host.port] = network.clock
        yield running


def endpoint(run: Emulation, auth: Auth, password: str = PASSWORD) -> Endpoint:
    host = run.host
    CLOCK.clock = CLOCKS.get(host.port) or SystemClock()
    tls = Tls(ca=str(host.ca_file)) if host.ca_file else None
    return Endpoint(host.host, host.port, tls, auth, USER, Secret(password))


def real(run: Emulation, auth: Auth) -> SessionFactory:
    return sessions((endpoint(run, auth),), Policy(), CLOCK)


def fake_answer(pipeline: Pipeline) -> Result:
    """Answer like the emulated host in everything that this suite checks."""
    if pipeline == UNKNOWN:
        return Result(state=State.FAILED, failure=ErrorRecord("no such command", "CommandNotFoundException", 13))
    if pipeline == NAMES:
        return Result(output=("Get-AzsBackup", "Start-AzsBackup", None))
    if pipeline == LIST:
        return Result(output=(PSObject(("Backup",), "Backup", {"Name": "redmond/x"}),))
    sent = pipeline.statements[0].commands[0].parameters[-1][1]
    properties = {"CommandName": str(sent)}
    return Result(errors=(ErrorRecord("x", "CommandNotFoundException,x", 13, exception_properties=properties),))


@dataclass(frozen=True)
class Kind:
    engine: str
    tls: bool = False
    auth: Auth = Auth.NEGOTIATE


KINDS = [
    pytest.param(None, id="fake"),
    pytest.param(Kind("embedded"), id="embedded-negotiate-http"),
    pytest.param(Kind("embedded", auth=Auth.NTLM), id="embedded-ntlm-http"),
    pytest.param(Kind("embedded", True, Auth.BASIC), id="embedded-basic-https"),
    pytest.param(Kind("embedded", True), id="embedded-negotiate-https"),
    pytest.param(Kind("pwsh", True, Auth.BASIC), id="pwsh-basic-https", marks=pytest.mark.pwsh),
]


@pytest.fixture(scope="module")
def emulated() -> Iterator[Callable[[str, bool], Emulation]]:
    """Emulated hosts, started once each."""
    running: dict[tuple[str, bool], Emulation] = {}
    with ExitStack() as stack:

        def start(engine: str, tls: bool) -> Emulation:
            if (engine, tls) not in running:
                running[engine, tls] = stack.enter_context(emulating(engine, tls=tls))
            return running[engine, tls]

        yield start


@pytest.fixture(params=KINDS)
def factory(request: pytest.FixtureRequest, emulated: Callable[[str, bool], Emulation]) -> SessionFactory:
    if request.param is None:
        return FakeSessions([FakeSession([fake_answer])])
    return real(emulated(request.param.engine, request.param.tls), request.param.auth)


def run(factory: SessionFactory, pipeline: Pipeline) -> Result:
    session = factory(later())
    try:
        return session.run(pipeline, later())
    finally:
        session.close(later(3))


def test_objects_come_with_their_properties(factory):
    result = run(factory, LIST)
    assert result.state is State.COMPLETED
    assert result.output
    assert all(isinstance(item, PSObject) and item.get("name") for item in result.output)
    assert result.failure is None


def test_output_keeps_the_order_of_statements_including_empty_ones(factory):
    assert run(factory, NAMES).output == ("Get-AzsBackup", "Start-AzsBackup", None)


def test_a_failed_pipeline_is_a_result(factory):
    result = run(factory, UNKNOWN)
    assert result.state is State.FAILED
    assert result.output == ()
    assert result.failure is not None
    assert result.failure.error_id == "CommandNotFoundException"


def test_a_session_continues_after_a_failed_pipeline(factory):
    session = factory(later())
    assert session.run(UNKNOWN, later()).state is State.FAILED
    assert session.run(LIST, later()).state is State.COMPLETED
    assert session.run(LIST, later()).state is State.COMPLETED
    session.close(later(3))


def test_a_pipeline_is_polled_until_its_result_is_complete(factory):
    session = factory(later())
    session.begin(LIST, later())
    while (result := session.poll(1.0, later())) is None:
        pass
    assert (result.state, len(result.output)) == (State.COMPLETED, len(session.run(LIST, later()).output))
    with pytest.raises(UsageError):
        session.poll(1.0, later())
    session.close(later(3))


def test_strings_arrive_unchanged_and_are_never_executed(factory):
    session = factory(later())
    for text in STRINGS:
        result = session.run(Pipeline.of(Command.of("Get-Command", {"Name": text})), later())
        assert [item.exception_properties["CommandName"] for item in result.errors] == [text]
        assert result.output == ()
    session.close(later(3))


def test_an_expired_deadline_gives_no_answer(factory):
    session = factory(later())
    with pytest.raises(DeadlineExceeded) as caught:
        session.run(LIST, later(0))
    assert not caught.value.delivered
    session.close(later(3))


def test_after_an_error_a_session_runs_nothing(factory):
    session = factory(later())
    with pytest.raises(DeadlineExceeded):
        session.run(LIST, later(0))
    with pytest.raises(Unreachable) as caught:
        session.run(LIST, later())
    assert caught.value.retryable
    session.close(later(3))


def test_opening_after_the_deadline_is_refused(factory):
    with pytest.raises(DeadlineExceeded) as caught:
        factory(later(0))
    assert not caught.value.delivered


def test_an_empty_pipeline_raises_a_value_error(factory):
    session = factory(later())
    with pytest.raises(UsageError):
        session.run(Pipeline(()), later())
    session.close(later(3))


def test_closing_twice_is_harmless(factory):
    session = factory(later())
    session.close(later(3))
    session.close(later(3))
    with pytest.raises(PsbridgeError):
        session.run(LIST, later())


def test_a_host_has_a_description(factory):
    assert factory.description.startswith("http")


# What only a real wire can show.

REAL = KINDS[1:]


@pytest.fixture(params=REAL)
def emulation_of(request: pytest.FixtureRequest, emulated: Callable[[str, bool], Emulation]) -> tuple[Emulation, Auth]:
    return emulated(request.param.engine, request.param.tls), request.param.auth


def test_a_list_opens_runs_one_pipeline_and_closes_its_shell(emulation_of):
    host, auth = emulation_of
    before = host.host.requests
    result = run(real(host, auth), LIST)
    spent = {key: count - before.get(key, 0) for key, count in host.host.requests.items()}
    assert spent["create"] == spent["command"] == spent["delete"] == 1
    assert spent.get("signal", 0) == spent.get("send", 0) == 0
    assert host.host.shells() == []
    assert result.host_time is not None


@pytest.mark.parametrize("engine", ["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)])
def test_a_running_pipeline_can_be_polled_and_the_session_closed(engine):
    with emulating(engine) as running:
        session = real(running, Auth.NEGOTIATE)(later())
        session.begin(Pipeline.of(Command.of("Start-AzsBackup", {"Location": "redmond"})), later())  # no -NoWait
        while not running.stamp.counts()["triggers"]:
            assert session.poll(1.0, later()) is None
        assert session.poll(1.0, later()) is None
        session.close(later(3))
        assert running.host.shells() == []
        assert running.stamp.counts()["triggers"] == 1


def test_a_wrong_password_is_refused_once(emulation_of):
    host, auth = emulation_of
    before = host.host.requests.get("create", 0)
    with pytest.raises(AuthError) as caught:
        sessions((endpoint(host, auth, "wrong"),), Policy(), CLOCK)(later())
    assert not caught.value.retryable
    assert "wrong" not in str(caught.value)
    assert host.host.requests.get("create", 0) - before <= 1
    assert host.host.shells() == []


def test_a_missing_session_configuration_is_a_prerequisite_error(emulation_of):
    host, auth = emulation_of
    plain = endpoint(host, auth)
    other = Endpoint(plain.host, plain.port, plain.tls, auth, USER, plain.password, configuration_name="Nope")
    with pytest.raises(PrerequisiteError):
        sessions((other,), Policy(), CLOCK)(later())


def test_a_credential_arrives_and_keys_are_exchanged_once(emulation_of):
    host, auth = emulation_of
    sign_in = Pipeline.of(
        Command.of(
            "Connect-AzAccount",
            {
                "ServicePrincipal": True,
                "Environment": "AzureStackAdmin",
                "Tenant": "contoso.onmicrosoft.com",
                "Credential": Credential("792e5b37-4505-47ef-b7d2-8711bb7affa8", Secret("pä$$ 'w\U0001f600")),
            },
        )
    )
    session = real(host, auth)(later())
    before = host.host.requests.get("send", 0)
    for _ in range(2):
        result = session.run(sign_in, later())
        assert "NamedParameterNotFound" not in str(result.failure)
        assert "CommandNotFound" not in str(result.failure)
    session.close(later(3))
    assert host.host.requests.get("send", 0) - before == 1
    assert "pä$$" not in repr(result)


LOST = ["reset-before", "reset-after", "cut=60", "503"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("effect", LOST)
@pytest.mark.parametrize(
    ("tls", "auth"), [(False, Auth.NTLM), (True, Auth.BASIC), (True, Auth.NEGOTIATE)], ids=["ntlm", "basic", "nego"]
)
def test_a_lost_receive_is_repeated_without_loss(effect, tls, auth):
    with emulating(tls=tls) as run_:
        whole = run(real(run_, auth), LIST)
        count = run_.host.requests["receive"]
        run_.host.faults.add(f"receive:{count + 2}:{effect}")
        assert run(real(run_, auth), LIST).output == whole.output
        assert run_.host.shells() == []


@pytest.mark.parametrize("effect", ["reset-before", "reset-after", "cut=60", "garbage", "500"])
@pytest.mark.parametrize(("tls", "auth"), [(False, Auth.NTLM), (True, Auth.BASIC)], ids=["ntlm", "basic"])
def test_a_lost_command_is_not_sent_again(effect, tls, auth):
    with emulating(tls=tls, faults=[f"command:1:{effect}"]) as run_:
        with pytest.raises(Unreachable) as caught:
            run(real(run_, auth), LIST)
        assert caught.value.delivered
        assert run_.host.requests["command"] == 1
        assert run_.host.shells() == []


def test_a_sealed_command_on_a_connection_closed_while_idle_was_not_sent():
    with emulating() as run_:
        factory = real(run_, Auth.NTLM)
        factory(later()).close(later(3))
        opening = run_.host.requests["receive"]
        run_.host.faults.add(f"receive:{2 * opening}:close-after")
        session = factory(later())
        CLOCK.sleep(0.05)  # until the host has closed it
        assert session.run(LIST, later()).state is State.COMPLETED
        session.close(later(3))
        assert run_.host.requests["command"] == 1


def test_a_400_to_a_sealed_body_does_not_prove_non_delivery():
    with emulating(faults=["command:1:400"]) as run_:
        with pytest.raises(Unreachable) as caught:
            run(real(run_, Auth.NTLM), LIST)
        assert caught.value.delivered
        assert run_.host.requests["command"] == 1


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("effect", ["status-after=503", "401-after", "reset-after"])
def test_a_pipeline_whose_answer_was_lost_is_resumed_and_the_session_continues(emulated, kind, effect):
    run_ = emulated(kind.engine, kind.tls)
    session = real(run_, kind.auth)(later())
    whole = session.run(LIST, later())
    run_.host.faults.add(f"command:1:{effect}", from_now=True)
    begun = run_.host.requests["command"]
    with pytest.raises(Unreachable) as caught:
        session.run(LIST, later())
    assert caught.value.delivered
    session.resume()
    while (result := session.poll(1, later())) is None:
        pass
    assert result.output == whole.output
    assert run_.host.requests["command"] == begun + 1
    assert session.run(UNKNOWN, later()).state is State.FAILED
    session.close(later(3))

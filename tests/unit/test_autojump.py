"""The clock that moves when everybody waits, and connections that wait on it. The tests of others rest on these."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from pathlib import Path

import pytest

import psbridge.emulator
from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.emulation import Emulation
from psbridge.errors import ExitCode
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from tests.support.fakes.autojump import AutojumpClock, Deadlock
from tests.support.fakes.loopback import Loopback, TlsSocket

DAY = 86_400.0


OWN_TIME = re.compile(r"\btime\.(monotonic|time|sleep|perf_counter)|threading\.(Thread|Event|Condition|Timer)\(")
REAL = {"clock.py", "http/server.py", "stamp/rest_server.py", "engines/pwsh/child.py", "engines/pwsh/runspace.py"}
"""What talks to the machine: the clock itself, real sockets and the real engine's process."""


def test_no_other_part_of_the_emulator_reads_a_clock() -> None:
    root = Path(psbridge.emulator.__file__).parent
    found = {str(file.relative_to(root)) for file in root.rglob("*.py") if OWN_TIME.search(file.read_text("utf-8"))}
    assert found == REAL


@pytest.fixture
def clock() -> AutojumpClock:
    return AutojumpClock()


def test_time_jumps_to_the_earliest_timeout(clock: AutojumpClock) -> None:
    woken: list[tuple[str, float]] = []

    def sleep(name: str, seconds: float) -> None:
        clock.sleep(seconds)
        woken.append((name, clock.passed))

    threads = [clock.thread(sleep, name, seconds) for name, seconds in (("late", DAY), ("early", 1.0), ("mid", 60.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert woken == [("early", 1.0), ("mid", 60.0), ("late", DAY)]
    assert clock.jumps == 3


def test_time_does_not_pass_while_a_thread_can_run(clock: AutojumpClock) -> None:
    begun, go = threading.Event(), threading.Event()

    def run() -> None:
        begun.set()
        go.wait()  # an event that the clock did not make: who waits for it counts as running

    busy = clock.thread(run)
    waits = clock.thread(clock.sleep, 5.0)
    busy.start()
    waits.start()
    begun.wait()
    helper = threading.Timer(0, lambda: (passed_meanwhile.append(clock.passed), go.set()))
    passed_meanwhile: list[float] = []
    helper.start()
    waits.join()
    assert passed_meanwhile == [0.0]
    assert clock.passed == 5.0


def test_set_and_notify_take_no_time(clock: AutojumpClock) -> None:
    event, condition, said = clock.event(), clock.condition(), list[str]()

    def listen() -> None:
        assert event.wait(DAY)
        with condition:
            assert condition.wait_for(lambda: said, DAY) == ["a word"]

    thread = clock.thread(listen)
    thread.start()
    event.set()
    with condition:
        said.append("a word")
        condition.notify_all()
    thread.join()
    assert clock.passed == 0


def test_a_timeout_takes_no_real_time(clock: AutojumpClock) -> None:
    event, condition = clock.event(), clock.condition()
    assert not event.wait(DAY)
    with condition:
        assert not condition.wait(DAY)
        assert not condition.wait_for(lambda: False, DAY)
    assert clock.passed == 3 * DAY


def test_time_continues_when_a_thread_ends(clock: AutojumpClock) -> None:
    clock.thread(clock.sleep, 1.0).start()
    clock.sleep(DAY)
    assert clock.passed == DAY


def test_a_deadlock_is_raised_in_each_thread(clock: AutojumpClock) -> None:
    told: list[str] = []

    def wait() -> None:
        try:
            clock.event().wait()
        except Deadlock as error:
            told.append(str(error))

    thread = clock.thread(wait, name="other")
    thread.start()
    with pytest.raises(Deadlock, match="everybody waits"):
        clock.event().wait()
    thread.join()
    assert told == ["other: everybody waits, and nobody for a limited time"]


@pytest.fixture
def network(clock: AutojumpClock) -> Loopback:
    return Loopback(clock)


def pair(network: Loopback) -> tuple[socket.socket, socket.socket]:
    taken: list[socket.socket] = []
    listener = network.listen(("127.0.0.1", 0))
    listener.start(lambda sock, _: taken.append(sock))
    return network.connect(listener.port), taken[0]


def test_a_read_ends_at_its_timeout_or_with_data(clock: AutojumpClock, network: Loopback) -> None:
    mine, theirs = pair(network)
    with mine, theirs:
        mine.settimeout(DAY)
        with pytest.raises(TimeoutError):
            mine.recv(1)
        assert clock.passed == DAY
        theirs.sendall(b"x")
        assert mine.recv(1) == b"x"
        theirs.close()
        assert mine.recv(1) == b""
        assert clock.passed == DAY


def test_an_unread_write_ends_at_its_timeout(clock: AutojumpClock, network: Loopback) -> None:
    mine, theirs = pair(network)
    with mine, theirs:
        mine.settimeout(DAY)
        with pytest.raises(TimeoutError):
            mine.sendall(bytes(1 << 22))
    assert clock.passed == DAY


def test_connecting_without_a_listener_is_refused(network: Loopback) -> None:
    with pytest.raises(ConnectionRefusedError):
        network.connect(1)


@pytest.mark.parametrize("tls", [False, True])
def test_a_reset_is_seen_as_a_reset(network: Loopback, tls: bool) -> None:
    with network.emulated(tls=tls, faults=("http:1:reset-before",)) as running:
        sock = network.connect(running.host.port)
        if tls:
            context = ssl.create_default_context(cafile=str(running.host.ca_file))
            context.sslsocket_class = TlsSocket
            sock = context.wrap_socket(sock, server_hostname="localhost")
        with sock:
            sock.sendall(b"POST /wsman HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                sock.recv(1)


def target(running: Emulation) -> Target:
    tls = Tls(ca=str(running.host.ca_file)) if running.host.secure else None
    auth = Auth.BASIC if running.host.secure else Auth.NTLM
    endpoint = Endpoint(running.host.host, running.host.port, tls, auth, "operator", Secret("pw"))
    return Target("nyc", endpoints=(endpoint,), location="redmond", policy=Policy(timeout=DAY, poll=300.0))


@pytest.mark.parametrize("tls", [False, True])
def test_the_client_backs_up_a_stamp_in_simulated_time(
    clock: AutojumpClock, network: Loopback, tmp_path: Path, tls: bool
) -> None:
    how = {"users": {"operator": "pw"}, "tls": tls, "faults": ("receive:3:never",)}
    with network.emulated(**how) as running, Library(target(running), state=tmp_path, clock=clock) as client:
        report = client.backups.run(StartOptions())
        assert report.exit_code is ExitCode.OK
        assert running.stamp.counts()["triggers"] == 1
        assert clock.passed > 1200, "as long as a backup takes"

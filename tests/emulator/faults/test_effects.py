"""Each effect of the table as bytes on the wire, and whether the request was carried out as its meaning says."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

import psrpcore
import pytest

from psbridge.emulator.faults import sending
from psbridge.emulator.faults.effects import EFFECTS
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.clients.wsman_client import CONFIG_URI, create_body, envelope, receive_body
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, connected
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG, until

LOGIN = "Authorization: Basic " + base64.b64encode(b"admin:secret").decode()
VALUES = {
    "delay": "0.05",
    "delay-after": "0.05",
    "drip": "50000",
    "cut": "50",
    "cut-body": "10",
    "truncate": "100",
    "gzip": "5000000",
    "gzip-twice": "5000000",
    "long-head": "20000",
    "interim": "3",
    "unclosed": "3000",
    "wide": "3000",
    "attributes": "3000",
    "deep-object": "3000",
    "wide-object": "3000",
    "status": "431",
    "status-after": "502",
    "status-forever": "503",
}
IN_SHELL = {
    "deep-object",
    "wide-object",
    "lose-fragment",
    "double-fragment",
    "swap-fragments",
    "kill-engine",
    "other-host",
    "with-receive",
}
ON_ACCEPT = {"banner"}


@dataclass(frozen=True)
class Seen:
    """What came, and how it ended: `closed`, `reset`, or `silent` where nothing more comes."""

    data: bytes
    end: str

    @property
    def statuses(self) -> list[int]:
        return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.data)]

    @property
    def bodies(self) -> list[bytes]:
        return [part.partition(b"\r\n\r\n")[2] for part in self.data.split(b"HTTP/1.1 ")[1:]]


@pytest.fixture(scope="module")
def host() -> Iterator[OperatorHost]:
    """One host for all; each test adds a rule that counts from then on."""
    network = Loopback(AutojumpClock())
    how = {"clock": network.clock, "listen": network.listen, "quotas": Quotas(shells_per_user=1000)}
    with OperatorHost(ToyEngine(network.clock), users={"admin": "secret"}, allow_unencrypted=True, **how) as running:
        yield running


@pytest.fixture(autouse=True)
def no_rule_outlives_its_test(host: OperatorHost) -> Iterator[None]:
    yield
    host.faults.clear()


def request(body: bytes, *headers: str) -> bytes:
    head = ["POST /wsman HTTP/1.1", "Host: x", LOGIN, f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def exchange(host: OperatorHost, *bodies: bytes, most: int = 10_000_000) -> Seen:
    """Send requests on one connection, the last with `Connection: close`, and read what comes."""
    sent = b"".join(map(request, bodies[:-1])) + request(bodies[-1], "Connection: close")
    data = bytearray()
    with connected(host.host, host.port, LONG) as sock:
        sock.sendall(sent)
        try:
            while chunk := sock.recv(65536):
                data += chunk
                if len(data) > most:
                    return Seen(bytes(data), "too much")
        except TimeoutError:
            return Seen(bytes(data), "silent")
        except ConnectionResetError:
            return Seen(bytes(data), "reset")
    return Seen(bytes(data), "closed")


def get() -> bytes:
    return envelope("get", resource=CONFIG_URI)


def spec(name: str) -> str:
    if EFFECTS[name].value is None:
        return name
    return f"{name}={VALUES.get(name, '1')}"


# The first of two requests on a connection meets the fault: the statuses that come, and the end.
WIRE = {
    "reset-before": ([], "reset"),
    "reset-after": ([], "reset"),
    "close-before": ([], "closed"),
    "close": ([], "closed"),
    "close-after": ([200], "closed"),
    "hang-up": ([200], "closed"),
    "never-before": ([], "silent"),
    "never": ([], "silent"),
    "delay": ([200, 200], "closed"),
    "delay-after": ([200, 200], "closed"),
    "drip": ([200, 200], "closed"),
    **{str(code): ([code, 200], "closed") for code in (400, 401, 403, 404, 429, 500, 502, 503, 504)},
    "echo": ([500, 200], "closed"),
    "status": ([431, 200], "closed"),
    "status-after": ([502, 200], "closed"),
    "status-forever": ([503, 503], "closed"),
    "401-after": ([401, 200], "closed"),
    "done-twice": ([200, 200], "closed"),
    "cut": ([200], "closed"),
    "cut-body": ([200], "closed"),
    "endless": ([200], "too much"),
    "endless-chunked": ([200], "too much"),
    "twice": ([200, 200, 200], "closed"),
    "wrong-type": ([200, 200], "closed"),
    "empty": ([200, 200], "closed"),
    "garbage": ([200, 200], "closed"),
    "broken-seal": ([200, 200], "closed"),
    **{name: ([200, 200], "closed") for name in ("seal-epilogue", "seal-bare", "seal-lines", "seal-case")},
    "gzip": ([200, 200], "closed"),
    "gzip-twice": ([200, 200], "closed"),
    "long-head": ([200, 200], "closed"),
    "interim": ([100, 100, 100, 200, 200], "closed"),
    "tiny-chunks": ([200, 200], "closed"),
    "unclosed": ([200, 200], "closed"),
    "wide": ([200, 200], "closed"),
    "attributes": ([200, 200], "closed"),
    "fault": ([500, 200], "closed"),
    "other-fault": ([500, 200], "closed"),
    "page": ([200, 200], "closed"),
    "truncate": ([200, 200], "closed"),
    "other-message": ([200, 200], "closed"),
    "previous": ([200, 200], "closed"),
    "drop-shells": ([200, 200], "closed"),
    "lose-shells": ([200, 200], "closed"),
    "refuse": ([500, 200], "closed"),
    "fail": ([500, 200], "closed"),
    "codeless": ([200, 200], "closed"),
}


def test_the_table_below_has_every_effect() -> None:
    assert set(WIRE) | IN_SHELL | ON_ACCEPT == set(EFFECTS)


@pytest.mark.parametrize("name", WIRE)
def test_each_effects_answer_and_end_of_connection(host: OperatorHost, name: str) -> None:
    statuses, end = WIRE[name]
    host.faults.add(f"get:1:{spec(name)}", from_now=True)
    # A reset may come while the second request is still being sent, so then there is but one.
    requests = [get()] if end == "reset" else [get(), get()]
    seen = exchange(host, *requests)
    assert (seen.statuses, seen.end) == (statuses, end)


@pytest.mark.parametrize("name", [name for name in WIRE if "http" in EFFECTS[name].actions])
def test_http_effects_apply_before_the_login(host: OperatorHost, name: str) -> None:
    statuses, end = WIRE[name]
    host.faults.add(f"http:1:{spec(name)}", from_now=True)
    requests = [get()] if end == "reset" else [get(), get()]
    seen = exchange(host, *requests)
    assert (seen.statuses, seen.end) == (statuses, end)


def test_an_echo_repeats_the_login_of_the_request(host: OperatorHost) -> None:
    host.faults.add("get:1:echo", from_now=True)
    assert LOGIN.removeprefix("Authorization: ").encode() in exchange(host, get()).bodies[0]


@pytest.mark.parametrize("name", WIRE)
def test_a_request_is_carried_out_as_described(host: OperatorHost, name: str) -> None:
    before = 0 if name in {"drop-shells", "lose-shells"} else len(host.shells())
    host.faults.add(f"create:1:{spec(name)}", from_now=True)
    exchange(host, envelope("create", create_body()))
    made = 0 if EFFECTS[name].meaning.startswith("not carried out") else 1
    until(lambda: len(host.shells()) == before + made)  # one that answers nothing may still be at it


@pytest.mark.parametrize(
    ("name", "data", "end"),
    [
        ("reset-before", b"", "reset"),
        ("close-before", b"", "closed"),
        ("never-before", b"", "silent"),
        ("banner", b"SSH-2.0-OpenSSH_9.2p1\r\n", "closed"),
    ],
)
def test_tcp_effects_apply_before_any_data(host: OperatorHost, name: str, data: bytes, end: str) -> None:
    host.faults.add(f"tcp:1:{name}", from_now=True)
    came, how = b"", "closed"
    try:
        with connected(host.host, host.port, LONG) as sock:
            came = sock.recv(100)
    except TimeoutError:
        how = "silent"
    except ConnectionResetError:
        how = "reset"
    assert (came, how) == (data, end)
    assert exchange(host, get()).statuses == [200]


def body_of(host: OperatorHost, rule: str, *bodies: bytes) -> tuple[bytes, bytes]:
    """Return the body of the answer under the rule, and the complete answer."""
    host.faults.add(rule, from_now=True)
    seen = exchange(host, *bodies)
    return seen.bodies[0], seen.data


def test_altered_answers(host: OperatorHost) -> None:
    question = get()
    whole = exchange(host, question).bodies[0]
    own = re.search(rb"uuid:[0-9a-f-]{36}", question)
    assert own is not None
    assert own[0] in whole
    other, _ = body_of(host, "get:1:other-message", get_again(question))
    assert own[0] not in other
    assert len(other) == len(whole)
    assert body_of(host, "get:1:truncate=100", get())[0] == whole[:100]
    assert body_of(host, "get:1:empty", get())[0] == b""
    assert b"Content-Type: text/html\r\n" in body_of(host, "get:1:wrong-type", get())[1]
    assert body_of(host, "get:1:page", get())[0].startswith(b'<?xml version="1.0"?><html')
    assert b"\xff" in body_of(host, "get:1:garbage", get())[0]
    assert b'Code="2150858793"' in body_of(host, "get:1:fault=2150858793", get())[0]
    stray, _ = body_of(host, "get:1:other-fault=2150858843", get_again(question))
    assert b'Code="2150858843"' in stray
    assert b"RelatesTo>UUID:" in stray
    assert own[0] not in stray
    assert len(body_of(host, "get:1:cut=50", get())[1]) == 50
    cut, _ = body_of(host, "get:1:cut-body=10", get())
    assert cut == whole[:10]


def test_effects_that_are_expensive_to_read(host: OperatorHost) -> None:
    packed, data = body_of(host, "get:1:gzip=5000000", get())
    assert b"\r\nContent-Encoding: gzip\r\n" in data
    assert len(packed) < 50_000
    assert gzip.decompress(packed) == b" " * 5_000_000
    twice, data = body_of(host, "get:1:gzip-twice=3000000000", get())
    assert b"\r\nContent-Encoding: gzip, gzip\r\n" in data
    assert len(twice) < 50_000
    assert len(gzip.decompress(twice)) < 5_000_000  # 3 GB once more
    assert body_of(host, "get:1:long-head=20000", get())[1].count(b"x") >= 20_000
    question = get()
    whole = exchange(host, question).bodies[0]
    chunked, data = body_of(host, "get:1:tiny-chunks", get_again(question))
    assert b"\r\nTransfer-Encoding: chunked\r\n" in data
    assert b"".join(re.findall(rb"1;x=\d+\r\n(.)\r\n", chunked, re.DOTALL))[:100] == whole[:100]
    assert body_of(host, "get:1:unclosed=3000", get())[0].endswith(b"<a><a>")
    assert body_of(host, "http:1:wide=3000", get())[0].count(b"<a/>") == 750
    assert body_of(host, "get:1:attributes=3000", get())[0].count(b"=''") == 1000


@pytest.mark.parametrize(
    ("name", "begins"), [("deep-object", b"<Obj><LST><Obj>"), ("wide-object", b"<Obj><LST><Nil/>")]
)
def test_the_first_psrp_message_is_made_of_lists(host: OperatorHost, name: str, begins: bytes) -> None:
    message = first(host, f"{name}=3000")[0][21:]
    assert message[40:].startswith(begins)
    assert 2900 < len(message) < 3200


def get_again(message: bytes) -> bytes:
    """Return the same question as a new message whose id is as long."""
    return re.sub(rb"uuid:[0-9a-f-]{36}", lambda found: found[0][:-1] + b"0", message)


def test_previous_repeats_the_last_answer(host: OperatorHost) -> None:
    host.faults.add("get:2:previous", from_now=True)
    seen = exchange(host, get(), get(), get())
    assert seen.bodies[0] == seen.bodies[1] != seen.bodies[2]


def test_done_twice_returns_the_second_answer(host: OperatorHost) -> None:
    client = psrpcore.ClientRunspacePool()
    shell = str(client.runspace_pool_id)
    before = len(host.shells())
    exchange(host, envelope("create", create_body(client)))
    deleted = body_of(host, "delete:1:done-twice", envelope("delete", shell_id=shell))[0]
    assert b'Code="2150858843"' in deleted  # the second one found no shell
    assert len(host.shells()) == before


def test_other_host_makes_the_shell_unknown_but_keeps_it_running(host: OperatorHost) -> None:
    client = psrpcore.ClientRunspacePool()
    shell = str(client.runspace_pool_id)
    exchange(host, envelope("create", create_body(client)))
    host.faults.add("receive:1:other-host", from_now=True)
    asked = envelope("receive", receive_body(), shell_id=shell)
    assert (exchange(host, asked).end, exchange(host, asked).statuses) == ("reset", [500])
    assert b'Code="2150858843"' in exchange(host, envelope("delete", shell_id=shell)).data
    assert client.runspace_pool_id in {state.shell_id for state in host.shells()}


def test_status_forever_applies_to_every_later_request(host: OperatorHost) -> None:
    host.faults.add("get:1:status-forever=503", from_now=True)
    for _ in range(3):
        assert exchange(host, get()).statuses == [503]
    before = len(host.shells())
    assert exchange(host, envelope("create", create_body())).statuses == [503]
    assert len(host.shells()) == before


def test_an_endless_body_ends_with_the_client_or_at_its_limit(
    host: OperatorHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ENDLESS", 200_000)
    for name in ("endless", "endless-chunked"):
        host.faults.add(f"get:1:{name}", from_now=True)
        seen = exchange(host, get())
        assert seen.end == "closed"
        assert 100_000 < len(seen.data) < 300_000
        assert b"Content-Length" not in seen.data


def fragments_of(host: OperatorHost, effect: str) -> list[tuple[int, int]]:
    """Return object and fragment number of what the first Receive of a pool brings."""
    return [(int.from_bytes(item[:8], "big"), int.from_bytes(item[8:16], "big")) for item in first(host, effect)]


def first(host: OperatorHost, effect: str) -> list[bytes]:
    """Open a pool, and return the fragments that its first Receive brings."""
    host.faults.add(f"receive:1:{effect}", from_now=True)
    client = psrpcore.ClientRunspacePool()
    shell = str(client.runspace_pool_id)
    opened, received = (
        envelope("create", create_body(client)),
        envelope("receive", receive_body(), shell_id=shell),
    )
    body = exchange(host, opened, received).bodies[1]
    data = b"".join(map(base64.b64decode, re.findall(rb"<rsp:Stream [^>]*>([^<]*)<", body)))
    found = []
    while data:
        end = 21 + int.from_bytes(data[17:21], "big")
        found.append(data[:end])
        data = data[end:]
    return found


def test_psrp_fragments_can_be_lost_doubled_and_swapped(host: OperatorHost) -> None:
    whole = fragments_of(host, "delay=0")
    assert len(whole) >= 2
    first, second, *rest = whole
    assert fragments_of(host, "lose-fragment=1") == [second, *rest]
    assert fragments_of(host, "lose-fragment=2") == [first, *rest]
    assert fragments_of(host, "lose-fragment=99") == whole
    assert fragments_of(host, "double-fragment=2") == [first, second, second, *rest]
    assert fragments_of(host, "swap-fragments") == whole[::-1]


def test_kill_engine_ends_only_its_shell(host: OperatorHost) -> None:
    ids = [psrpcore.ClientRunspacePool() for _ in range(2)]
    for client in ids:
        exchange(host, envelope("create", create_body(client)))
    host.faults.add("receive:1:kill-engine", from_now=True)
    answers = [exchange(host, envelope("receive", receive_body(), shell_id=item.runspace_pool_id)) for item in ids]
    assert [answer.statuses for answer in answers] == [[500], [200]]
    assert b'Code="2150858843"' in answers[0].data
    alive = {state.shell_id for state in host.shells()}
    assert ids[0].runspace_pool_id not in alive
    assert ids[1].runspace_pool_id in alive

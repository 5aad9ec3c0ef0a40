"""Hostile HTTP clients: request smuggling, floods, and unauthenticated bodies."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.http import server
from psbridge.emulator.http.protocol import Limits
from tests.support.clients.wsman_client import CONFIG_URI, envelope, raw_exchange
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, TlsSocket
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG, until


@pytest.fixture
def network() -> Loopback:
    return Loopback(AutojumpClock())


def on(network: Loopback, **how: Any) -> OperatorHost:
    options = {"users": {"admin": "secret"}, "allow_unencrypted": True, **how}
    return OperatorHost(ToyEngine(), clock=network.clock, listen=network.listen, **options)


@pytest.fixture
def quiet(network: Loopback) -> Iterator[OperatorHost]:
    """A host in this process, whose time stands still while there is anything to do."""
    with on(network) as host:
        yield host


LOGIN = "Authorization: Basic " + base64.b64encode(b"admin:secret").decode()
GET = envelope("get", resource=CONFIG_URI)


def post(*headers: str, body: bytes = GET) -> bytes:
    return "\r\n".join(["POST /wsman HTTP/1.1", "Host: x", *headers]).encode("latin-1") + b"\r\n\r\n" + body


def whole(*headers: str, body: bytes = GET) -> bytes:
    return post(LOGIN, f"Content-Length: {len(body)}", *headers, body=body)


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


CHUNKED = b"%X\r\n%s\r\n0\r\n\r\n" % (len(GET), GET)
LENGTH = f"Content-Length: {len(GET)}"
SMUGGLING = {
    "two lengths": post(LOGIN, LENGTH, "Content-Length: 0"),
    "the same length twice": post(LOGIN, LENGTH, LENGTH),
    "a list of lengths": post(LOGIN, f"Content-Length: {len(GET)}, {len(GET)}"),
    "a length with a sign": post(LOGIN, f"Content-Length: +{len(GET)}"),
    "a length in hex": post(LOGIN, f"Content-Length: {len(GET):#x}"),
    "a length with an underscore": post(LOGIN, "Content-Length: 1_0"),
    "a length and chunks": post(LOGIN, LENGTH, "Transfer-Encoding: chunked", body=CHUNKED),
    "chunks and a length": post(LOGIN, "Transfer-Encoding: chunked", LENGTH, body=CHUNKED),
    "chunks twice": post(LOGIN, "Transfer-Encoding: chunked, chunked", body=CHUNKED),
    "chunks and identity": post(LOGIN, "Transfer-Encoding: chunked, identity", body=CHUNKED),
    "chunks behind a vertical tab": post(LOGIN, "Transfer-Encoding: \x0bchunked", body=CHUNKED),
    "chunks behind a no-break space": post(LOGIN, "Transfer-Encoding: \xa0chunked", body=CHUNKED),
    "a space before the colon": post(LOGIN, "Transfer-Encoding : chunked", body=CHUNKED),
    "a header that goes on": post(LOGIN, "X: a", " Transfer-Encoding: chunked", LENGTH),
    "a line feed in a header": whole("X: a\nTransfer-Encoding: chunked"),
    "a carriage return in a header": whole("X: a\rTransfer-Encoding: chunked"),
    "a NUL in a header": whole("X: a\0b"),
    "a line feed in the request line": b"POST /wsman\n HTTP/1.1\r\n\r\n",
    "a tab in the request line": b"POST\t/wsman HTTP/1.1\r\n\r\n",
    "no colon": whole("X"),
    "no name": whole(": x"),
    "a chunk size with a space before": post(LOGIN, "Transfer-Encoding: chunked", body=b" 5\r\nabcde\r\n0\r\n\r\n"),
    "a chunk size with 0x": post(LOGIN, "Transfer-Encoding: chunked", body=b"0x5\r\nabcde\r\n0\r\n\r\n"),
    "a chunk size with a sign": post(LOGIN, "Transfer-Encoding: chunked", body=b"-5\r\nabcde\r\n0\r\n\r\n"),
    "a line feed in a chunk's extension": post(
        LOGIN, "Transfer-Encoding: chunked", body=b"5;a\n0\r\nabcde\r\n0\r\n\r\n"
    ),
    "a chunk that is longer than it says": post(
        LOGIN, "Transfer-Encoding: chunked", body=b"5\r\nabcdefgh\r\n0\r\n\r\n"
    ),
}


@pytest.mark.source("RFC 9112 6.3 Message Body Length")
@pytest.mark.source("RFC 9112 11.2 Request Smuggling")
@pytest.mark.parametrize("shape", SMUGGLING)
def test_ambiguous_http_closes_the_connection(host: OperatorHost, shape: str) -> None:
    assert statuses(raw_exchange(host, SMUGGLING[shape] + whole())) == [400]
    assert host.requests == {}


@pytest.mark.source("psbridge: bounded size")
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (whole(*(f"X-{number}: y" for number in range(200))), 431),
        (whole(*("X: y" for _ in range(5000))), 431),
        (post(LOGIN, "Content-Length: 1073741824", body=b"<" * 1000), 413),
        (post(LOGIN, "Transfer-Encoding: chunked", body=b"40000000\r\n" + b"<" * 1000), 413),
        (post(LOGIN, "Transfer-Encoding: chunked", body=b"1\r\nx\r\n" * 30_000), 413),
        (post(LOGIN, "Transfer-Encoding: chunked", body=b"0\r\n" + b"X: y\r\n" * 200), 431),
        (post("Content-Length: 1073741824", body=b"<" * 1000), 413),
    ],
    ids=[
        "headers",
        "the same header",
        "1 GiB",
        "1 GiB in one chunk",
        "tiny chunks",
        "trailers",
        "1 GiB, not signed in",
    ],
)
def test_oversized_requests_are_refused_early(quiet: OperatorHost, network: Loopback, data: bytes, status: int) -> None:
    answer = raw_exchange(quiet, data)
    assert statuses(answer) == [status]
    assert quiet.requests == {}
    assert statuses(raw_exchange(quiet, whole())) == [200]
    assert network.clock.passed == 0


@pytest.mark.source("psbridge: bounded memory")
def test_an_unauthenticated_body_uses_no_memory(host: OperatorHost) -> None:
    body = b"<" * 1_000_000
    request = post(f"Content-Length: {len(body)}", body=body)
    tracemalloc.start()
    try:
        with ExitStack() as stack:
            socks = [
                stack.enter_context(socket.create_connection((host.host, host.port), timeout=LONG)) for _ in range(20)
            ]
            before = tracemalloc.take_snapshot()
            for sock in socks:
                sock.sendall(request[:-1])  # so that each is still being read
            until(lambda: sum(map(unread, socks)) == 0)
            after = tracemalloc.take_snapshot()
            growth = sum(
                item.size_diff for item in after.compare_to(before, "filename") if "emulator/http" in str(item)
            )
            assert growth < 20 * 150_000
            for sock in socks:
                sock.sendall(request[-1:])
                assert statuses(sock.recv(1000)) == [401]
    finally:
        tracemalloc.stop()


def unread(sock: socket.socket) -> int:
    """Return the bytes that the far end has not taken from the line yet (SIOCOUTQ)."""
    import array
    import fcntl
    import termios

    count = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, count)
    return count[0]


def rest(network: Loopback) -> None:
    """Return when no thread has anything left to do."""
    network.clock.sleep(0.001)


@pytest.mark.source("psbridge: whoever can't sign in can't keep others out")
def test_unauthenticated_connections_are_dropped_for_new_ones(
    quiet: OperatorHost, network: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 5)
    with ExitStack() as stack:
        friend = stack.enter_context(network.connect(quiet.port))
        friend.sendall(whole())
        assert statuses(friend.recv(10_000)) == [200]
        for _ in range(50):
            stack.enter_context(network.connect(quiet.port))
            assert statuses(raw_exchange(quiet, whole())) == [200]
            rest(network)
            assert sum(thread.name == "wsman" for thread in threading.enumerate()) <= 5
        friend.sendall(whole())
        assert statuses(friend.recv(10_000)) == [200]


@pytest.mark.source("psbridge: bounded number")
def test_no_connection_is_accepted_while_all_are_authenticated(
    quiet: OperatorHost, network: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 3)
    with ExitStack() as stack:
        for _ in range(3):
            friend = stack.enter_context(network.connect(quiet.port))
            friend.sendall(whole())
            assert statuses(friend.recv(10_000)) == [200]
        assert raw_exchange(quiet, whole()) == b""


@pytest.mark.source("psbridge: bounded time")
def test_a_tls_handshake_that_never_ends_is_ended(network: Loopback) -> None:
    lines: list[str] = []
    with on(network, users={"a": "b"}, tls=True, log=lines.append) as host:
        for hello in (b"", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n"):
            with network.connect(host.port) as sock:
                sock.sendall(hello)
                with suppress(ConnectionResetError):
                    while sock.recv(1000):
                        pass
        assert network.clock.passed < 30, "10 seconds for each that says too little"
        context = ssl.create_default_context(cafile=str(host.ca_file))
        context.sslsocket_class = TlsSocket
        with network.connect(host.port) as sock, context.wrap_socket(sock, server_hostname="localhost"):
            pass
    assert sum("TLS handshake failed" in line for line in lines) == 3


@pytest.mark.source("psbridge: bounded time")
def test_a_host_closes_at_once_whatever_its_clients_do(network: Loopback) -> None:
    others = set(threading.enumerate())
    with ExitStack() as stack:
        host = stack.enter_context(on(network, users={"a": "b"}, tls=True))
        for hello in (b"", b"\x16\x03\x01\x02\x00\x01") * 5:
            stack.enter_context(network.connect(host.port)).sendall(hello)
        rest(network)
        assert sum(thread.name == "wsman" for thread in {*threading.enumerate()} - others) == 10
        before = network.clock.passed
        host.close()
        assert not {thread.name for thread in {*threading.enumerate()} - others if thread.name.startswith("wsman")}
        assert network.clock.passed == before


@pytest.mark.source("psbridge: bounded time")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_client_that_does_not_read_is_disconnected(network: Loopback, tls: bool) -> None:
    lines: list[str] = []
    with on(network, tls=tls, log=lines.append, allow_unencrypted=not tls) as host:
        sock = network.connect(host.port)
        if tls:
            context = ssl.create_default_context(cafile=str(host.ca_file))
            context.sslsocket_class = TlsSocket
            sock = context.wrap_socket(sock, server_hostname="localhost")
        host.faults.add("*:1:endless")
        with sock:
            sock.sendall(whole())
            network.clock.sleep(Limits().write - 1)
            assert not lines
            network.clock.sleep(2)
            assert any("endless" in line for line in lines)

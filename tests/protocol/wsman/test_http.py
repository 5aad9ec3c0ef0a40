"""Bytes on the wire: what is no request gets a status or a closed connection, and nothing hangs."""

from __future__ import annotations

import base64
import socket
import time

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.http1 import Limits
from psbridge.emulator.wsman import names
from tests.support.wsman_client import CONFIG_URI, envelope, raw_exchange
from tests.support.wsman_engine import ToyEngine

LOGIN = "Authorization: Basic " + base64.b64encode(b"admin:secret").decode()
GET = envelope("get", resource=CONFIG_URI)


def request(body: bytes, *headers: str, target: str = "/wsman", method: str = "POST") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: x", LOGIN, *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def plain(body: bytes = GET, **options: str) -> bytes:
    return request(body, f"Content-Length: {len(body)}", **options)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.source("RFC 9112 9.3", "RFC 9112 9.3.2")
def test_several_requests_share_a_connection(host: OperatorHost) -> None:
    answer = raw_exchange(host, plain() * 3)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"GetResponse") == 3


@pytest.mark.source("RFC 9112 7.1")
def test_a_chunked_body_is_read(host: OperatorHost) -> None:
    parts = [GET[start : start + 100] for start in range(0, len(GET), 100)]
    chunks = b"".join(b"%X;ext=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: x\r\n\r\n"
    answer = raw_exchange(host, request(chunks, "Transfer-Encoding: chunked") + plain())
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.source("RFC 9110 10.1.1")
def test_a_client_that_asks_first_is_told_to_go_on(host: OperatorHost) -> None:
    with socket.create_connection((host.host, host.port), timeout=5) as sock:
        sock.sendall(request(b"", "Expect: 100-continue", f"Content-Length: {len(GET)}", "Connection: close"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(GET)
        answer = b""
        while data := sock.recv(65536):
            answer += data
    assert status(answer) == 200


@pytest.mark.source("RFC 9112 2.2")
def test_a_request_may_come_byte_by_byte(host: OperatorHost) -> None:
    with socket.create_connection((host.host, host.port), timeout=5) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in plain():
            sock.sendall(bytes([byte]))
        assert status(sock.recv(65536)) == 200


@pytest.mark.source("RFC 9112 2.2", "RFC 9112 6.3", "RFC 9110 15.5")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"POST /wsman HTTP/1.0\r\n\r\n", 505),
        (b"POST /wsman\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", 400),
        (plain(method="GET"), 405),
        (plain(target="/WSMan?PSVersion=7.6.9"), 200),
        (request(GET, "Content-Length: -1"), 400),
        (request(GET, "Content-Length: 5, 5"), 400),
        (request(GET, "Content-Length: 99999999999"), 413),
        (request(GET, "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (request(b"zz\r\n", "Transfer-Encoding: chunked"), 400),
        (request(b"1\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
        (request(b"FFFFFFF\r\n", "Transfer-Encoding: chunked"), 413),
        (b"POST /wsman HTTP/1.1\r\nX: " + b"a" * 100_000, 431),
        (request(b"", "Content-Length: 10"), 0),
        (plain(b"no xml"), 500),
        (plain(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), 500),
    ],
)
def test_what_is_wrong_gets_its_status_and_the_host_goes_on(host: OperatorHost, data: bytes, expected: int) -> None:
    assert status(raw_exchange(host, data)) == expected
    assert status(raw_exchange(host, plain())) == 200


@pytest.mark.source("SOAP 1.2 5 no document type", "psbridge: bounded work")
def test_an_xml_bomb_is_answered_with_a_fault_at_once(host: OperatorHost) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    bomb = f'<!DOCTYPE b [<!ENTITY l0 "lol">{lines}]><b>&l29;</b>'.encode()
    begin = time.monotonic()
    assert b"document type is not allowed" in raw_exchange(host, plain(bomb))
    assert time.monotonic() - begin < 5


@pytest.mark.source("psbridge: any bytes")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), tail=st.booleans())
def test_any_bytes_get_a_status_or_a_closed_connection(host: OperatorHost, data: bytes, tail: bool) -> None:
    answer = raw_exchange(host, data + (b"\r\n\r\n" if tail else b""))
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))


@pytest.mark.source("psbridge: any fragments")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fragments=st.binary(max_size=200))
def test_any_fragments_get_a_fault_and_leave_no_shell(host: OperatorHost, fragments: bytes) -> None:
    text = base64.b64encode(fragments).decode()
    body = f'<rsp:Shell><creationXml xmlns="{names.POWERSHELL}">{text}</creationXml></rsp:Shell>'
    answer = requests.post(host.url, data=envelope("create", body), auth=("admin", "secret"), timeout=5)
    assert answer.status_code == 500
    assert host.shells() == []


@pytest.mark.source("psbridge: bounded time")
@pytest.mark.parametrize("part", [b"", b"POST /wsman HTTP/1.1\r\nHost: x", request(b"<s", "Content-Length: 100")])
def test_a_client_that_dawdles_is_sent_away(part: bytes) -> None:
    limits = Limits(stranger=0.2, head=0.2, body=0.2)
    host = OperatorHost(ToyEngine(), users={"admin": "secret"}, allow_unencrypted=True, limits=limits)
    with host, socket.create_connection((host.host, host.port), timeout=5) as sock:
        sock.sendall(part)
        sock.settimeout(0.05)
        begin = time.monotonic()
        while time.monotonic() - begin < 3:
            try:
                sock.sendall(b"x" if part else b"")  # a byte now and then does not help
                if sock.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert time.monotonic() - begin < 2


@pytest.mark.source("RFC 9110 4.2.2 https")
def test_tls_is_spoken_with_a_certificate_that_the_given_file_proves() -> None:
    with OperatorHost(ToyEngine(), users={"admin": "secret"}, tls=True) as host:
        assert host.url.startswith("https://127.0.0.1:")
        for name in ("127.0.0.1", "localhost"):
            url = host.url.replace("127.0.0.1", name)
            assert requests.post(url, data=GET, auth=("admin", "secret"), verify=str(host.ca_file)).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            requests.post(host.url, data=GET)
        assert b"HTTP" not in raw_exchange(host, plain())
        ca_file = host.ca_file
    assert ca_file is not None
    assert not ca_file.exists()

"""HTTP: invalid requests get a status or a closed connection, and nothing hangs."""

from __future__ import annotations

import base64
import socket
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.http.protocol import Limits
from psbridge.emulator.wsman import names
from tests.support import tiers
from tests.support.clients.wsman_client import CONFIG_URI, envelope, raw_exchange
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG

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


@pytest.mark.source("RFC 9112 9.3")
@pytest.mark.parametrize(
    ("version", "wish", "kept"),
    [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False), ("1.0", "Keep-Alive", True)],
)
def test_keep_alive_follows_the_client(host: OperatorHost, version: str, wish: str, kept: bool) -> None:
    head = plain().replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1)
    if wish:
        head = head.replace(b"Host: x", f"Host: x\r\nConnection: {wish}".encode(), 1)
    answer = raw_exchange(host, head * 2)
    assert answer.count(b"HTTP/1.1 200 OK") == (2 if kept else 1)
    assert (b"Connection: close" in answer) is not kept


@pytest.mark.source("[MS-WSMV] 3.1.4.1.31.8")
def test_chunked_requests_to_a_shell_are_refused(host: OperatorHost) -> None:
    body = envelope("delete", shell_id=uuid4())
    chunks = b"%X\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answer = raw_exchange(host, request(chunks, "Transfer-Encoding: chunked") + plain())
    assert answer.startswith(b"HTTP/1.1 500")
    assert b'Code="50"' in answer
    assert b"w:InternalError" in answer
    assert answer.endswith(b"</s:Envelope>")
    assert answer.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.source("RFC 9110 10.1.1", "RFC 9112 9.6")
def test_expect_continue_without_a_login_is_refused(host: OperatorHost) -> None:
    with socket.create_connection((host.host, host.port), timeout=LONG) as sock:
        sock.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 500000\r\n\r\n")
        answer = sock.recv(65536)
        assert status(answer) == 401
        assert b"100 Continue" not in answer
        assert b"Connection: close" in answer
        assert sock.recv(100) == b""


@pytest.mark.source("RFC 9110 11.6.1", "[MS-WSMV] 3.1.4.1.28")
def test_a_missing_login_mid_connection_keeps_the_connection(
    host: OperatorHost,
) -> None:
    stranger = plain().replace(LOGIN.encode(), b"X: y")
    answer = raw_exchange(host, plain() + stranger + plain())
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"401", b"200"]


IDENTIFY = (
    f'<s:Envelope xmlns:s="{names.SOAP}" xmlns:wsmid="{names.IDENTITY}"><s:Header/><s:Body><wsmid:Identify/></s:Body>'
    "</s:Envelope>"
).encode()


@pytest.mark.source(
    "DSP0226 11",
    "[MS-WSMV] 3.1.4.1.23",
    "[MS-WSMV] appendix B <71>",
    "quoted: knife-windows' tests, an IdentifyResponse of Windows",
    "PowerShell docs: Test-WSMan",
)
@pytest.mark.parametrize(
    ("target", "headers", "version"),
    [
        ("/wsman", (LOGIN,), "OS: 10.0.14393 SP: 0.0 Stack: 3.0"),
        ("/wsman", ("WSMANIDENTIFY: unauthenticated",), "OS: 0.0.0 SP: 0.0 Stack: 3.0"),
        ("/wsman-anon/identify", (), "OS: 0.0.0 SP: 0.0 Stack: 3.0"),
    ],
)
def test_identify_is_answered_without_a_login(
    host: OperatorHost, target: str, headers: tuple[str, ...], version: str
) -> None:
    lines = [f"POST {target} HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(IDENTIFY)}"]
    answer = raw_exchange(host, "\r\n".join(lines).encode() + b"\r\n\r\n" + IDENTIFY)
    assert status(answer) == 200
    said = ET.fromstring(answer.partition(b"\r\n\r\n")[2]).find(f".//{{{names.IDENTITY}}}IdentifyResponse")
    assert said is not None
    assert [(item.tag.rpartition("}")[2], item.text) for item in said][:3] == [
        ("ProtocolVersion", names.WSMAN),
        ("ProductVendor", "Microsoft Corporation"),
        ("ProductVersion", version),
    ]
    profiles = [
        item.text.rpartition("secprofile/")[2] for item in said.iter(f"{{{names.IDENTITY}}}SecurityProfileName")
    ]
    offered = ["http/spnego-kerberos", "https/spnego-kerberos", "http/basic", "https/basic"]
    assert profiles == (offered if headers == (LOGIN,) else [])


@pytest.mark.source("[MS-WSMV] 3.1.4.1.23", "psbridge: a stranger can do nothing but ask who is there")
def test_an_unauthenticated_identify_header_allows_nothing_else(host: OperatorHost) -> None:
    for data in (GET, b"<x/>", b"no xml", IDENTIFY.replace(b"Identify/", b"Else/")):
        head = (
            f"POST /wsman HTTP/1.1\r\nHost: x\r\nWSMANIDENTIFY: unauthenticated\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        assert status(raw_exchange(host, head.encode() + data)) == 401
    assert host.requests == {}


@pytest.mark.source("RFC 9110 10.1.1")
def test_expect_continue_gets_100(host: OperatorHost) -> None:
    with socket.create_connection((host.host, host.port), timeout=LONG) as sock:
        sock.sendall(request(b"", "Expect: 100-continue", f"Content-Length: {len(GET)}", "Connection: close"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(GET)
        answer = b""
        while data := sock.recv(65536):
            answer += data
    assert status(answer) == 200


@pytest.mark.source("RFC 9112 2.2")
def test_a_request_may_come_byte_by_byte(host: OperatorHost) -> None:
    with socket.create_connection((host.host, host.port), timeout=LONG) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in plain():
            sock.sendall(bytes([byte]))
        assert status(sock.recv(65536)) == 200


@pytest.mark.source(
    "RFC 9112 2.2",
    "RFC 9112 3.2 Host",
    "RFC 9112 6.1",
    "RFC 9112 6.3",
    "RFC 9110 15.5",
    "[MS-WSMV] 3.1.4.1.20 Inbound Message Size",
)
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.0\r\n\r\n", 401),
        (b"POST /wsman HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /wsman HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"POST /wsman\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", 400),
        (plain(method="GET"), 405),
        (plain(method="HEAD"), 405),
        (plain(b" " * 512_001), 413),
        (plain(target="/wsman-anon/identify"), 401),
        (plain(target="HTTP://127.0.0.1:5985/wsman?x=http://"), 200),
        (plain(target="http:///wsman"), 404),
        (plain(b" " * 4097, target="/wsman-anon/identify"), 413),
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
def test_invalid_http_gets_its_status_and_the_host_continues(host: OperatorHost, data: bytes, expected: int) -> None:
    assert status(raw_exchange(host, data)) == expected
    assert status(raw_exchange(host, plain())) == 200


@pytest.mark.source("SOAP 1.2 5 no document type", "psbridge: bounded work")
def test_an_xml_bomb_gets_a_fault(host: OperatorHost) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    bomb = f'<!DOCTYPE b [<!ENTITY l0 "lol">{lines}]><b>&l29;</b>'.encode()
    assert b"document type is not allowed" in raw_exchange(host, plain(bomb))


@pytest.mark.source("psbridge: any bytes")
@settings(
    max_examples=tiers.examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.binary(max_size=300), tail=st.booleans())
def test_arbitrary_bytes_get_a_status_or_a_closed_connection(host: OperatorHost, data: bytes, tail: bool) -> None:
    answer = raw_exchange(host, data + (b"\r\n\r\n" if tail else b""))
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))


@pytest.mark.source("psbridge: any fragments")
@settings(
    max_examples=tiers.examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(fragments=st.binary(max_size=200))
def test_arbitrary_fragments_get_a_fault_and_leave_no_shell(host: OperatorHost, fragments: bytes) -> None:
    text = base64.b64encode(fragments).decode()
    body = f'<rsp:Shell><creationXml xmlns="{names.POWERSHELL}">{text}</creationXml></rsp:Shell>'
    answer = requests.post(host.url, data=envelope("create", body), auth=("admin", "secret"), timeout=LONG)
    assert answer.status_code == 500
    assert host.shells() == []


@pytest.mark.source("psbridge: bounded time")
@pytest.mark.parametrize("part", [b"", b"POST /wsman HTTP/1.1\r\nHost: x", request(b"<s", "Content-Length: 100")])
def test_a_slow_client_is_disconnected(part: bytes) -> None:
    network = Loopback(AutojumpClock())
    clock, limits = network.clock, Limits()
    options = {"users": {"admin": "secret"}, "allow_unencrypted": True, "clock": clock, "listen": network.listen}
    with OperatorHost(ToyEngine(), **options) as host, network.connect(host.port) as sock:
        sock.sendall(part)
        sock.settimeout(1.0)
        ended = False
        while not ended:
            try:
                sock.sendall(b"x" if part else b"")  # a byte now and then does not help
                ended = sock.recv(100) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
        assert clock.passed <= max(limits.stranger, limits.head, limits.body) + limits.leave + 1.0


@pytest.mark.source("RFC 9110 4.2.2 https")
def test_tls_uses_a_certificate_of_the_given_ca() -> None:
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

"""Hostile WSMan clients: each envelope gets a fault in limited time and memory, and the host continues."""

from __future__ import annotations

import base64
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import psrpcore
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.bodies import read_request
from psbridge.emulator.wsman.envelope import read_envelope, read_root
from psbridge.emulator.wsman.errors import WSManFault
from tests.support import tiers
from tests.support.clients.embedded import FakeStamp
from tests.support.clients.wsman_client import CONFIG_URI, create_body, envelope, receive_body
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.memory import bounded_memory
from tests.support.process.until import LONG

GET = envelope("get", resource=CONFIG_URI)


def post(host: OperatorHost, body: bytes, user: str = "admin", password: str = "secret") -> requests.Response:
    return requests.post(host.url, data=body, auth=(user, password), timeout=LONG)


def inside(what: bytes, attributes: bytes = b"") -> bytes:
    """Return a sound envelope with something in its body."""
    return GET.replace(b"<s:Body>", b"<s:Body><x" + attributes + b">" + what + b"</x>")


def many(text: bytes, count: int) -> bytes:
    return text * count


ENVELOPES = {
    "nothing but blanks": b" " * 10_000,
    "NUL bytes": b"\0" * 10_000,
    "a NUL in the text": inside(b"\0"),
    "no XML": b"<" * 10_000,
    "half an envelope": GET[:-20],
    "two envelopes": GET + GET,
    "another root": b"<a/>",
    "SOAP 1.1": GET.replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/"),
    "a document type": b"<!DOCTYPE a>" + GET,
    "an entity that is defined": b'<!DOCTYPE a [<!ENTITY b "c">]>' + GET,
    "an entity from elsewhere": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + inside(b"&b;"),
    "an entity that nobody defined": inside(b"&b;"),
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x"> %b;]>' + GET,
    "depth": inside(many(b"<a>", 50_000) + many(b"</a>", 50_000)),
    "depth without an end": inside(many(b"<a>", 150_000)),
    "elements": inside(many(b"<a/>", 120_000)),
    "attributes": inside(b"", b"".join(b' a%d="x"' % number for number in range(45_000))),
    "the same attribute twice": inside(b"", b' a="1" a="2"'),
    "one attribute by two prefixes": inside(b"", b' xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"'),
    "namespaces": inside(b"", b"".join(b' xmlns:n%d="u"' % number for number in range(30_000))),
    "a long namespace and many elements": inside(many(b"<a/>", 4000), b' xmlns="' + b"u" * 480_000 + b'"'),
    "a long namespace and many attributes": inside(
        b"", b' xmlns:n="' + b"u" * 100_000 + b'"' + b"".join(b' n:a%d=""' % number for number in range(5000))
    ),
    "a prefix of nobody": GET.replace(b"<s:Body>", b"<y:Body>").replace(b"</s:Body>", b"</y:Body>"),
    "GBK": b'<?xml version="1.0" encoding="gbk"?>' + GET,
    "UTF-7": b'<?xml version="1.0" encoding="utf-7"?>' + GET,
    "an encoding of nobody": b'<?xml version="1.0" encoding="nonsense"?>' + GET,
    "UTF-32": GET.decode().encode("utf-32"),
    "EBCDIC": GET.decode().encode("cp037"),
    "bytes that are no UTF-8": inside(b"\xff\xfe\xc3"),
}


@pytest.mark.source("SOAP 1.2 5 a message has no document type")
@pytest.mark.source("psbridge: bounded size, depth and time")
@pytest.mark.parametrize("name", ENVELOPES)
def test_a_harmful_envelope_gets_a_fault(host: OperatorHost, name: str) -> None:
    with bounded_memory():  # of both sides; what this guards against takes gigabytes, and minutes
        answer = post(host, ENVELOPES[name])
    assert answer.status_code == 500
    assert b"WSManFault" in answer.content
    assert len(answer.content) < 5000
    assert post(host, GET).status_code == 200


@pytest.mark.source("SOAP 1.2 5 processing instructions are no harm, and nothing is expanded")
@pytest.mark.parametrize("text", [b"<?x y?>", b"<!---->", b"<![CDATA[x]]>", b"&#65;", b"&amp;", b"\r\n"])
def test_large_valid_requests_use_few_resources(host: OperatorHost, text: bytes) -> None:
    with bounded_memory():
        assert post(host, inside(many(text, 30_000))).status_code in {200, 500}


COMMAND = '<rsp:CommandLine CommandId="{id}"><rsp:Command/><rsp:Arguments>{data}</rsp:Arguments></rsp:CommandLine>'


def fragment(data: bytes, *, object_id: int = 9, number: int = 0, bits: int = 3, length: int | None = None) -> bytes:
    return struct.pack(">QQBI", object_id, number, bits, len(data) if length is None else length) + data


PIECES = {
    "nothing": b"",
    "half a header": b"\0" * 7,
    "a length that lies": fragment(b"x" * 100, length=1 << 31),
    "the second first": fragment(b"x" * 100, number=1, bits=2),
    "the same twice": fragment(b"x" * 50, bits=1) + fragment(b"x" * 50, bits=1),
    "a hole": fragment(b"x" * 50, bits=1) + fragment(b"x" * 50, number=2, bits=2),
    "a message without a header": fragment(b"x" * 10),
    "a message to the client": fragment(struct.pack("<II", 1, 0x21006) + bytes(32) + b"<Obj/>"),
    "a message of no type": fragment(struct.pack("<II", 2, 0) + bytes(32) + b"<Obj/>"),
    "another pool's": fragment(struct.pack("<II", 2, 0x21006) + b"\1" * 32 + b"<Obj/>"),
    "ten thousand beginnings": b"".join(fragment(b"", object_id=number, bits=1) for number in range(10_000)),
}


@pytest.fixture(scope="module")
def embedded() -> Iterator[OperatorHost]:
    engine = EmbeddedEngine(FakeStamp())
    with OperatorHost(engine, users={"admin": "secret"}, allow_unencrypted=True) as host:
        yield host


@pytest.fixture(scope="module")
def shell(embedded: OperatorHost) -> str:
    """An open shell that every test below uses, whatever the one before did to it."""
    pool = psrpcore.ClientRunspacePool()
    assert post(embedded, envelope("create", create_body(pool))).status_code == 200
    return str(pool.runspace_pool_id)


@pytest.mark.source("[MS-PSRP] 3.1.4.1 fragments in order and whole")
@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("way", ["command", "send", "create", "connect"])
def test_invalid_fragments_get_a_fault(embedded: OperatorHost, shell: str, name: str, way: str) -> None:
    data = base64.b64encode(PIECES[name]).decode()
    body = {
        "command": COMMAND.format(id=uuid4(), data=data),
        "send": f'<rsp:Send><rsp:Stream Name="stdin">{data}</rsp:Stream></rsp:Send>',
        "create": (
            f'<rsp:Shell ShellId="{uuid4()}"><rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout'
            f'</rsp:OutputStreams><creationXml xmlns="{names.POWERSHELL}">{data}</creationXml></rsp:Shell>'
        ),
        "connect": f'<rsp:Connect><connectXml xmlns="{names.POWERSHELL}">{data}</connectXml></rsp:Connect>',
    }[way]
    answer = post(embedded, envelope(way, body, shell_id=None if way == "create" else shell))
    if not (
        name == "nothing" and way in {"command", "send"}
    ):  # which is no more than a beginning without anything in it
        assert answer.status_code == 500, answer.content
    commands = envelope("enumerate", "<n:Enumerate/>", resource=names.SHELL)
    assert post(embedded, commands).status_code == 200
    assert [str(state.shell_id) for state in embedded.shells()] == [shell]


@pytest.mark.source("psbridge: any bytes get an answer")
@pytest.mark.parametrize("text", ["!!!!", "AAA", "A" * 400_000 + "=", "\u00e4", "AAAA" * 90_000])
def test_invalid_or_empty_base64_gets_a_fault(embedded: OperatorHost, shell: str, text: str) -> None:
    answer = post(embedded, envelope("command", COMMAND.format(id=uuid4(), data=text), shell_id=shell))
    assert answer.status_code == 500
    assert [str(state.shell_id) for state in embedded.shells()] == [shell]


@pytest.mark.source("[MS-WSMV] 3.1.4.1.34.3.4 MaxShellsPerUser")
def test_ten_thousand_creates_open_as_many_shells_as_the_quota() -> None:
    users = {f"user{number}": "word" for number in range(10)}
    body, before = create_body(), threading.active_count()
    with OperatorHost(ToyEngine(), users=users, allow_unencrypted=True) as host:
        with requests.Session() as session:
            for number in range(400):  # those that are refused are refused alike
                session.auth = (f"user{number % 10}", "word")
                unique = body.replace(body.split('"')[1], str(uuid4()))
                session.post(host.url, data=envelope("create", unique))
        assert len(host.shells()) == 5 * 25
        assert threading.active_count() - before < 10


@pytest.mark.source("psbridge: bounded memory")
def test_concurrent_copies_of_a_receive_get_one_answer(host: OperatorHost) -> None:
    pool = psrpcore.ClientRunspacePool()
    post(host, envelope("create", create_body(pool)))
    again = envelope("receive", receive_body(), shell_id=pool.runspace_pool_id)
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(post(host, again).content)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(answers) == 20
    assert len(set(answers)) == 1


SOUND = [
    GET,
    envelope("create", create_body()),
    envelope("receive", receive_body(uuid4()), shell_id=uuid4()),
    envelope("command", COMMAND.format(id=uuid4(), data="AAAA"), shell_id=uuid4()),
    envelope("send", '<rsp:Send><rsp:Stream Name="stdin">AAAA</rsp:Stream></rsp:Send>', shell_id=uuid4()),
    envelope("signal", f'<rsp:Signal CommandId="{uuid4()}"><rsp:Code>x</rsp:Code></rsp:Signal>', shell_id=uuid4()),
    envelope(
        "disconnect", "<rsp:Disconnect><rsp:IdleTimeOut>PT60S</rsp:IdleTimeOut></rsp:Disconnect>", shell_id=uuid4()
    ),
    envelope("enumerate", "<n:Enumerate/>", headers="<w:OperationTimeout>PT1S</w:OperationTimeout>"),
]


ODD = st.one_of(st.binary(max_size=4), st.sampled_from((b"<", b">", b'"', b"&lt;", b"\0", b"-1", b"P", b"")))


@pytest.mark.source("psbridge: any bytes get an answer")
@settings(max_examples=tiers.examples(300))
@given(data=st.data())
def test_a_damaged_envelope_is_read_or_gets_a_fault(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 40))] = data.draw(ODD)
    with suppress(WSManFault):
        assert read_request(read_envelope(read_root(bytes(damaged)))) is not None

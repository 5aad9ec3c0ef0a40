"""An answer is looked over before anything is made of it: its head, its XML, its fragments, its objects and the time."""

from __future__ import annotations

import gzip
import itertools
import math
import re
import struct
import time
import xml.etree.ElementTree as ET
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge import xmlbounds
from psbridge.clock import Deadline, SystemClock
from psbridge.errors import AuthError, DeadlineExceeded, ResultVoid, Unreachable
from psbridge.models.connection import Auth
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.remoting.psrp import clixml
from psbridge.remoting.psrp.answer import MAX_RESULT, Answer
from psbridge.remoting.psrp.clixml import Budget, MalformedClixml, deserialize
from psbridge.remoting.psrp.integrity import MAX_MESSAGE, BrokenStream, Defragmenter, Message
from psbridge.remoting.winrm import pool
from psbridge.remoting.winrm.errors.translation import BrokenSeal, NotWSMan, TooMuch
from psbridge.remoting.winrm.http_response import MAX_ANSWER, MAX_HEAD, check_head
from psbridge.remoting.winrm.sealed import opened
from psbridge.remoting.winrm.session import open_session
from psbridge.xmlbounds import PIECE, Bounds, TooMuchXml, check, read
from tests.support.hosts import raw_host as raw
from tests.support.hosts.one_host import CLOCK

GET = Pipeline.of(Command.of("Get-Thing"))
ROOMY = Bounds(size=10_000_000, nodes=1000, depth=64)


# --- the head


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "GZip"},
        {"Content-Encoding": "x-gzip"},
        {"Content-Encoding": "deflate"},
        {"Content-Encoding": "br"},
        {"Content-Encoding": "zstd"},
        {"Content-Encoding": "compress"},
        {"Content-Encoding": "identity, gzip"},
        {"Content-Encoding": "gzip,gzip"},
        {"Content-Encoding": " ,gzip"},
        {"Content-Encoding": "whatever"},
        {"Transfer-Encoding": "gzip, chunked"},
        {"Transfer-Encoding": "gzip"},
        {"Transfer-Encoding": "chunked, chunked"},
        {"Transfer-Encoding": "deflate"},
    ],
)
def test_a_body_with_a_content_encoding_is_refused(headers):
    with pytest.raises(NotWSMan, match="compressed or encoded"):
        check_head(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Encoding": ""},
        {"Content-Encoding": "identity"},
        {"Content-Encoding": "Identity, identity"},
        {"Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "Chunked", "Content-Encoding": "identity"},
        {"Content-Length": str(MAX_ANSWER)},
        {"Content-Length": "none"},
    ],
)
def test_a_plain_body_passes(headers):
    check_head(headers)


@pytest.mark.parametrize("length", [str(MAX_ANSWER + 1), "9" * 30, "9" * 60_000])
def test_a_body_with_an_excessive_content_length_is_refused(length):
    with pytest.raises(TooMuch):
        check_head({"Content-Length": length})


def head_alone(status, *headers):
    """Send a head that announces a body, and never the body."""

    def behave(host, sock, _answer):
        lines = [f"HTTP/1.1 {status} X", "Content-Length: 1000", *headers, "", ""]
        sock.sendall("\r\n".join(lines).encode())
        host.stopped.wait(30)
        raise ConnectionError

    return behave


@pytest.mark.parametrize("status", [200, 401, 403, 500, 503])
@pytest.mark.parametrize(
    "headers",
    [("Content-Encoding: gzip",), ("Content-Encoding: identity", "Content-Encoding: br"), ("Transfer-Encoding: gzip",)],
)
def test_a_compressed_body_is_refused_before_it_is_read(host, status, headers):
    challenge = "WWW-Authenticate: Basic realm=x"
    made, endpoint = host(behaviours={("Create", 0): head_alone(status, challenge, *headers)})
    with pytest.raises(Unreachable, match="compressed or encoded"):
        open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    assert made.seen[0] == "Create"


def test_answers_to_a_login_have_the_same_limits(host):
    _, endpoint = host(behaviours={("Empty", -1): head_alone(401, "WWW-Authenticate: NTLM", "Content-Encoding: gzip")})
    login = {"auth": Auth.NTLM}
    session = type(endpoint)(
        endpoint.host, endpoint.port, endpoint.tls, username="u", password=endpoint.password, **login
    )
    with pytest.raises((Unreachable, AuthError)) as caught:
        open_session(session, 10, CLOCK, Deadline.after(CLOCK, 60))
    assert isinstance(caught.value, Unreachable)


def test_every_request_accepts_identity_only(host, monkeypatch):
    _, endpoint = host(pipelines=[[[raw.COMPLETED]]])
    heads = []
    monkeypatch.setattr(raw.RawHost, "_handle", _noting(heads, raw.RawHost._handle))
    session = open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    session.run(GET, Deadline.after(CLOCK, 60))
    session.close(Deadline.after(CLOCK, 10))
    assert len(heads) >= 4
    assert {value.lower() for head in heads for value in re.findall(r"(?i)accept-encoding: (.*)\r", head)} == {
        "identity"
    }
    assert all("ccept-" in head for head in heads)


def _noting(heads, handle):
    def noting(host, sock, head, body):
        heads.append(head)
        handle(host, sock, head, body)

    return noting


@pytest.mark.parametrize(
    "head",
    [
        "".join(f"X-{n}: {'x' * 8000}\r\n" for n in range(40)),
        "Set-Cookie: " + "a=b;" * 15_000 + "\r\n" + "X: " + "x" * 60_000 + "\r\nY: " + "y" * 60_000 + "\r\n",
    ],
)
def test_headers_are_read_up_to_their_limit(host, head):
    def behave(_host, sock, _answer):
        sock.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode())
        raise ConnectionError

    assert len(head) > MAX_HEAD
    _, endpoint = host(behaviours={("Create", 0): behave})
    with pytest.raises(Unreachable, match=f"head of more than {MAX_HEAD} bytes"):
        open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))


def test_a_compressed_answer_after_the_command_may_have_been_delivered(host):
    answer = raw._Instead(raw.http(200, gzip.compress(bytes(1000)), "Content-Encoding: gzip"))
    _, endpoint = host(pipelines=[[[raw.COMPLETED]]], behaviours={("Command", 0): answer})
    session = open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    with pytest.raises(Unreachable, match="compressed or encoded") as caught:
        session.run(GET, Deadline.after(CLOCK, 60))
    assert caught.value.delivered


# --- XML


def filled(part: bytes, size: int = 8_000_000) -> bytes:
    return part * (size // len(part))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (filled(b"<a>"), "deeper than 64"),
        (b"<r>" + filled(b"<a/>") + b"</r>", "more than 1000 elements"),
        (b"<r>" + filled(b"<a>x</a>") + b"</r>", "more than 1000 elements"),
        (b"<r>" + filled(b"<a b='' c=''/>") + b"</r>", "more than 1000 elements"),
        (b"<r " + b" ".join(b"a%d=''" % n for n in range(2000)) + b"/>", "more than 1000 elements and attributes"),
        (b"<r " + b"a='>' " * 600_000 + b"/>", "a tag of more than"),
        (b"<r " + b'a="x" ' * 600_000, "a tag of more than"),
        (b"<" + filled(b"a") + b"/>", "a tag of more than"),
        (b"<r xmlns='" + b"u" * 300 + b"'/>", "a namespace of 300 characters"),
        (b"<r xmlns:n='" + b"u" * 300 + b"'/>", "a namespace of 300 characters"),
        (b"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>", "a document type"),
        (b"<!DOCTYPE r><r/>", "a document type"),
        (b"<?xml version='1.0'?><!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>", "a document type"),
        (b"<r>" + filled(b"x", 10_000_001) + b"</r>", "more than 10000000 bytes"),
    ],
)
def test_expensive_xml_is_refused(data, says):
    with pytest.raises(TooMuchXml, match=says):
        check(data, ROOMY)


@pytest.mark.parametrize(
    "data",
    [
        b"<r>" + filled(b"\n") + b"</r>",
        b"<r>" + filled(b"&#65;") + b"</r>",
        b"<r>" + filled(b"<!---->") + b"</r>",
        b"<r><!--" + filled(b"a") + b"--></r>",
        b"<r>" + filled(b"<?a?>") + b"</r>",
        b"<r>" + filled(b"<![CDATA[]]>") + b"</r>",
        b"<r>" + filled(b'text "with" quotes = ') + b"</r>",
    ],
    ids=["lines", "references", "comments", "a comment", "instructions", "sections", "text"],
)
def test_text_without_nodes_costs_its_length(data):
    looks = itertools.count()
    check(data, ROOMY, lambda: next(looks))
    assert next(looks) == math.ceil(len(data) / PIECE)


def test_the_deadline_is_checked_between_pieces():
    begun = []

    def tick():
        begun.append(1)
        if len(begun) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        check(b"<r>" + b"x" * 8_000_000 + b"</r>", ROOMY, tick)
    assert len(begun) == 3


@pytest.mark.parametrize("data", [b"", b"<r>", b"<r></s>", b"\xff", b"x", b"<r>\xed\xa0\x80</r>"])
def test_malformed_xml_is_left_to_its_reader(data):
    check(data, ROOMY)
    with pytest.raises(ET.ParseError):
        read(data, ROOMY)


PARTS = st.sampled_from(
    [
        "<a>",
        "</a>",
        "<a/>",
        "<a b='c' d='e'>",
        "<a xmlns='u'>",
        f"<a xmlns='{'u' * 300}'/>",
        "<!DOCTYPE r>",
        "<!-- < -->",
        "x=",
    ]
)


@given(st.lists(PARTS, max_size=12).map("".join).map(lambda text: f"<r>{text}</r>".encode()))
def test_uncounted_xml_is_within_the_limits(data):
    tight = Bounds(size=10_000, nodes=8, depth=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xmlbounds, "_is_small", lambda *_: False)
        refused = refuses(data, tight)
    assert refuses(data, tight) == refused


def refuses(data: bytes, bounds: Bounds) -> bool:
    try:
        check(data, bounds)
    except TooMuchXml:
        return True
    return False


# --- fragments and objects


def fragment(object_id: int, part: bytes, number: int, bits: int) -> bytes:
    return struct.pack(">QQBI", object_id, number, bits, len(part)) + part


def fed(parts) -> int:
    """Feed fragments of 100,000 bytes until they are refused; return how many bytes were taken."""
    book = Defragmenter()
    taken = []

    def feed() -> None:
        for part in parts:
            book.feed(part)
            taken.append(100_000)

    with pytest.raises(BrokenStream, match="too large"):
        feed()
    return sum(taken)


def test_an_endless_message_is_refused_at_its_limit():
    parts = (fragment(1, bytes(100_000), number, 1 if number == 0 else 0) for number in itertools.count())
    assert fed(parts) <= MAX_MESSAGE


def test_many_unfinished_messages_are_refused_at_the_same_limit():
    assert fed(fragment(number, bytes(100_000), 0, 1) for number in itertools.count(1)) <= MAX_MESSAGE


def test_empty_fragments_are_limited():
    book = Defragmenter()
    with pytest.raises(BrokenStream, match="too large"):
        book.feed(
            b"".join(fragment(1, b"", number, 1 if number == 0 else 0) for number in range(MAX_MESSAGE // 21 + 1))
        )


@pytest.mark.parametrize("kind", [0x00041004, 0x00041010, 12345])
@pytest.mark.parametrize("body", [b"", b"<S>a</S>"])
def test_the_number_of_messages_of_a_result_is_limited(kind, body):
    answer = Answer()
    answer.size = MAX_RESULT - 10 * (64 + len(body))
    for _ in range(10):
        answer.take(Message(kind, body))
    with pytest.raises(BrokenStream, match="too large"):
        answer.take(Message(kind, body))


def test_the_values_of_a_result_are_counted_over_all_its_messages():
    answer = Answer()
    body = b"<Obj><LST>" + b"<Nil/>" * 60_000 + b"</LST></Obj>"
    for _ in range(3):
        answer.take(Message(0x00041004, body))
    with pytest.raises(MalformedClixml, match="too many values"):
        answer.take(Message(0x00041004, body))


@pytest.mark.parametrize(
    "body",
    [
        b"<Obj><LST>" * 70 + b"</LST></Obj>" * 70,
        b"<Obj><LST>" * 5000,
        b"<Obj><LST>" + b"<Nil/>" * 250_000 + b"</LST></Obj>",
        b"<Obj><Props>" + b"<S N='a'>b</S>" * 150_000 + b"</Props></Obj>",
        b"<Obj><TN RefId='0'>" + b"<T>a</T>" * 250_000 + b"</TN></Obj>",
        b"<S>" + b"x" * MAX_MESSAGE + b"</S>",
    ],
    ids=["deep", "unclosed", "values", "properties", "type names", "text"],
)
def test_a_normal_message_is_within_its_limits(body):
    with pytest.raises(MalformedClixml):
        deserialize(body)


def test_type_names_are_values_that_are_kept():
    budget = Budget(100)
    with pytest.raises(MalformedClixml, match="too many values"):
        deserialize(b"<Obj><LST>" + b"<Obj><TN RefId='0'><T>a</T></TN></Obj>" * 60 + b"</LST></Obj>", budget=budget)


@pytest.mark.parametrize("text", [b"<S>%b</S>", b"<ToString>%b</ToString>"])
def test_a_text_counts_each_time_it_is_referenced(text):
    once = b"<Obj RefId='1'>" + text % (b"x" * 1_000_000) + b"</Obj>"
    assert deserialize(b"<Obj RefId='0'><LST>" + once + b"<Ref RefId='1'/>" * 5 + b"</LST></Obj>")
    with pytest.raises(MalformedClixml, match="too many values"):
        deserialize(b"<Obj RefId='0'><LST>" + once + b"<Ref RefId='1'/>" * 50_000 + b"</LST></Obj>")


def test_the_number_of_types_of_an_object_is_limited():
    with pytest.raises(MalformedClixml, match="too many types"):
        deserialize(b"<Obj><TN RefId='0'>" + b"<T>a</T>" * 1000 + b"</TN><ToString>a</ToString></Obj>")


@pytest.mark.parametrize(
    ("boundary", "body", "says"),
    [
        ("x ", b"--x " + b" " * 2_000_000, "ends with a space"),
        ("\t", b"--\t" + b"\t" * 2_000_000, "ends with a space"),
        ("x", b"--x\n" * 500_000 + b"--x--", "too many parts"),
    ],
)
def test_a_sealed_answer_costs_its_length(boundary, body, says):
    with pytest.raises(BrokenSeal, match=says):
        opened(f'multipart/encrypted;boundary="{boundary}"', body, None, tls=False)


@pytest.mark.parametrize("body", ["", "<S>a</S>"])
def test_a_session_with_endless_opening_messages_is_refused(host, monkeypatch, body):
    monkeypatch.setattr(pool, "MAX_POOL", 100_000)
    monkeypatch.setattr(raw, "OPENING", [*raw.OPENING[:2], *[(0x00021008, body)] * 2000])
    made, endpoint = host()
    with pytest.raises(ResultVoid, match="too many messages"):
        open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    assert made.seen.count("Receive") == 1


def test_repaired_messages_stay_within_the_message_limit(mocker):
    mocker.patch.object(clixml, "MESSAGE", Bounds(size=10_000, nodes=100, depth=10))
    made = mocker.spy(clixml, "_readable")
    with pytest.raises(MalformedClixml, match="more than 10000 bytes"):
        deserialize(b"<S>" + b"&#x1;" * 1990 + b"</S>")
    assert made.call_count < 1500  # seven bytes each


def test_the_deadline_is_checked_at_each_object():
    looks = itertools.count()
    deserialize(b"<Obj><LST>" + b"<Obj><Props/></Obj>" * 5000 + b"</LST></Obj>", lambda: next(looks))
    assert next(looks) >= 5000


class Hurried(SystemClock):
    """A clock on which a second passes each time that it is looked at."""

    def __init__(self) -> None:
        self._looks = itertools.count(time.monotonic())

    def monotonic(self) -> float:
        return next(self._looks)


def test_a_deadline_during_an_answer_ends_the_reading(host):
    large = (raw.OUTPUT, "<Obj><LST>" + "<Obj><Props/></Obj>" * 5000 + "</LST></Obj>")
    _, endpoint = host(pipelines=[[[large, raw.COMPLETED]]])
    session = open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    session.begin(GET, Deadline.after(CLOCK, 60))
    with pytest.raises(DeadlineExceeded, match="while the answer was read") as caught:
        session.poll(20, Deadline.after(Hurried(), 1000))
    assert caught.value.delivered
    session.close(Deadline.after(CLOCK, 10))


def test_a_too_deeply_nested_answer_makes_the_result_invalid(host):
    deep = (raw.OUTPUT, "<Obj><LST>" * 100 + "</LST></Obj>" * 100)
    _, endpoint = host(pipelines=[[[deep, raw.COMPLETED]]])
    session = open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    with pytest.raises(ResultVoid, match="nested deeper"):
        session.run(GET, Deadline.after(CLOCK, 60))
    session.close(Deadline.after(CLOCK, 10))


def test_a_compressed_body_is_never_decompressed(host, monkeypatch):
    unpacked = []
    monkeypatch.setattr(zlib, "decompressobj", lambda *_: unpacked.append(1))
    bomb = raw._Instead(raw.http(200, gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"))
    _, endpoint = host(behaviours={("Create", -1): bomb})
    with pytest.raises(Unreachable):
        open_session(endpoint, 10, CLOCK, Deadline.after(CLOCK, 60))
    assert not unpacked

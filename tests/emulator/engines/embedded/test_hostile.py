"""Hostile PSRP: each message is refused, or its pipeline fails; the pool continues and keeps nothing."""

from __future__ import annotations

import struct
import threading
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore.types import PSRPMessageType

from psbridge.emulator.engines.embedded import BadFragments
from psbridge.emulator.engines.embedded.fragments import Defragmenter
from psbridge.emulator.engines.embedded.guard import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_MEMBERS, check
from tests.support import tiers
from tests.support.clients.embedded import Client, FakeStamp, cmdlet

CREATE = PSRPMessageType.CreatePipeline.value
_NOBODY = uuid.UUID(int=0)


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(FakeStamp())


@pytest.fixture(scope="module")
def template() -> str:
    """The CLIXML of a pipeline with one argument, MARK."""
    taker = Client(FakeStamp())
    sent: list[bytes] = []
    taker.runspace.command = lambda _, data: sent.append(data)  # type: ignore[method-assign]  # to look at what is sent
    taker.start(cmdlet("Get-Command", Name="MARK"))
    return sent[0][61:].decode("utf-8-sig")


def packed(client: Client, body: bytes, pid: uuid.UUID, kind: int = CREATE, pool: uuid.UUID | None = None) -> bytes:
    whole = struct.pack("<iI", 2, kind) + (pool or client.pool.runspace_pool_id).bytes_le + pid.bytes_le + body
    return struct.pack(">QQBI", 7, 0, 3, len(whole)) + whole


def meet(client: Client, body: bytes, **how: object) -> bool:
    """Send a message that begins a pipeline; tell whether it was taken. Either way the pool must go on."""
    pid = uuid.uuid4()
    try:
        client.runspace.command(pid, packed(client, body, pid, **how))  # type: ignore[arg-type]  # as `packed` takes it
        client.runspace._pipelines[pid].take(False)  # what was damaged may say that input follows
        client.finish(pid)
        taken = True
    except BadFragments:
        taken = False
    client.runspace.close_command(pid)
    assert client.runspace._pipelines == {}
    assert client.runspace._pool.pipeline_table == {}
    return taken


def lists(count: int) -> str:
    """Return lists that each hold the one before twice."""
    last = '<Obj RefId="500"><LST><S>a</S><S>b</S></LST></Obj>'
    more = "".join(
        f'<Obj RefId="{number + 1}"><LST><Ref RefId="{number}"/><Ref RefId="{number}"/></LST></Obj>'
        for number in range(500, 500 + count)
    )
    return last + more


ARGUMENTS = {
    "a list that holds one twice, forty times": f'<Obj N="V" RefId="900"><LST>{lists(40)}</LST></Obj>',
    "the same in a dictionary": (
        '<Obj N="V" RefId="900"><DCT><En><S N="Key">k</S><Obj N="Value" RefId="901"><LST>'
        f"{lists(40)}</LST></Obj></En></DCT></Obj>"
    ),
    "the same in a property": (
        f'<Obj N="V" RefId="900"><MS><Obj N="p" RefId="901"><LST>{lists(40)}</LST></Obj></MS></Obj>'
    ),
    "a list that holds itself": '<Obj N="V" RefId="900"><LST><Ref RefId="900"/></LST></Obj>',
    "a loop through a RefId that is used twice": (
        '<Obj N="V" RefId="900"><MS><Obj N="x" RefId="900"><S>x</S></Obj></MS><LST><Ref RefId="900"/></LST></Obj>'
    ),
    "a reference to nothing": '<Ref N="V" RefId="9999"/>',
    "a type's reference to nothing": '<Obj N="V" RefId="900"><TNRef RefId="99"/><LST/></Obj>',
    "depth": f'<Obj N="V" RefId="900">{"<LST><Obj>" * 5000}{"</Obj></LST>" * 5000}</Obj>',
    "properties": (
        '<Obj N="V" RefId="900"><MS>' + "".join(f'<S N="p{n}">x</S>' for n in range(MAX_MEMBERS + 1)) + "</MS></Obj>"
    ),
    "elements": f'<Obj N="V" RefId="900"><LST>{"<S/>" * MAX_ELEMENTS}</LST></Obj>',
    "size": f'<S N="V">{"x" * MAX_BYTES}</S>',
    "a key that is a list": (
        '<Obj N="V" RefId="900"><DCT><En><Obj N="Key"><LST/></Obj><S N="Value">x</S></En></DCT></Obj>'
    ),
    "a digit too many": '<I32 N="V">99999999999</I32>',
    "five thousand digits": f'<I32 N="V">{"9" * 5000}</I32>',
    "no number": '<I32 N="V">x</I32>',
    "no byte": '<By N="V">300</By>',
    "no character": '<C N="V">-1</C>',
    "no date": '<DT N="V">9999999-01-01T00:00:00</DT>',
    "no length of time": '<TS N="V">P999999999999999D</TS>',
    "no GUID": '<G N="V">zz</G>',
    "no version": f'<Version N="V">{"1." * 1000}</Version>',
    "an unknown element": '<What N="V">x</What>',
    "a document type": '<!DOCTYPE a []><S N="V">x</S>',
}
"""Arguments that no pipeline may have."""

HARMLESS = {
    "an exponent": '<D N="V">1e999999999</D>',
    "infinity": '<Db N="V">1e999</Db>',
    "half a surrogate pair": '<S N="V">_xD800_</S>',
    "many escapes": f'<S N="V">{"_x" * 1000}</S>',
    "no base64": '<BA N="V">!!!</BA>',
    "a secret without a key": '<SS N="V">AAAA</SS>',
    "a credential without a password": (
        '<Obj N="V" RefId="900"><TN RefId="77"><T>System.Management.Automation.PSCredential</T></TN>'
        '<MS><S N="UserName">x</S></MS></Obj>'
    ),
    "a number that calls itself a string": (
        '<Obj N="V" RefId="900"><TN RefId="77"><T>System.String</T></TN><I32>5</I32></Obj>'
    ),
}
"""Arguments that are odd; the pipeline says what is wrong with them, or takes them."""


@pytest.mark.source("psbridge: bounded size, depth and time")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_harmful_argument_is_refused(client: Client, template: str, name: str) -> None:
    body = template.replace('<S N="V">MARK</S>', ARGUMENTS[name], 1)
    assert not meet(client, body.encode())
    assert meet(client, template.encode())


@pytest.mark.source("psbridge: any bytes get an answer")
@pytest.mark.parametrize("name", HARMLESS)
def test_an_unsupported_argument_fails_its_pipeline(client: Client, template: str, name: str) -> None:
    assert meet(client, template.replace('<S N="V">MARK</S>', HARMLESS[name], 1).encode())


@pytest.mark.source("[MS-PSRP] 2.2.5.3.2 CLIXML is UTF-8")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "gbk", "utf-32", "cp037", "nonsense"])
def test_other_encodings_do_not_bypass_the_guard(client: Client, template: str, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert not meet(client, f"{declared}<!DOCTYPE a [<!ENTITY b 'c'>]>{template}".encode())
    if encoding in {"utf-16", "utf-32", "cp037"}:
        assert not meet(client, (declared + template).encode(encoding))


@pytest.mark.source("[MS-PSRP] 2.2.1 PowerShell Remoting Protocol Message")
def test_unexpected_messages_are_refused(client: Client, template: str) -> None:
    body = template.encode()
    assert not meet(client, body, pool=uuid.uuid4())
    for kind in (0, 0x00010002, 0x00010004, 0x00021005, 0x00041006, 0x00041004, 0xFFFFFFFF):
        assert not meet(client, body, kind=kind)
    assert not meet(client, b"")
    assert meet(client, body)


@pytest.mark.source("psbridge: bounded depth")
def test_the_guard_accepts_messages_within_its_limits() -> None:
    deep = b"<S>" * MAX_DEPTH + b"</S>" * MAX_DEPTH
    check(deep)
    check(b"<a>" + b"<S/>" * (MAX_ELEMENTS - 10) + b"</a>")
    check(b"<a>" + b'<S N="x"/>' * MAX_MEMBERS + b"</a>")
    check(b'<a><Obj RefId="1"><S/></Obj><Ref RefId="1"/><Ref RefId="1"/></a>')
    with pytest.raises(BadFragments):
        check(b"<S>" + deep + b"</S>")


@pytest.mark.source("psbridge: bounded memory")
def test_the_number_of_unfinished_fragments_is_limited() -> None:
    taken = Defragmenter()
    empty = b"".join(struct.pack(">QQBI", ident, 0, 1, 0) for ident in range(4096))
    assert taken.feed(empty) == []
    with pytest.raises(BadFragments, match="4096 fragments"):
        taken.feed(struct.pack(">QQBI", 9999, 0, 1, 0))
    long = b"".join(struct.pack(">QQBI", 1, number, int(number == 0), 0) for number in range(4096))
    assert taken.feed(long) == []
    with pytest.raises(BadFragments):
        taken.feed(struct.pack(">QQBI", 1, 4096, 0, 0))
    assert not taken._open


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """Bytes that are nearly `body`."""

    @st.composite
    def build(draw: st.DrawFn) -> bytes:
        data = bytearray(body)
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, len(data) - 1))
            what = draw(st.sampled_from(("flip", "cut", "double", "insert", "swap")))
            end = min(len(data), at + draw(st.integers(1, 60)))
            if what == "flip":
                data[at] ^= draw(st.integers(1, 255))
            elif what == "cut":
                del data[at:end]
            elif what == "double":
                data[at:at] = data[at:end]
            elif what == "insert":
                data[at:at] = draw(
                    st.sampled_from((b"<Obj>", b"</Obj>", b"<Ref RefId='0'/>", b"<Nil/>", b"&#0;", b"\0"))
                )
            else:
                data[at:end] = data[at:end][::-1]
            if not data:
                return b""
        return bytes(data)

    return build()


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Fail if a thread dies of an exception."""
    dead: list[str] = []
    before, threading.excepthook = threading.excepthook, lambda args: dead.append(repr(args.exc_value))
    yield
    threading.excepthook = before
    assert dead == []


@pytest.mark.source("psbridge: any bytes get an answer")
@pytest.mark.usefixtures("quiet")
@settings(max_examples=tiers.examples(150))
@given(data=st.data())
def test_a_damaged_pipeline_is_refused_or_ends(client: Client, template: str, data: st.DataObject) -> None:
    meet(client, data.draw(damaged(template.encode())))


@pytest.mark.source("psbridge: any bytes get an answer")
@settings(max_examples=tiers.examples(150))
@given(data=st.data())
def test_damaged_fragments_are_refused_or_read(template: str, data: st.DataObject) -> None:
    body = template.encode()
    pieces = [body[at : at + 400] for at in range(0, len(body), 400)]
    last = len(pieces) - 1
    whole = b"".join(
        struct.pack(">QQBI", 3, n, (n == 0) | 2 * (n == last), len(piece)) + piece for n, piece in enumerate(pieces)
    )
    taken = Defragmenter()
    try:
        for message in taken.feed(data.draw(damaged(whole))):
            assert len(message.data) < 2 * len(whole)
    except BadFragments:
        pass

"""CLIXML in and out: the real engine's own messages, the corners of the format, and garbage."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.powershell.result import ErrorRecord, PSObject
from psbridge.remoting.psrp.clixml import (
    MalformedClixml,
    deserialize,
    error_record,
    escape,
    parse_xml,
    text_of,
    unescape,
)
from tests.support.memory import bounded_memory


@pytest.fixture
def capture(data):
    """The engine's messages by the name of their pipeline; see tests/data/README.md."""
    entries = json.loads((data / "engine-7.6.9.json").read_text())
    return {entry["name"]: [(item["type"], item["data"].encode()) for item in entry["messages"]] for entry in entries}


def read(text: str):
    return deserialize(text.encode())


def test_every_message_of_the_engine_is_read(capture):
    for name, messages in capture.items():
        for kind, body in messages:
            value = deserialize(body)
            assert value is not None or body == b"", (name, kind)


def test_a_backup_arrives_with_every_digit(capture):
    backups = [deserialize(body) for kind, body in capture["list of backups"] if kind == "PipelineOutput"]
    assert [item.get("Status") for item in backups] == ["Succeeded", "PartialSucceeded", "Running"]
    first = backups[0]
    assert first.get("createddatetime") == "2020-03-04T12:22:18.7883083Z"
    assert first.get("IsCloudRecoveryReady") is False
    assert len(first.get("RoleStatus")) == 1
    assert first.get("Tag") == {}
    assert first.type_names[0].endswith("Api20180901.Backup")
    assert backups[2].get("RoleStatus") is None
    assert backups[2].has("RoleStatus")


def test_an_error_record_shows_what_failed(capture):
    kind, body = capture["backup not found: a non-terminating error"][0]
    assert kind == "ErrorRecord"
    record = error_record(deserialize(body))
    assert record.message == "ResourceNotFound : The backup was not found."
    assert record.error_id == "ResourceNotFound"
    assert record.category == 7
    assert record.reason == "Exception"
    assert record.activity == "Get-AzsBackup"
    assert record.exception_types == ("System.Exception", "System.Object")
    assert record.exception_properties["HResult"] == -2146233088


def test_the_reason_of_a_failed_pipeline_is_an_error_record(capture):
    kind, body = capture["start with Force, which Az does not have"][-1]
    assert kind == "PipelineState"
    record = error_record(deserialize(body).get("ExceptionAsErrorRecord"))
    assert record.error_id == "NamedParameterNotFound"
    assert record.exception_properties["ParameterName"] == "Force"
    assert record.exception_types[0] == "System.Management.Automation.ParameterBindingException"


def test_details_have_priority_over_the_exception():
    value = read(
        '<Obj RefId="0"><MS><S N="ErrorDetails_Message">plain words</S><Obj N="Exception" RefId="1"><Props>'
        '<S N="Message">raw</S></Props></Obj></MS></Obj>'
    )
    assert error_record(value).message == "plain words"


@pytest.mark.parametrize("value", [None, "text", 3, [], {}, PSObject()])
def test_any_value_gives_an_error_record(value):
    assert error_record(value).category == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("<Nil />", None),
        ("<S></S>", ""),
        ("<S> a  b </S>", " a  b "),
        ("<C>65</C>", "A"),
        ("<B>true</B>", True),
        ("<B>false</B>", False),
        ("<I32>-5</I32>", -5),
        ("<U64>18446744073709551615</U64>", 18446744073709551615),
        ("<By>255</By>", 255),
        ("<Db>1.5</Db>", 1.5),
        ("<D>1.10</D>", "1.10"),
        ("<DT>2020-03-04T12:22:18.7883083+02:00</DT>", "2020-03-04T12:22:18.7883083+02:00"),
        ("<TS>PT30M10.0000001S</TS>", "PT30M10.0000001S"),
        ("<Version>1.0.2</Version>", "1.0.2"),
        ("<G>792e5b37-4505-47ef-b7d2-8711bb7affa8</G>", "792e5b37-4505-47ef-b7d2-8711bb7affa8"),
        ("<URI>http://a/_x005F_x</URI>", "http://a/_x"),
        ("<BA>AQID</BA>", b"\x01\x02\x03"),
        ("<S>a_x000A_b</S>", "a\nb"),
        ("<S>_xD83D__xDE00_</S>", "\U0001f600"),
        ("<S>_xD83D_ _xZZZZ_ _x41_</S>", "_xD83D_ _xZZZZ_ _x41_"),
        ("<S>_x005F_x0041_</S>", "_x0041_"),
        ('<Obj RefId="0"><LST><I32>1</I32><Nil /></LST></Obj>', [1, None]),
        ('<Obj RefId="0"><IE><I32>1</I32></IE></Obj>', [1]),
        ('<Obj RefId="0"><QUE><I32>1</I32></QUE></Obj>', [1]),
        ('<Obj RefId="0"><STK><I32>1</I32></STK></Obj>', [1]),
        ('<Obj RefId="0"><LST /><Props><I32 N="Count">0</I32></Props></Obj>', []),
        ('<Obj RefId="0"><DCT><En><S N="Key">a</S><I32 N="Value">1</I32></En></DCT></Obj>', {"a": 1}),
        ('<Obj RefId="0"><DCT><En><I32 N="Key">7</I32><Nil N="Value" /></En></DCT></Obj>', {"7": None}),
        ('<Obj RefId="0"><TN RefId="0"><T>System.String</T></TN><S>a</S></Obj>', "a"),
        (
            '<Obj RefId="0"><LST><Obj RefId="1"><LST><S>x</S></LST></Obj><Ref RefId="1" /></LST></Obj>',
            [["x"], ["x"]],
        ),
        ("\ufeff<I32>1</I32>", 1),
        ("<S>&#xFFFE;&#x41;&#xD;\uffff</S>", "\ufffeA\r\uffff"),
        ("<S>&#xD800;</S>", "_xD800_"),
    ],
)
def test_a_value_is_read(text, value):
    assert read(text) == value


def test_an_enum_keeps_its_name_and_its_number():
    value = read(
        '<Obj RefId="0"><TN RefId="0"><T>A.B</T><T>System.Enum</T></TN><ToString>Two</ToString><I32>2</I32></Obj>'
    )
    assert value == PSObject(("A.B", "System.Enum"), "Two", {"value__": 2})
    assert text_of(value) == "Two"


def test_a_string_with_note_properties_keeps_text_and_properties():
    value = read('<Obj RefId="0"><S>text</S><MS><S N="PSComputerName">oaw01</S></MS></Obj>')
    assert text_of(value) == "text"
    assert value.get("PSComputerName") == "oaw01"


def test_note_properties_override_the_types_own():
    value = read('<Obj RefId="0"><Props><S N="a">1</S><S N="b">1</S></Props><MS><S N="a">2</S></MS></Obj>')
    assert dict(value.properties) == {"a": "2", "b": "1"}


def test_type_names_are_shared_by_reference():
    value = read(
        '<Obj RefId="0"><LST><Obj RefId="1"><TN RefId="0"><T>T</T></TN><ToString>x</ToString></Obj>'
        '<Obj RefId="2"><TNRef RefId="0" /><ToString>y</ToString></Obj></LST></Obj>'
    )
    assert [item.type_names for item in value] == [("T",), ("T",)]


def test_an_object_that_contains_itself_ends():
    assert read('<Obj RefId="0"><Props><Ref N="Me" RefId="0" /></Props></Obj>').get("Me") is None


def test_a_secure_string_is_not_shown():
    assert text_of(read("<SS>AAAA</SS>")) == ""


@pytest.mark.parametrize(
    "body",
    [
        b"<S>",
        b"\xff\xfe",
        b"<What />",
        b"<I32>x</I32>",
        b"<I32>" + b"9" * 5000 + b"</I32>",
        b"<B>perhaps</B>",
        b"<C>99999999</C>",
        b'<Ref RefId="9" />',
        b'<Obj RefId="0"><TNRef RefId="9" /></Obj>',
        b'<Obj RefId="0"><DCT><En /></DCT></Obj>',
        b'<Obj RefId="0"><Props><S /></Props></Obj>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><S>&b;</S>',
        b"<?xml version='1.0' encoding='cp037'?>\x4c",
        b"<Obj><LST>" * 100 + b"</LST></Obj>" * 100,
        b"<Obj><LST>" * 20000 + b"</LST></Obj>" * 20000,
    ],
)
def test_invalid_clixml_raises_one_kind_of_error(body):
    with pytest.raises(MalformedClixml):
        deserialize(body)


_TAGS = st.sampled_from(
    ["Obj", "S", "I32", "LST", "DCT", "En", "Props", "MS", "TN", "T", "TNRef", "Ref", "ToString", "BA", "B", "SS", "Q"]
)
_ATTRIBUTES = st.sampled_from(["", ' RefId="0"', ' RefId="1"', ' N="Key"', ' N="Value"', ' N="Exception"'])


def _element(children):
    return st.builds(lambda tag, attributes, inner: f"<{tag}{attributes}>{inner}</{tag}>", _TAGS, _ATTRIBUTES, children)


_XML = st.recursive(
    _element(st.sampled_from(["", "1", "true", "_x000A_", "x", "AAA"])),
    lambda inner: _element(st.lists(inner, max_size=4).map("".join)),
    max_leaves=20,
)


@given(st.one_of(st.binary(), _XML.map(str.encode)))
def test_arbitrary_bytes_raise_only_that_error(body):
    try:
        value = deserialize(body)
    except MalformedClixml:
        return
    assert isinstance(error_record(value), ErrorRecord)
    assert isinstance(text_of(value), str)


@given(st.text(st.characters(exclude_categories=())))
def test_a_string_round_trips(text):
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    escaped = escape(whole)
    assert parse_xml(f"<S>{escaped.translate({38: '&amp;', 60: '&lt;', 62: '&gt;'})}</S>".encode()).text in {
        escaped,
        None,
    }
    # Half a pair has no meaning as text: it comes back as its escape, never as a character that can't be printed.
    expected = "".join(char if not 0xD800 <= ord(char) <= 0xDFFF else f"_x{ord(char):04X}_" for char in whole)
    assert unescape(escaped) == expected


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("_x0041_", "_x005F_x0041_"),
        ("_X0041_", "_x005F_X0041_"),
        ("a\nb\0", "a_x000A_b_x0000_"),
        ("\u2028\ufffe", "\u2028_xFFFE_"),
        ("\U0001f600", "_xD83D__xDE00_"),
        ("\ud800", "_xD800_"),
        ("'; $(x) \"", "'; $(x) \""),
    ],
)
def test_a_string_is_escaped_as_powershell_does(text, escaped):
    assert escape(text) == escaped


def test_reading_cost_grows_linearly(capture):
    body = capture["list of backups"][1][1]

    def steps(text: bytes) -> int:
        count = itertools.count(1)
        deserialize(text, lambda: next(count))
        return next(count)

    hundred = b'<Obj RefId="9999"><LST>' + body * 100 + b"</LST></Obj>"
    assert steps(body) < steps(hundred) <= 100 * steps(body)


def test_shared_lists_are_counted_each_time():
    twice = "".join(
        f'<Obj RefId="{number + 1}"><LST><Ref RefId="{number}"/><Ref RefId="{number}"/></LST></Obj>'
        for number in range(40)
    )
    with pytest.raises(MalformedClixml, match="too many values"):
        read(f'<Obj RefId="99"><LST><Obj RefId="0"><LST><S>a</S></LST></Obj>{twice}</LST></Obj>')
    shared = '<Obj RefId="0"><LST><S>a</S></LST></Obj>' + '<Ref RefId="0"/>' * 1000
    assert read(f'<Obj RefId="99"><LST>{shared}</LST></Obj>') == [["a"]] * 1001


@pytest.mark.parametrize("before", ["", "\0"], ids=["at the first look", "at the second"])
def test_a_long_namespace_is_refused_before_it_is_written_out(before):
    for attributes in (
        f'xmlns="{"u" * 400_000}"',
        f'xmlns:n="{"u" * 400_000}" ' + "".join(f'n:a{n}="" ' for n in range(5000)),
    ):
        text = f"<Obj {attributes}><MS>{before}{'<S/>' * 5000}</MS></Obj>"
        with bounded_memory(), pytest.raises(MalformedClixml, match="a namespace of 400000 characters"):
            read(text)
    assert read('<Obj><MS><S N="x">xmlns="uuu"</S></MS></Obj>').get("x") == 'xmlns="uuu"'


def test_a_duplicate_property_with_two_values_is_reported() -> None:
    def read(parts: str) -> PSObject:
        value = deserialize(f'<Obj RefId="0">{parts}</Obj>'.encode())
        assert isinstance(value, PSObject)
        return value

    twice = read('<Props><S N="Status">Succeeded</S><S N="Status">Failed</S></Props>')
    assert (twice.get("Status"), twice.repeated) == ("Failed", (("Status", "Succeeded", "Failed"),))
    noted = read('<Props><S N="Status">Succeeded</S></Props><MS><S N="Status">Failed</S></MS>')
    assert noted.repeated == (("Status", "Succeeded", "Failed"),)
    alike = read('<Props><S N="Status">Succeeded</S><S N="Status">Succeeded</S></Props>')
    assert alike.repeated == ()

"""Reads CLIXML ([MS-PSRP] 2.2.5) into values, and escapes text for it, without trust in the host.

pypsrp's own reader reads 642 backups per second, returns `List<custom>` as raw XML and loses a complete answer because of one
`_xZZZZ_` (measured on pypsrp 0.9.1). So psbridge reads all incoming messages with this module.
"""

from __future__ import annotations

import base64
import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from types import MappingProxyType

import msgspec

from psbridge.clock import Tick, no_tick
from psbridge.powershell.result import ErrorRecord, PSObject, Value, property_of
from psbridge.remoting.psrp.integrity import MAX_MESSAGE
from psbridge.values import replace
from psbridge.xmlbounds import Bounds, TooMuchXml, read

MAX_DEPTH = 64  # objects; PowerShell serialises remoting output at depth 1, an error record at depth 2 or so
MAX_VALUES = 200_000  # of one result; a shared object counts each time; 84 backups with their roles are 10,000
MAX_TYPES = 64  # names of one object's types; .NET's deepest have some ten
_TEXT = 64  # characters that count as one value, because each reference to an object repeats its text
MESSAGE = Bounds(size=MAX_MESSAGE, nodes=200_000, depth=3 * MAX_DEPTH)
"""The bounds of one message: the largest that psbridge asks for is a raw answer of a few MiB; an object is three elements
deep (`Obj`, `LST`, `Obj`)."""

_ESCAPED = re.compile(
    r"_x([dD][89abAB][0-9A-Fa-f]{2})__x([dD][c-fC-F][0-9A-Fa-f]{2})_|_x((?![dD][89a-fA-F])[0-9A-Fa-f]{4})_"
)
# Characters that XML can't hold, that readers normalise or that PowerShell escapes, and a `_` that would begin an escape.
_TO_ESCAPE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U00010000-\U0010ffff]|_(?=[xX])")
# .NET writes such characters as an invalid reference, or unchanged (measured on PowerShell 7.6.9).
_UNREADABLE = re.compile(rb"&#[xX]([0-9A-Fa-f]{1,6});|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


class MalformedClixml(ValueError):
    """The host sent a message that is not CLIXML, or exceeds its bounds."""


def unescape(text: str | None) -> str:
    """Return a string without escapes; an invalid escape or half a surrogate pair is kept."""
    if text is None:
        return ""
    return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(match: re.Match[str]) -> str:
    high, low, single = match.groups()
    if single is not None:
        return chr(int(single, 16))
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))


def escape(text: str) -> str:
    """Return a string with escapes, from which the host reads the same UTF-16 units."""
    return _TO_ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{units[at : at + 2].hex().upper()}_" for at in range(0, len(units), 2))


def _readable(match: re.Match[bytes]) -> bytes:
    """Return a reference that XML allows unchanged, and any other as PowerShell's escape."""
    code = int(match[1], 16) if match[1] else ord(match[0].decode())
    held = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return match[0] if held else b"_x%04X_" % (code & 0xFFFF)


def _repaired(data: bytes, tick: Tick) -> bytes:
    """Return a message with PowerShell's escapes for characters that XML does not allow.

    `re.sub` would hold a list of all parts, which is much larger than the text.
    """
    made, end = bytearray(), 0
    for number, found in enumerate(_UNREADABLE.finditer(data)):
        made += data[end : found.start()] + _readable(found)
        end = found.end()
        if number % 1024 == 0:
            tick()
        if len(made) > MESSAGE.size:
            break
    return bytes(made + data[end:])


def parse_xml(data: bytes, tick: Tick = no_tick) -> ET.Element:
    """Parse UTF-8 XML without a document type, within the bounds of a message.

    Raises:
        MalformedClixml: if it is not well-formed, too large, or holds a document type.
    """
    try:
        return _parsed(data, tick)
    except ET.ParseError:
        pass  # try again with repaired characters, which is rare and slower than the parser
    try:
        return _parsed(_repaired(data, tick), tick)
    except ET.ParseError as error:
        raise MalformedClixml(f"the message is not XML: {error}") from error


def _parsed(data: bytes, tick: Tick) -> ET.Element:
    try:
        return read(data, MESSAGE, tick)
    except TooMuchXml as error:
        raise MalformedClixml(f"the message has {error}") from error


class Budget(msgspec.Struct):
    """The number of values that one result may still have, in all its messages."""

    values: int = MAX_VALUES

    def take(self, count: int) -> None:
        """Count values.

        Raises:
            MalformedClixml: there are too many.
        """
        self.values -= count
        if self.values < 0:
            raise MalformedClixml("the message holds too many values")


def deserialize(body: bytes, tick: Tick = no_tick, budget: Budget | None = None) -> Value:
    """Read the CLIXML of one message; an empty message is a cmdlet's `$null`.

    `budget`: the remaining number of values of the result.

    Raises:
        MalformedClixml: it is invalid or too large.
    """
    text = body.removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        return None
    root = parse_xml(text, tick)
    try:
        return _Reader(tick, budget or Budget()).read(root, 0)
    except MalformedClixml:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError) as error:
        raise MalformedClixml(f"the message is not CLIXML: {type(error).__name__}") from error


def _text(text: str | None) -> str:
    return text or ""


def _number(text: str | None) -> int:
    digits = _text(text).strip()
    if len(digits) > 40:
        raise MalformedClixml("an integer has too many digits")
    return int(digits)


def _character(text: str | None) -> str:
    return chr(_number(text))


def _boolean(text: str | None) -> bool:
    word = _text(text).strip().lower()
    if word not in {"true", "false"}:
        raise MalformedClixml("a boolean is neither true nor false")
    return word == "true"


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(_text(text))


def _real(text: str | None) -> float:
    return float(_text(text))


# By tag, [MS-PSRP] 2.2.5.1. Dates, spans, versions and decimals stay text, so that no digit is lost.
_PRIMITIVES: dict[str, Callable[[str | None], Value]] = {
    "S": unescape,
    "ToString": unescape,
    "C": _character,
    "B": _boolean,
    "DT": _text,
    "TS": _text,
    "D": _text,
    "G": _text,
    "Version": _text,
    "URI": unescape,
    "XD": unescape,
    "SBK": unescape,
    "BA": _bytes,
    "Sg": _real,
    "Db": _real,
    "Nil": lambda _: None,
    # A SecureString of the host is not decrypted, because psbridge does not need it.
    "SS": lambda _: PSObject(type_names=("System.Security.SecureString",)),
}
_PRIMITIVES.update(dict.fromkeys(("By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"), _number))
_LISTS = frozenset({"LST", "IE", "QUE", "STK"})


class _Reader:
    """Reads one message; `Ref` and `TNRef` point within it."""

    def __init__(self, tick: Tick, budget: Budget) -> None:
        self._objects: dict[str, Value] = {}
        self._types: dict[str, tuple[str, ...]] = {}
        self._sizes: dict[str, int] = {}
        self._tick = tick
        self._budget = budget
        self._count = 0

    def read(self, element: ET.Element, depth: int) -> Value:
        primitive = _PRIMITIVES.get(element.tag)
        if primitive is not None:
            self._add(len(element.text or "") // _TEXT)
            return primitive(element.text)
        if depth > MAX_DEPTH:
            raise MalformedClixml("the message is nested too deeply")
        if element.tag == "Obj":
            return self._object(element, depth + 1)
        if element.tag == "Ref":
            # A reference to an object from within itself is None, because that object is not complete yet.
            reference = element.attrib["RefId"]
            self._add(self._sizes.get(reference, 0))
            return self._objects[reference]
        raise MalformedClixml(f"the message holds an unknown element {element.tag[:40]!r}")

    def _add(self, count: int) -> None:
        """Count values, a shared one each time: thirty lists that each hold the previous one twice become a billion values.

        A text of a megabyte in an object with a thousand references becomes a gigabyte.
        """
        self._count += count
        self._budget.take(count)

    def _object(self, element: ET.Element, depth: int) -> Value:
        self._tick()
        begin = self._count
        reference = element.attrib.get("RefId")
        if reference is not None:
            self._objects[reference] = None
        types: tuple[str, ...] = ()
        text: str | None = None
        adapted: dict[str, Value] = {}
        extended: dict[str, Value] = {}
        contents: list[Value] = []
        repeated: list[tuple[str, Value, Value]] = []
        for part in element:
            tag = part.tag
            if tag == "Props":
                self._properties(part, adapted, depth, repeated)
            elif tag == "MS":
                self._properties(part, extended, depth, repeated)
            elif tag == "TN":
                types = self._types[part.attrib["RefId"]] = self._type_names(part)
            elif tag == "TNRef":
                types = self._types[part.attrib["RefId"]]
            elif tag == "ToString":
                self._add(len(part.text or "") // _TEXT)
                text = unescape(part.text)
            else:
                contents.append(self._content(part, depth))
        repeated += [
            (it, adapted[it], extended[it]) for it in extended if it in adapted and adapted[it] != extended[it]
        ]
        value = _finished(types, text, adapted | extended, contents, bool(extended))
        if repeated and isinstance(value, PSObject):
            value = replace(value, repeated=tuple(repeated))
        if reference is not None:
            self._objects[reference] = value
            self._sizes[reference] = self._count - begin
        return value

    def _type_names(self, parent: ET.Element) -> tuple[str, ...]:
        self._add(len(parent))
        if len(parent) > MAX_TYPES:  # they are searched for each object that refers to them
            raise MalformedClixml("an object has too many types")
        return tuple(unescape(name.text) for name in parent)

    def _properties(
        self, parent: ET.Element, into: dict[str, Value], depth: int, repeated: list[tuple[str, Value, Value]]
    ) -> None:
        self._add(len(parent))
        for part in parent:
            name, value = unescape(part.attrib["N"]), self.read(part, depth)
            if name in into and into[name] != value:
                repeated.append((name, into[name], value))
            into[name] = value

    def _content(self, element: ET.Element, depth: int) -> Value:
        self._add(1 + len(element))
        if element.tag in _LISTS:
            return [self.read(item, depth) for item in element]
        if element.tag == "DCT":
            return dict(self._entry(entry, depth) for entry in element)
        return self.read(element, depth)

    def _entry(self, entry: ET.Element, depth: int) -> tuple[str, Value]:
        parts = {part.attrib.get("N"): self.read(part, depth) for part in entry}
        return text_of(parts["Key"]), parts["Value"]


def _finished(
    types: tuple[str, ...], text: str | None, properties: dict[str, Value], contents: list[Value], noted: bool
) -> Value:
    """Return the value of an `Obj`.

    A collection is a plain list or dictionary. A primitive in an `Obj` is an enum, or carries note properties: its
    text is the enum's name or the value itself, and the bare value is `value__`, as .NET calls an enum's field.
    """
    if not contents:
        return PSObject(types, text, MappingProxyType(properties))
    inner = contents[0]
    if isinstance(inner, list | dict):
        return inner
    if isinstance(inner, str) and not noted:
        return inner
    shown = text if text is not None else text_of(inner)
    return PSObject(types, shown, MappingProxyType({**properties, "value__": inner}))


def text_of(value: Value) -> str:
    """Return the text that PowerShell shows for a value; empty for None."""
    if value is None:
        return ""
    if isinstance(value, PSObject):
        return value.text or ""
    if isinstance(value, list | tuple):
        return " ".join(text_of(item) for item in value)
    return str(value)


def _as_number(value: Value) -> int:
    inner = value.get("value__") if isinstance(value, PSObject) else value
    return inner if isinstance(inner, int) else 0


def error_record(value: Value) -> ErrorRecord:
    """Return the ErrorRecord ([MS-PSRP] 2.2.3.15) of a message.

    PowerShell shows the text of ErrorDetails, if there is one, instead of the exception's.
    """
    exception = property_of(value, "Exception")
    shown = [
        property_of(value, "ErrorDetails_Message"),
        property_of(exception, "Message"),
        value,
        property_of(value, "ErrorCategory_Message"),
    ]
    held = exception if isinstance(exception, PSObject) else PSObject()
    return ErrorRecord(
        message=next((text for text in map(text_of, shown) if text), ""),
        fully_qualified_error_id=text_of(property_of(value, "FullyQualifiedErrorId")),
        category=_as_number(property_of(value, "ErrorCategory_Category")),
        activity=text_of(property_of(value, "ErrorCategory_Activity")),
        reason=text_of(property_of(value, "ErrorCategory_Reason")),
        target_name=text_of(property_of(value, "ErrorCategory_TargetName")),
        exception_types=held.type_names,
        exception_properties=held.properties,
    )

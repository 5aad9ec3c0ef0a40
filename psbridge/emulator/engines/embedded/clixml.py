"""Values to CLIXML, as PowerShell's remoting serialiser writes it ([MS-PSRP] 2.2.5, engine capture 7.6.9).

Text is built directly: it must be the engine's to the letter, and a list of hundreds of backups must be quick.
"""

from __future__ import annotations

import re

from psbridge.emulator.engines.embedded.values import Net, NetDict, NetList, Raw, Value, text_of

BOM = b"\xef\xbb\xbf"
_SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]|_(?=[xX])|[&<>]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_": "_x005F_"}


def escape(text: str) -> str:
    """Return text as the content of an element: control characters and surrogates become `_xHHHH_`."""
    return _SPECIAL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if char in _ENTITIES:
        return _ENTITIES[char]
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"_x{units[i]:02X}{units[i + 1]:02X}_" for i in range(0, len(units), 2))


def message(value: Value, depth: int = 1) -> bytes:
    """Return the data of a PSRP message.

    Args:
        value: None gives an empty message, as `$null` written by a cmdlet does.
        depth: how deep objects are kept whole; 1 for output, as Windows and PowerShell 7 do.
    """
    if value is None:
        return b""
    writer = _Writer()
    writer.write(value, depth, "")
    return BOM + "".join(writer.out).encode()


class _Writer:
    """One message: reference ids count from 0 in each."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._objects: dict[int, int] = {}
        self._types: dict[tuple[str, ...], int] = {}

    def write(self, value: Value, depth: int, attribute: str) -> None:
        """Write a value; `attribute` is `` or ` N="name"`."""
        if value is None:
            self.out.append(f"<Nil{attribute} />")
        elif isinstance(value, bool):
            self._primitive("B", str(value).lower(), attribute)
        elif isinstance(value, str):
            self._primitive("S", escape(value), attribute)
        elif isinstance(value, int):
            self._primitive("I32" if -(2**31) <= value < 2**31 else "I64", str(value), attribute)
        elif isinstance(value, Raw):
            self._primitive(value.tag, value.text, attribute)
        elif isinstance(value, Net) and depth < 1 and value.boxed is None and not value.whole:
            self._primitive("S", escape(text_of(value)), attribute)
        elif id(value) in self._objects:
            self.out.append(f'<Ref{attribute} RefId="{self._objects[id(value)]}" />')
        else:
            self._object(value, depth, attribute)

    def _primitive(self, tag: str, text: str, attribute: str) -> None:
        self.out.append(f"<{tag}{attribute}>{text}</{tag}>")

    def _object(self, value: Net | NetList | NetDict, depth: int, attribute: str) -> None:
        number = len(self._objects)
        self._objects[id(value)] = number
        self.out.append(f'<Obj{attribute} RefId="{number}">')
        if value.types:
            self._type_names(value.types)
        if isinstance(value, Net):
            self._members(value, depth)
        elif isinstance(value, NetList):
            self._items(value, depth)
        else:
            self._entries(value, depth)
        self.out.append("</Obj>")

    def _type_names(self, types: tuple[str, ...]) -> None:
        known = self._types.get(types)
        if known is not None:
            self.out.append(f'<TNRef RefId="{known}" />')
            return
        number = len(self._types)
        self._types[types] = number
        names = "".join(f"<T>{escape(name)}</T>" for name in types)
        self.out.append(f'<TN RefId="{number}">{names}</TN>')

    def _members(self, value: Net, depth: int) -> None:
        if value.text is not None:
            self._primitive("ToString", escape(value.text), "")
        if value.boxed is not None:
            self._primitive("S", escape(value.boxed), "")
        if value.number is not None:
            self._primitive("I32", str(value.number), "")
        for tag, members in (("Props", value.props), ("MS", value.notes)):
            if members is not None:
                self.out.append(f"<{tag}>")
                inner = 0 if value.whole else depth - 1
                for name, found in members.items():
                    self.write(found, inner, f' N="{name}"')
                self.out.append(f"</{tag}>")

    def _items(self, value: NetList, depth: int) -> None:
        if not value.items:
            self.out.append(f"<{value.tag} />")
            return
        self.out.append(f"<{value.tag}>")
        for item in value.items:
            self.write(item, depth, "")
        self.out.append(f"</{value.tag}>")

    def _entries(self, value: NetDict, depth: int) -> None:
        if not value.entries:
            self.out.append("<DCT />")
            return
        self.out.append("<DCT>")
        for key, found in value.entries.items():
            self.out.append(f'<En><S N="Key">{escape(key)}</S>')
            self.write(found, depth, ' N="Value"')
            self.out.append("</En>")
        self.out.append("</DCT>")

"""Documents as plain values and as JSON. Nothing else in psbridge writes JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from psbridge.wellformed import well_formed

if TYPE_CHECKING:
    from psbridge.documents.kinds.every import Document

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def plain(value: object) -> Plain:
    """Return any value as what JSON can hold; NaN and infinities become None, what has no place in JSON its text.

    Text is Unicode: lone surrogates are escaped. A `Secret` shows its mask, because its text is the mask.
    """
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {well_formed(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    return _scalar(value)


def _scalar(value: object) -> Plain:
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, str):
        return well_formed(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return well_formed(str(value))


def to_plain(document: Document) -> dict[str, Plain]:
    """Return a document as dicts, lists and scalars, its keys in the contract's order."""
    return {name: plain(getattr(document, name)) for name in document.__struct_fields__}


def dumps(value: object, *, indent: int | None = 2) -> str:
    """Return any plain value as JSON without a final newline.

    ASCII only: no encoding of a terminal or pipe can break it, and control and bidirectional characters that came from
    the far end stay escaped.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(plain(value), indent=indent, separators=separators, allow_nan=False, ensure_ascii=True)


def to_json(document: Document, *, line: bool = False) -> str:
    """Return a document as JSON: indented by two, or with `line` on one line as JSON Lines need it."""
    return dumps(to_plain(document), indent=None if line else 2)

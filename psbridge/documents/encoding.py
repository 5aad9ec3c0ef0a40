"""Documents as plain values and as JSON, and how to know a file of them. Only this writes JSON that others are to read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from psbridge.documents.document import Document
from psbridge.files import read_first
from psbridge.wellformed import well_formed, well_formed_all


def to_plain(value: msgspec.Struct) -> dict[str, Any]:
    """Return a document, or a part of one, as dicts, lists and scalars, its keys in the order of its fields.

    Text is Unicode: lone surrogates are escaped. What JSON has no form for is its text; that of a `Secret` is its mask.
    """
    made: dict[str, Any] = well_formed_all(msgspec.to_builtins(value, enc_hook=str))
    return made


def plain(value: object) -> Any:
    """Return a value that others made, such as an error's detail, as what JSON can hold; NaN and infinities become None."""
    if isinstance(value, Mapping):
        return {well_formed(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else well_formed(str(value))


def dumps(value: object, *, indent: int | None = 2) -> str:
    """Return plain values as JSON without a final newline.

    ASCII only: no encoding of a terminal or pipe can break it, and control and bidirectional characters that came from
    the far end stay escaped. msgspec's own encoder would write them as they are.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(value, indent=indent, separators=separators, allow_nan=False, ensure_ascii=True)


def to_json(document: Document, *, line: bool = False) -> str:
    """Return a document as JSON: indented by two, or with `line` on one line as JSON Lines need it."""
    return dumps(to_plain(document), indent=None if line else 2)


_HEAD = 200


def begins_as(path: Path, kind: str) -> bool:
    """Return whether a file is empty, or begins as a document of a kind, whole or not.

    Raises:
        OSError: it can't be read, or is not a regular file, or has nothing to read yet.
    """
    head = read_first(path, _HEAD)
    begins = re.compile(rf'\s*\{{\s*"schema_version"\s*:\s*\d+\s*,\s*"kind"\s*:\s*"{kind}"'.encode())
    first, _, rest = head.partition(b"\n")
    header = f'{{"schema_version":1,"kind":"{kind}"'.encode()
    if header.startswith(first) and first.startswith(b'{"schema_'):  # torn while it was made, by a kill or a full disk
        head = rest
    return not head.strip() or begins.match(head) is not None

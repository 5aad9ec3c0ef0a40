"""The JSON Schema of every kind, made from the dataclasses, and the way back from plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from psbridge.documents.kinds.every import KINDS, Document

if TYPE_CHECKING:
    from pydantic import TypeAdapter


_CAME_LATER = {"proof": frozenset({"note", "rules"})}
"""Keys that a kept document of an earlier release does not have: it stays readable."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) that every document fulfils; each kind is one of its `$defs`.

    Every key is required (unknown is null, never absent); others are allowed, for keys may be added.
    """
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    class Required(GenerateJsonSchema):
        """Keys that have a default are there all the same."""

        def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002 - pydantic's own signature
            return True

    made: dict[str, Any] = TypeAdapter(Document).json_schema(schema_generator=Required)
    return {"$schema": _DIALECT, "title": "psbridge -o json", "oneOf": made["anyOf"], "$defs": made["$defs"]}


def from_plain(value: Mapping[str, Any]) -> Document:
    """Return the document that plain values were made from; keys that this release does not know are dropped.

    Raises:
        ValueError: the kind, the schema version or a value is not one of this release's. Its text names no value.
    """
    kind = KINDS.get(str(value.get("kind")))
    if kind is None or value.get("schema_version") != 1:
        raise ValueError("not a psbridge document of schema_version 1 and a kind that this release knows")
    later = _CAME_LATER.get(str(value["kind"]), frozenset())
    missing = [name for name in kind.__dataclass_fields__ if name not in value and name not in later]
    if missing:
        raise ValueError(f"a {value['kind']} document without {', '.join(missing)}")
    from pydantic import ValidationError

    try:
        # Strict, so that no text passes for a truth or a number; as JSON, whose lists may be tuples.
        text = json.dumps(dict(value), ensure_ascii=False).encode("utf-8", "replace")
        return _adapter(str(value["kind"])).validate_json(text, strict=True)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
    raise ValueError(f"a {value['kind']} document whose values are not as its schema says: {where}")


@cache
def _adapter(kind: str) -> TypeAdapter[Document]:
    """Return what reads a kind; making it takes far longer than reading with it."""
    from pydantic import TypeAdapter

    return TypeAdapter(KINDS[kind])

"""What all documents have, and how a value of the models becomes a body of one and back, field by field."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from psbridge.models.time import Instant


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON object that psbridge writes. Each kind gives `kind` its own word as type and default."""

    schema_version: Literal[1] = 1
    kind: str


T = TypeVar("T", bound=msgspec.Struct)


def copied(kind: type[T], source: object, **given: Any) -> T:
    """Return a struct whose fields are the source's attributes of the same names, as far as it has them, and those given."""
    names = [name for name in kind.__struct_fields__ if name not in {"kind", *given} and hasattr(source, name)]
    return kind(**{name: getattr(source, name) for name in names}, **given)


def text_of(moment: Instant | None) -> str | None:
    """Return a moment as documents have it: RFC 3339 in UTC."""
    return None if moment is None else str(moment)


def moment_of(text: str | None) -> Instant | None:
    """Return the moment that a document names.

    Raises:
        ValueError: the text is not an RFC 3339 time.
    """
    return None if text is None else Instant.parse(text)

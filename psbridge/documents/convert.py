"""From a value of the models to a body of the documents and back, field by field."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from psbridge.models.time import Instant

T = TypeVar("T", bound=msgspec.Struct)


def copied(kind: type[T], source: msgspec.Struct, **given: Any) -> T:
    """Return a struct of another kind whose fields are the source's attributes of the same names, but for those given."""
    same = {name: getattr(source, name) for name in kind.__struct_fields__ if name not in given}
    return kind(**same, **given)


def text_of(moment: Instant | None) -> str | None:
    """Return a moment as documents have it: RFC 3339 in UTC."""
    return None if moment is None else str(moment)


def moment_of(text: str | None) -> Instant | None:
    """Return the moment that a document names.

    Raises:
        ValueError: the text is not an RFC 3339 time.
    """
    return None if text is None else Instant.parse(text)

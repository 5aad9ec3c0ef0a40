"""An error, on stderr."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document, copied
from psbridge.documents.encoding import plain
from psbridge.errors import PsbridgeError


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong; `code` and `exit_code` are those of the table of exit codes.

    `explain` is what `psbridge explain` takes for more about it; null if it has no more.
    """

    code: str
    exit_code: int
    message: str
    hint: str | None
    id: str | None
    trigger: Literal["not_sent", "sent", "unknown"]
    detail: dict[str, Any]
    explain: str | None


class ErrorDocument(Document, frozen=True, kw_only=True):
    """An error that has no result document."""

    kind: Literal["error"] = "error"
    error: ErrorBody

    @classmethod
    def of(cls, error: PsbridgeError) -> Self:
        """Return the document of an error."""
        return cls(error=error_body(error))


def error_body(error: PsbridgeError) -> ErrorBody:
    """Return an error as documents have it."""
    shown = {"exit_code": int(error.exit_code), "trigger": error.trigger.value, "detail": plain(error.detail)}
    return copied(ErrorBody, error, **shown)

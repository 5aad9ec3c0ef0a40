"""An error, on stderr, and what exit codes mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document, copied
from psbridge.documents.encoding import plain
from psbridge.errors import ExitCode, PsbridgeError


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong; `code` and `exit_code` are those of the table of exit codes."""

    code: str
    exit_code: int
    message: str
    hint: str | None
    id: str | None
    trigger: Literal["not_sent", "sent", "unknown"]
    detail: dict[str, Any]


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


class CodeBody(msgspec.Struct, frozen=True):
    """One exit code and what it means."""

    exit_code: int
    code: str
    meaning: str


class ExplanationDocument(Document, frozen=True, kw_only=True):
    """`explain`: one code, or all."""

    kind: Literal["explanation"] = "explanation"
    codes: tuple[CodeBody, ...]

    @classmethod
    def of(cls, codes: Iterable[ExitCode]) -> Self:
        """Return the document of one code or many."""
        return cls(codes=tuple(CodeBody(int(code), code.label, code.meaning) for code in codes))

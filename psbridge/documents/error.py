"""An error, on stderr."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document
from psbridge.documents.encoding import plain
from psbridge.errors import Interrupted, PsbridgeError, Trigger

_BUG = "psbridge has met a bug of its own, or an answer that it has no name for"


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
    def of(cls, exception: BaseException, *, trigger: Trigger = Trigger.NOT_SENT) -> Self:
        """Return the document of an error.

        Args:
            exception: any; what is not a PsbridgeError is `internal`, Ctrl-C `interrupted`.
            trigger: whether a trigger was sent, for an exception that can't say so itself.
        """
        if isinstance(exception, PsbridgeError):
            return cls(error=error_body(exception, exception.trigger))
        return cls(error=error_body(_known(exception), trigger))


def error_body(error: PsbridgeError, trigger: Trigger) -> ErrorBody:
    """Return an error as documents have it."""
    return ErrorBody(
        code=error.code,
        exit_code=int(error.exit_code),
        message=error.message,
        hint=error.hint,
        id=error.id,
        trigger=trigger.value,
        detail=plain(error.detail),
    )


def _known(exception: BaseException) -> PsbridgeError:
    if isinstance(exception, KeyboardInterrupt):
        return Interrupted("interrupted")
    text = " ".join(str(exception).split())
    return PsbridgeError(
        f"{_BUG}: {type(exception).__name__}{': ' if text else ''}{text}",
        hint="run it again with --debug and report the traceback",
    )

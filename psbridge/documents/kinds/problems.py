"""What goes to stderr, and what explains it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong; `code` and `exit_code` are those of the table of exit codes."""

    code: str
    exit_code: int
    message: str
    hint: str | None
    id: str | None
    trigger: Literal["not_sent", "sent", "unknown"]
    detail: dict[str, Any]


class ErrorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An error that has no result document."""

    schema_version: Literal[1] = 1
    kind: Literal["error"] = "error"
    error: ErrorBody


class LogDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One line of stderr where the output is json or jsonl, or of the log file, which adds keys to it."""

    schema_version: Literal[1] = 1
    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"]
    source: Literal["psbridge", "host", "emulator"]
    message: str


class CodeBody(msgspec.Struct, frozen=True):
    """One exit code and what it means."""

    exit_code: int
    code: str
    meaning: str


class ExplanationDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`explain`: one code, or all."""

    schema_version: Literal[1] = 1
    kind: Literal["explanation"] = "explanation"
    codes: tuple[CodeBody, ...]

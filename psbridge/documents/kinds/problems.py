"""What goes to stderr, and what explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What went wrong; `code` and `exit_code` are those of the table of exit codes."""

    code: str
    exit_code: int
    message: str
    hint: str | None
    id: str | None
    trigger: Literal["not_sent", "sent", "unknown"]
    detail: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDocument:
    """An error that has no result document."""

    schema_version: Literal[1] = 1
    kind: Literal["error"] = "error"
    error: ErrorBody


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDocument:
    """One line of stderr where the output is json or jsonl, or of the log file, which adds keys to it."""

    schema_version: Literal[1] = 1
    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"]
    source: Literal["psbridge", "host", "emulator"]
    message: str


@dataclass(frozen=True, slots=True)
class CodeBody:
    """One exit code and what it means."""

    exit_code: int
    code: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationDocument:
    """`explain`: one code, or all."""

    schema_version: Literal[1] = 1
    kind: Literal["explanation"] = "explanation"
    codes: tuple[CodeBody, ...]

"""One line of stderr, where the output is json or jsonl, or of the log file."""

from __future__ import annotations

from typing import Literal, Self

from psbridge.documents.document import Document


class LogDocument(Document, frozen=True, kw_only=True):
    """One line of stderr where the output is json or jsonl, or of the log file, which adds keys to it."""

    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"]
    source: Literal["psbridge", "host", "emulator"]
    message: str

    @classmethod
    def of(
        cls,
        level: Literal["debug", "info", "warning", "error"],
        message: str,
        *,
        source: Literal["psbridge", "host"] = "psbridge",
    ) -> Self:
        """Return a line of psbridge's own, or of the host's."""
        return cls(level=level, source=source, message=message)

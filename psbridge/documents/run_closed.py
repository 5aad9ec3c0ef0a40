"""`run close`."""

from __future__ import annotations

from typing import Literal, Self

from psbridge.documents.document import Document
from psbridge.documents.run import RunBody, run_body
from psbridge.models.report import RunRecord


class RunClosedDocument(Document, frozen=True, kw_only=True):
    """`run close`. `message` says what that means for the stamp's backup."""

    kind: Literal["run_closed"] = "run_closed"
    run: RunBody
    message: str

    @classmethod
    def of(cls, record: RunRecord, message: str) -> Self:
        """Return the document of a run that was closed."""
        return cls(run=run_body(record), message=message)

"""`run list`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from psbridge.documents.document import Document
from psbridge.documents.run import RunBody, run_body
from psbridge.models.report import RunRecord


class RunListDocument(Document, frozen=True, kw_only=True):
    """`run list`."""

    kind: Literal["run_list"] = "run_list"
    runs: tuple[RunBody, ...]

    @classmethod
    def of(cls, records: Iterable[RunRecord]) -> Self:
        """Return the document of runs, in the order given."""
        return cls(runs=tuple(map(run_body, records)))

"""`explain`: what exit codes mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document
from psbridge.errors import ExitCode


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

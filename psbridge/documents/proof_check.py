"""`proof verify`: what recomputing a record's verdict showed."""

from __future__ import annotations

from typing import Literal

from psbridge.documents.backup import BackupBody
from psbridge.documents.document import Document
from psbridge.documents.proof import MakerBody
from psbridge.documents.verdict import EvidenceBody


class ProofCheckDocument(Document, frozen=True, kw_only=True):
    """`proof verify`: what the record says, and what its observations lead to now.

    Where the file is not a record at all, what it would say is null. `warnings` says where today's rules lead elsewhere than
    the record's own, `rules`, by which it is judged.
    """

    kind: Literal["proof_check"] = "proof_check"
    file: str
    intact: bool
    agrees: bool
    exit_code: int
    problems: tuple[str, ...]
    target: str | None
    emulated: bool | None
    made_at: str | None
    made_by: MakerBody | None
    host: str | None
    run: str | None
    backup: BackupBody | None
    recorded_verdict: str | None
    recorded_exit_code: int | None
    verdict: str | None
    evidence: tuple[EvidenceBody, ...]
    note: str | None
    rules: int | None
    warnings: tuple[str, ...]

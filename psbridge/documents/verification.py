"""What was read of a backup in its store and what that proves; also the record that `proof verify` judges again."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.documents.document import Document
from psbridge.documents.encoding import to_plain
from psbridge.documents.proof import MakerBody, checksum
from psbridge.documents.verdict import EvidenceBody, evidence_bodies
from psbridge.models.verification import Level, Reason, StoreCase, VerificationReport
from psbridge.values import replace


class StoreProblemBody(msgspec.Struct, frozen=True):
    """Something that is wrong with a backup in its store."""

    level: Level
    reason: Reason
    text: str


class VerificationDocument(Document, frozen=True, kw_only=True):
    """The result of `backup verify`, and what its `--proof` writes. `sha256` is over everything else in it.

    `reached` is the highest level that passed. `observations` is all that was read: each file with its size, each metadata
    file with its SHA-256, and what each test of a data file found. It holds no key and nothing of what the files contain.
    """

    kind: Literal["verification"] = "verification"
    target: str | None
    emulated: bool
    made_at: str
    made_by: MakerBody
    exit_code: int
    code: str
    reason: str | None
    backup_id: str
    where: str
    level: Level
    reached: Level | None
    files: int
    bytes: int
    evidence: tuple[EvidenceBody, ...]
    problems: tuple[StoreProblemBody, ...]
    undecided: tuple[str, ...]
    observations: StoreCase
    sha256: str

    @staticmethod
    def of(
        target: str | None, report: VerificationReport, made_at: str, made_by: MakerBody, *, emulated: bool = False
    ) -> VerificationDocument:
        """Return the document of a report."""
        case, found = report.case, report.verification
        files = [file for each in case.snapshots for file in (each.metadata, each.data) if file is not None]
        document = VerificationDocument(
            target=target,
            emulated=emulated,
            made_at=made_at,
            made_by=made_by,
            exit_code=int(report.exit_code),
            code=report.exit_code.label,
            reason=None if report.problem is None else report.problem.detail.get("reason"),
            backup_id=case.backup_id,
            where=case.where,
            level=case.level,
            reached=found.reached,
            files=len(files),
            bytes=sum(file.size for file in files),
            evidence=evidence_bodies(found.rows),
            problems=tuple(StoreProblemBody(it.level, it.reason, it.text) for it in found.problems),
            undecided=found.undecided,
            observations=case,
            sha256="",
        )
        return replace(document, sha256=checksum(to_plain(document)))

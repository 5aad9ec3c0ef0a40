"""The record that a verdict can be recomputed from, the hash that shows damage, and what `proof verify` found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from psbridge.documents.backup import BackupBody
from psbridge.documents.case import CaseBody, case_body, case_of
from psbridge.documents.document import Document, copied
from psbridge.documents.encoding import to_plain
from psbridge.documents.verdict import (
    Action,
    EvidenceBody,
    StampBody,
    UploadProof,
    Word,
    evidence_bodies,
    stamp_of,
)
from psbridge.models.case import Case
from psbridge.models.report import Report
from psbridge.models.target import Target
from psbridge.values import replace


class MakerBody(msgspec.Struct, frozen=True):
    """Who made a record, and with what."""

    psbridge: str
    python: str
    user: str
    machine: str


class ProofDocument(Document, frozen=True, kw_only=True):
    """What `--proof` writes. `sha256` is over everything else in it; it shows damage, not forgery.

    `rules` is the number of the rules that the verdict was found by, `note` what `start --note` said; records of earlier
    releases have neither, and are of the first rules.
    """

    kind: Literal["proof"] = "proof"
    target: str
    emulated: bool
    made_at: str
    made_by: MakerBody
    host: str | None
    stamp: StampBody | None
    run: str | None
    action: Action | None
    verdict: Word
    exit_code: int
    upload_proof: UploadProof | None
    evidence: tuple[EvidenceBody, ...]
    latest: bool
    max_age_seconds: float | None
    observations: CaseBody
    last_good_observations: CaseBody | None
    rules: int = 1
    note: str | None = None
    sha256: str

    @staticmethod
    def of(target: Target, report: Report, made_at: str, made_by: MakerBody, *, rules: int = 1) -> ProofDocument:
        """Return the record of a report, whose verdict was found by the rules of that number.

        Raises:
            ValueError: the report has no case.
        """
        verdict, case = report.verdict, report.case
        if case is None:
            raise ValueError("a report without its case proves nothing")
        document = copied(
            ProofDocument,
            report,
            target=target.name,
            emulated=target.emulated,
            made_at=made_at,
            made_by=made_by,
            stamp=stamp_of(target, report),
            verdict=verdict.judgement.value,
            exit_code=int(report.exit_code),
            upload_proof=verdict.upload_proof,
            evidence=evidence_bodies(report.evidence),
            latest=case.latest,
            max_age_seconds=case.max_age,
            observations=case_body(case),
            last_good_observations=case_body(case.last_good) if case.last_good else None,
            rules=rules,
            sha256="",
        )
        return replace(document, sha256=checksum(to_plain(document)))


def checksum(plain: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's values in canonical form: all keys but `sha256`, sorted, without white space."""
    rest = {key: value for key, value in plain.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def recorded_case(record: ProofDocument) -> Case:
    """Return the case that a record says its verdict rests on.

    Raises:
        ValueError: a time or an id in it is not one, or a read is of another backup than the one that is judged.
    """
    good = record.last_good_observations
    return replace(
        _case(record.observations),
        max_age=record.max_age_seconds,
        latest=record.latest,
        last_good=_case(good) if good else None,
    )


def _case(observations: CaseBody) -> Case:
    case = case_of(observations)
    for seen in case.observations:
        if seen.times < 1:
            raise ValueError(f"a read that was made {seen.times} times")
        if seen.backup is not None and seen.backup.id != case.id:
            raise ValueError(f"a read of {seen.backup.id}, and not of {case.id or 'a backup'}")
    return case


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
    backup_id: str | None
    recorded_verdict: str | None
    recorded_exit_code: int | None
    verdict: str | None
    evidence: tuple[EvidenceBody, ...]
    note: str | None
    rules: int | None
    warnings: tuple[str, ...]

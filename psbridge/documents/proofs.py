"""A proof's record: from the grounds of a report and back, and the hash that shows damage. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from psbridge.documents.builders import stamp_body
from psbridge.documents.encoding import to_plain
from psbridge.documents.kinds.proofs import CaseBody, MakerBody, ProofDocument
from psbridge.documents.kinds.verdicts import EvidenceBody
from psbridge.documents.mirrors import case_mirror
from psbridge.models.observation import Grounds
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.models.observation import Case
    from psbridge.models.report import Report
    from psbridge.models.target import Target


def proof(target: Target, report: Report, made_at: str, made_by: MakerBody, *, rules: int = 1) -> ProofDocument:
    """Return the record of a report, whose verdict was found by the rules of that number.

    Raises:
        ValueError: the report has no grounds.
    """
    held, grounds = report.verdict, report.grounds
    if grounds is None:
        raise ValueError("a report without its grounds proves nothing")
    location = target.location or (held.backup.location if held.backup else None)
    document = ProofDocument(
        target=target.name,
        emulated=target.emulated,
        made_at=made_at,
        made_by=made_by,
        host=report.host,
        stamp=stamp_body(report.context, location),
        run=report.run,
        action=cast("Literal['started', 'attached', 'skipped'] | None", report.action),
        verdict=held.judgement.value,
        exit_code=int(report.exit_code),
        upload_proof=cast("Literal['shown', 'assumed'] | None", held.upload_proof),
        evidence=tuple(EvidenceBody(row.check, row.outcome.value, row.detail) for row in report.evidence),
        latest=grounds.latest,
        max_age_seconds=grounds.max_age,
        observations=case_mirror().write(grounds.case),
        last_good_observations=case_mirror().write(grounds.good) if grounds.good else None,
        rules=rules,
        note=report.note,
        sha256="",
    )
    return replace(document, sha256=checksum(to_plain(document)))


def checksum(plain: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's values in canonical form: all keys but `sha256`, sorted, without white space."""
    rest = {key: value for key, value in plain.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def grounds_of(record: ProofDocument) -> Grounds:
    """Return what a record says its verdict rests on.

    Raises:
        ValueError: a time or an id in it is none, or a look is at another backup than the one that is judged.
    """
    good = record.last_good_observations
    return Grounds(
        _case(record.observations),
        good=_case(good) if good else None,
        latest=record.latest,
        max_age=record.max_age_seconds,
    )


def _case(observations: CaseBody) -> Case:
    case = case_mirror().read(observations)
    for look in case.looks:
        if look.times < 1:
            raise ValueError(f"a look that was taken {look.times} times")
        if look.observation.backup is not None and look.observation.backup.id != case.id:
            raise ValueError(f"a look at {look.observation.backup.id}, and not at {case.id or 'a backup'}")
    return case

"""Judge the record of a verification again, from what it says was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from psbridge.documents.proof import ProofCheckDocument, checksum
from psbridge.documents.verdict import evidence_bodies
from psbridge.documents.verification import VerificationDocument
from psbridge.errors import ExitCode
from psbridge.models.time import Instant
from psbridge.models.verification import VerificationReport
from psbridge.verdict.store import judge_store, problem_of

_SAME: Final = ("exit_code", "code", "reason", "backup_id", "where", "level", "reached", "files", "bytes")
"""The keys that follow from the observations, word for word. Sentences may be worded otherwise by another release."""


def check_verification(file: Path, plain: Mapping[str, Any], said: VerificationDocument) -> ProofCheckDocument:
    """Return what a record says, and what its observations lead to.

    The exit code is that of the verification, and 14 where the record is damaged or says what they do not lead to.
    """
    case = said.observations
    found = judge_store(case)
    report = VerificationReport(case=case, verification=found, problem=problem_of(case, found))
    again = VerificationDocument.of(said.target, report, said.made_at, said.made_by, emulated=said.emulated)
    intact = checksum(plain) == said.sha256
    differing = tuple(_differing(said, again))
    damage = () if intact else ("the record is damaged: its SHA-256 is not that of its content",)
    return ProofCheckDocument(
        file=str(file),
        intact=intact,
        agrees=not differing,
        exit_code=int(ExitCode.UNKNOWN if damage or differing else report.exit_code),
        problems=(*damage, *differing),
        target=said.target,
        emulated=said.emulated,
        made_at=said.made_at,
        made_by=said.made_by,
        host=None,
        run=None,
        backup=None,
        backup_id=case.backup_id,
        recorded_verdict=said.code,
        recorded_exit_code=said.exit_code,
        verdict=report.exit_code.label,
        evidence=evidence_bodies(found.rows),
        note=None,
        rules=None,
        warnings=(),
    )


def _differing(said: VerificationDocument, found: VerificationDocument) -> Iterator[str]:
    for name in _SAME:
        theirs, ours = getattr(said, name), getattr(found, name)
        if theirs != ours:
            yield f"the record says {name} {theirs}, its observations lead to {ours}"
    rows = ([(it.check, it.outcome) for it in each.evidence] for each in (said, found))
    if len(set(map(tuple, rows))) > 1:
        yield "the record has other rows than its observations lead to"
    problems = ([(it.level, it.reason) for it in each.problems] for each in (said, found))
    if len(set(map(tuple, problems))) > 1:
        yield "the record has other problems than its observations lead to"
    if len(said.undecided) != len(found.undecided):
        yield "the record leaves something else undecided than its observations do"
    try:
        Instant.parse(said.made_at)
    except ValueError:
        yield "`made_at` is not a time"

"""Judge a proof's record again from the file alone, with no stamp and no config."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from psbridge.bounded_json import loads
from psbridge.documents.backup import backup_body
from psbridge.documents.document import copied
from psbridge.documents.proof import ProofCheckDocument, ProofDocument, checksum, recorded_case
from psbridge.documents.registry import from_plain
from psbridge.documents.verdict import EvidenceBody, evidence_bodies
from psbridge.documents.verification import VerificationDocument
from psbridge.errors import ExitCode, UsageError
from psbridge.files import read_regular
from psbridge.models.case import Case
from psbridge.models.verdict import Verdict
from psbridge.proofs.consistency import flaws
from psbridge.proofs.record import RECORDS
from psbridge.proofs.verification import check_verification
from psbridge.values import replace
from psbridge.verdict.exit_code import exit_code_of
from psbridge.verdict.fold import RULES
from psbridge.verdict.judge import judge

_LARGEST: Final = 16 << 20
"""Bytes; a record of a wait of days has some hundred thousand."""
_HEAD: Final = 200
"""Characters of a journal's line within which its event stands."""


def verify_proof(path: str | Path) -> ProofCheckDocument:
    """Judge a record again, from the file alone.

    Args:
        path: what `--proof` wrote, or a run's file of the journal; of that, its last record.

    Returns:
        What the record says, and what its observations lead to. Its `exit_code` is that of the verdict, and 14 where the
        record is damaged or its verdict is not what its observations lead to.

    Raises:
        psbridge.UsageError: the file can't be read.
    """
    file = Path(path)
    try:
        plain = _found(_read(file))
        document = from_plain(plain)
        if isinstance(document, VerificationDocument):
            return check_verification(file, plain, document)
        if not isinstance(document, ProofDocument):
            raise TypeError("it is a document of another kind")
    except (ValueError, TypeError, RecursionError) as wrong:
        return _no_record(file, str(wrong) or "it is nested too deeply")
    return _checked(file, plain, document)


def _read(file: Path) -> str:
    try:
        return read_regular(file, _LARGEST).decode("utf-8")
    except OSError as problem:
        raise UsageError(
            f"the record {file} can't be read: {problem.strerror}", hint="Name the file that --proof wrote."
        ) from problem


def _found(text: str) -> Mapping[str, Any]:
    """Return a record's values: those of the whole text, or of the last line of a journal that has one."""
    try:
        value = _loads(text)
    except ValueError:
        value = next(filter(None, map(_record_of_line, reversed(text.splitlines()))), None)  # its last record
    if isinstance(value, dict) and value.get("kind") in RECORDS:
        return value
    raise ValueError(_without_record(text, value))


def _without_record(text: str, value: object) -> str:
    """Return what a text without a complete record most probably is, without anything of it."""
    if isinstance(value, dict) and "event" not in value:
        return "it is JSON of another kind, not a proof"
    if re.search(r'"kind"\s*:\s*"proof"', text[:_HEAD]):
        return "it is a proof that was cut off or changed: it is not complete JSON"
    if re.match(r'\s*\{[^\n]{0,400}"event"\s*:', text):
        return "it is a run's file of the journal, and the run has no proof record yet; see `psbridge run list`"
    return "it is neither a proof nor a run's file of the journal"


def _loads(text: str) -> Any:
    """Return the values of JSON, which has no number that is none or too large for a float, and no key twice.

    Raises:
        ValueError: it is not such JSON.
    """
    return loads(text, number=_finite, pairs=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a JSON number")
    return number


def _record_of_line(line: str) -> Mapping[str, Any] | None:
    try:
        value = _loads(line)
    except (ValueError, RecursionError):
        if re.search(r'"event"\s*:\s*"proof"', line[:_HEAD]):
            raise ValueError("its last record is torn or damaged") from None  # an earlier one is not in its place
        return None
    found = value.get("record") if isinstance(value, dict) and value.get("event") == "proof" else None
    return found if isinstance(found, dict) else None


def _checked(file: Path, plain: Mapping[str, Any], said: ProofDocument) -> ProofCheckDocument:
    intact = checksum(plain) == said.sha256
    if said.rules > RULES:
        newer = f"it was judged by rules {said.rules}, and this release knows those up to {RULES}: use a newer psbridge"
        return replace(_no_record(file, newer), intact=intact, rules=said.rules)
    try:
        case = recorded_case(said)
    except ValueError as unreadable:
        return _no_record(file, str(unreadable))
    wrong = tuple(dict.fromkeys(flaws(said, case)))
    if wrong:
        inconsistent = tuple(f"the record is damaged or inconsistent: {each}" for each in wrong)
        return replace(_no_record(file, ""), intact=intact, problems=inconsistent, rules=said.rules)
    return _judged(file, said, case, intact=intact)


def _judged(file: Path, said: ProofDocument, case: Case, *, intact: bool) -> ProofCheckDocument:
    found = judge(case, said.rules)
    code = exit_code_of(case, found, said.rules)
    evidence = evidence_bodies(found.evidence)
    differing = _differing(said, found, code, evidence)
    damage = [] if intact else ["the record is damaged: its SHA-256 is not that of its content"]
    return copied(
        ProofCheckDocument,
        said,
        file=str(file),
        intact=intact,
        agrees=not differing,
        exit_code=int(ExitCode.UNKNOWN if damage or differing else code),
        problems=(*damage, *differing),
        backup=backup_body(found.backup) if found.backup else None,
        backup_id=case.id or None,
        recorded_verdict=said.verdict,
        recorded_exit_code=said.exit_code,
        verdict=found.judgement.value,
        evidence=evidence,
        warnings=_otherwise_today(case, found, code, said.rules),
    )


def _differing(
    said: ProofDocument, found: Verdict, code: ExitCode, evidence: tuple[EvidenceBody, ...]
) -> tuple[str, ...]:
    """Return in what a record differs from what its observations lead to.

    Sentences may be worded otherwise by another release, and rows be added; what a row found may not change.
    """
    pairs = (
        ("the verdict", said.verdict, found.judgement.value),
        ("exit code", said.exit_code, int(code)),
        ("the upload's proof", said.upload_proof, found.upload_proof),
    )
    outcomes, told = {row.check: row.outcome for row in evidence}, {row.check for row in said.evidence}
    rows = (
        *((name, theirs, ours) for name, theirs, ours in pairs),
        *((row.check, row.outcome, outcomes.get(row.check, row.outcome)) for row in said.evidence),
        *((row.check, "nothing", row.outcome) for row in evidence if row.check not in told),
    )
    return tuple(
        f"the record says {name} {theirs}, its observations lead to {ours}"
        for name, theirs, ours in rows
        if theirs != ours
    )


def _otherwise_today(case: Case, found: Verdict, code: ExitCode, rules: int) -> tuple[str, ...]:
    """Return a warning where today's rules lead elsewhere than the record's own."""
    if rules == RULES:
        return ()
    now = judge(case)
    now_code = exit_code_of(case, now)
    if (now.judgement, now_code) == (found.judgement, code):
        return ()
    told = f"{now.judgement}, exit code {int(now_code)}"
    return (f"judged by rules {rules}, which were current then; by today's rules, {RULES}, it would be {told}",)


def _no_record(file: Path, why: str) -> ProofCheckDocument:
    return ProofCheckDocument(
        file=str(file),
        intact=False,
        agrees=False,
        exit_code=int(ExitCode.UNKNOWN),
        problems=(f"not a record that can be judged: {why}",),
        target=None,
        emulated=None,
        made_at=None,
        made_by=None,
        host=None,
        run=None,
        backup=None,
        backup_id=None,
        recorded_verdict=None,
        recorded_exit_code=None,
        verdict=None,
        evidence=(),
        note=None,
        rules=None,
        warnings=(),
    )

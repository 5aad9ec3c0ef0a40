"""Whether a record can be one that psbridge wrote, whatever its sum says: what it could not have written proves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from psbridge.documents.case import CaseBody, case_body
from psbridge.documents.encoding import to_plain
from psbridge.documents.proof import ProofDocument
from psbridge.models.backup import Backup, backup_id
from psbridge.models.case import Case
from psbridge.models.observation import Observation, Source
from psbridge.models.target import INFERRED_CHECKS
from psbridge.models.time import Instant
from psbridge.values import replace

_KNOWS_NO_START: Final = 3
_OPERATION: Final = frozenset({None, 200, 202})


def flaws(record: ProofDocument, case: Case) -> Iterator[str]:
    """Yield what psbridge could not have written."""
    yield from _head(record, case)
    good = record.last_good_observations
    bodies = [(record.observations, case), *([(good, case.last_good)] if good and case.last_good else [])]
    for body, each in bodies:
        if _written(case_body(each), record.rules) != _written(body, record.rules):
            yield "a time, a length of time or an end of a backup is not written as psbridge writes it"
        yield from _case(each, record.rules)


def _written(body: CaseBody, rules: int) -> Any:
    """Return what a record keeps of a case, as far as it is written in one way.

    Until the third rules, a backup whose duration was 0 began when it ended; since then its start is not known.
    """
    plain = to_plain(body)
    return _without_starts(plain) if rules < _KNOWS_NO_START else plain


def _without_starts(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_starts(each) for each in value]
    if not isinstance(value, dict):
        return value
    untimed = value.get("duration_seconds", 1) == 0
    return {key: None if untimed and key == "started_at" else _without_starts(each) for key, each in value.items()}


def _head(record: ProofDocument, case: Case) -> Iterator[str]:
    made_at = _canonical(record.made_at)
    cases = [it for it in (case, case.last_good) if it is not None]
    if made_at is None:
        yield "`made_at` is not a time"
    elif any(made_at < it.decided_at for it in cases):
        yield "the record was made before its verdict"
    if not record.target:
        yield "the record names no target"
    if record.rules < 1:
        yield f"rules {record.rules} do not exist"
    if record.max_age_seconds is not None and record.max_age_seconds < 0:
        yield "`max_age_seconds` is negative"
    if _repeated(row.check for row in record.evidence):
        yield "an evidence row appears twice"
    yield from _command(record, case)
    later = any(it.intent_host_time or it.known_ids or it.inferred_checks for it in cases)
    if record.rules == 1 and (later or record.note is not None):
        yield "a record of the first rules has keys of later rules"


def _canonical(text: str) -> Instant | None:
    """Return a time, None where that is not one as psbridge writes it."""
    try:
        read = Instant.parse(text)
    except ValueError:
        return None
    return read if str(read) == text else None


def _command(record: ProofDocument, case: Case) -> Iterator[str]:
    """Yield what does not go together about the command that made it: a wait judges one backup, by no age."""
    if record.action in {"started", "attached"} and not case.waiting:
        yield f"a backup that was {record.action} has a wait"
    if record.action == "skipped" and (case.waiting or record.run is not None):
        yield "a start that was skipped waits for nothing and has no run"
    if case.own and (not case.waiting or record.action == "attached"):
        yield "only a backup that was started and waited for belongs to this run"
    if case.waiting and (record.latest or record.max_age_seconds is not None or case.last_good is not None):
        yield "a wait asks for no age"
    if case.last_good is not None and (not record.latest or case.last_good.id == case.id or case.last_good.waiting):
        yield "another good backup is searched for only with the latest one"


def _case(case: Case, rules: int) -> Iterator[str]:
    if case.settle < 0:
        yield "`settle_seconds` is negative"
    yield from _ids(case)
    yield from _inferred(case)
    yield from _order(case)
    for at, seen in enumerate(case.observations):
        yield from _observation(case, seen, rules)
        yield from _times(case, at)


def _ids(case: Case) -> Iterator[str]:
    shown = [it.backup for it in case.observations] + [w.backup for it in case.observations for w in it.witnesses]
    backups = [*case.listed, *(it for it in shown if it is not None)]
    ids = {*([case.id] if case.id else []), *case.known_ids, *(it.id for it in backups)}
    for id_ in sorted(ids):
        try:
            plain = backup_id(id_) == id_
        except ValueError:
            plain = False
        if not plain:
            yield "a backup's id is not a GUID in lower case"
            return
    if any(_other_id(it) for it in backups):
        yield "a backup's name belongs to another backup"
    if not case.id and case.observations:
        yield "a backup was read and none is named"


def _other_id(backup: Backup) -> bool:
    """Return whether a name, from which psbridge reads the id, is that of another backup."""
    if backup.name is None:
        return False
    try:
        return backup_id(backup.name) != backup.id
    except ValueError:
        return True


def _inferred(case: Case) -> Iterator[str]:
    if _repeated(case.inferred_checks) or set(case.inferred_checks) - set(INFERRED_CHECKS):
        yield "`inferred_checks` names something else"


def _order(case: Case) -> Iterator[str]:
    """Yield where time does not pass; two reads are two only if the second came later."""
    if any(
        later.at <= earlier.until or later.elapsed <= earlier.elapsed for earlier, later in pairwise(case.observations)
    ):
        yield "the reads are not in the order of time"
    if any(it.elapsed < 0 for it in case.observations) or case.elapsed < 0:
        yield "an elapsed time is negative"
    if case.observations and (
        case.decided_at < case.observations[-1].until or case.elapsed < case.observations[-1].elapsed
    ):
        yield "the backup was judged before the last read"


def _observation(case: Case, seen: Observation, rules: int) -> Iterator[str]:
    if seen.operation not in _OPERATION:
        yield f"a read shows {seen.operation} for the operation"
    if rules == 1:
        yield from _first_rules(seen)
        return
    if seen != seen.recomputed():
        yield "a read shows what its sources do not say"
    if _repeated(it.source for it in seen.witnesses):
        yield "a source appears twice in one read"
    ended = any(it.source is Source.OPERATION and it.backup.id == case.id for it in seen.witnesses)
    if ended != (seen.operation == 200):
        yield "a read shows an ended operation without its result, or a result without an ended operation"


def _repeated(values: Iterable[object]) -> bool:
    known = list(values)
    return len(set(known)) != len(known)


def _first_rules(seen: Observation) -> Iterator[str]:
    """Yield what the reads of the first rules, which have no sources, can't show."""
    if seen.witnesses:
        yield "a read of the first rules has sources"
    read = seen.upload_read or (
        seen.witnesses_agree
        and (seen.backup is None or (seen.backup.completely_uploaded is None and seen.backup.is_automatic is None))
    )
    if not read or (seen.backup is None and seen.upload_read):
        yield "a read shows what only the raw answer contains, and that was not read"


def _times(case: Case, at: int) -> Iterator[str]:
    """Yield where reads are counted together, or apart, in another way than psbridge does."""
    seen = case.observations[at]
    if seen.times < 1 or (seen.times == 1) != (seen.until == seen.at) or seen.until < seen.at:
        yield f"a read that was made {seen.times} times, from {seen.at} to {seen.until}"
    upto = replace(case, observations=case.observations[: at + 1])
    before = replace(case, observations=case.observations[:at])
    if (seen.times > 1 and not upto.repeats(seen)) or before.repeats(seen):
        yield "the reads are not counted as psbridge counts them"

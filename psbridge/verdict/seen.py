"""What is known of a backup as the answers come in: pure, one function from each answer to the next state."""

from __future__ import annotations

from collections.abc import Collection

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Observation
from psbridge.models.witness import FILLED
from psbridge.values import replace
from psbridge.verdict import first_rules as seen_first
from psbridge.verdict.rules import RULES
from psbridge.verdict.state import Seen
from psbridge.verdict.witnesses import PROGRESS, Difference, across, changed, differences, progress, witnesses_of

# An answer that lacks a backup which was seen before may be one bad answer; two in a row are not. So with an answer whose
# witnesses differ: what was read first may have changed before the next was read, and is read once more.
_ABSENCES = 2
_DISAGREEMENTS = 2
_ENDED = {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.SKIPPED}


def advance(seen: Seen, answer: Observation, now: float, *, rules: int = RULES, inferred: Collection[str] = ()) -> Seen:
    """Return what is known after one more answer.

    Args:
        seen: what was known before.
        answer: the answer.
        now: the monotonic time at which it came.
        rules: the number of the rules.
        inferred: names of the comparisons that are warnings only.
    """
    if rules == 1:
        return seen_first.advance(seen, answer, now)
    if answer.witnesses:  # what is judged is what the sources said, and not what was made of it elsewhere
        answer = Observation.of(answer.witnesses, answer.operation, answer.host_time)
    found = differences(answer)
    hard = tuple(it for it in found if it.check not in inferred)
    if hard:
        return _disputed(seen, answer, hard)
    before = seen
    seen = replace(seen, disagreements=0, operation=_operation(seen, answer))
    if answer.backup is None:
        return _absent(seen)
    seen = replace(seen, absences=0, showed=True, turned_down=tuple(dict.fromkeys((*seen.turned_down, *found))))
    return _shown(before, seen, answer, answer.backup, now, inferred)


def _operation(seen: Seen, answer: Observation) -> int | None:
    """Return what is known of the operation: that it had ended before the backup had says nothing of the backup's end."""
    if answer.operation is not None:
        return answer.operation
    return None if seen.first_end is None and seen.operation == 200 else seen.operation


def _shown(
    before: Seen, seen: Seen, answer: Observation, backup: Backup, now: float, inferred: Collection[str]
) -> Seen:
    answer = replace(answer, backup=_with_earlier(seen, backup))
    seen = replace(seen, latest=answer, upload_read=answer.upload_read or (seen.upload_read and bool(seen.first_end)))
    if seen.contradiction is not None:
        return seen
    if backup.phase is Phase.GONE:
        return replace(seen, contradiction="the stamp says that the backup was deleted while it was waited for")
    if backup.phase in _ENDED:
        return _ended(before, seen, answer, now, inferred)
    if seen.first_end is not None:
        return replace(seen, contradiction=f"the backup had ended, and now the stamp says {backup.status}")
    return seen


def _with_earlier(seen: Seen, backup: Backup) -> Backup:
    """Keep what an earlier answer told where this one could not be asked: `false` is not `unknown`.

    Nothing good is kept of what was read while the backup ran.
    """
    if seen.backup is None:
        return backup
    earlier = {name: getattr(seen.backup, name) for name in FILLED if getattr(backup, name) is None}
    if seen.first_end is None:
        earlier = {name: value for name, value in earlier.items() if value is False and name == "completely_uploaded"}
    return replace(backup, **earlier)


def _absent(seen: Seen) -> Seen:
    if seen.latest is None and not seen.showed:
        return seen
    absences = seen.absences + 1
    gone = "the stamp showed the backup before and does not any more" if absences >= _ABSENCES else None
    return replace(seen, absences=absences, contradiction=seen.contradiction or gone)


def _disputed(seen: Seen, answer: Observation, found: tuple[Difference, ...]) -> Seen:
    """Nothing of an answer whose witnesses differ is judged. After the end nothing changes: there two need not be in a row."""
    count = seen.disagreements + 1
    disputes = seen.disputes + (answer.backup is not None and answer.backup.phase in _ENDED)
    differ = "; ".join(it.text for it in found) if max(count, disputes) >= _DISAGREEMENTS else None
    contradiction = seen.contradiction or differ
    return replace(seen, disagreements=count, disputes=disputes, absences=0, showed=True, contradiction=contradiction)


def _ended(before: Seen, seen: Seen, answer: Observation, now: float, inferred: Collection[str]) -> Seen:
    """Compare an answer of the end with those before; where something went on since, another is needed."""
    shown = replace(answer, backup=seen.backup)
    witnesses = witnesses_of(answer if answer.witnesses else shown)
    kept = {it.source: it for it in (*before.ended, *witnesses)}
    seen = replace(seen, ended=tuple(kept.values()))
    if before.first_end is None or before.backup is None or seen.backup is None:
        return replace(seen, first_end=answer, ended_at=now)
    apart = (it.text for it in across(seen.ended) if it.check not in inferred)
    otherwise = changed(before.ended, witnesses) or _went_back(before, seen) or next(apart, None)
    if otherwise or before.reads_agree is False:
        return replace(seen, reads_agree=False, changed=before.changed or otherwise)
    same = progress(before.backup, before.operation) == progress(seen.backup, seen.operation)
    return replace(seen, reads_agree=True if same else None)


def _went_back(before: Seen, seen: Seen) -> str | None:
    """Return what was done and is not any more, whichever source says so."""
    if before.operation == 200 and seen.operation == 202:
        return "the stamp's operation had ended, and goes on again"
    if before.backup is None or seen.backup is None:
        return None
    for name in PROGRESS:
        if getattr(before.backup, name) is True and getattr(seen.backup, name) is False:
            return f"{name} was true, and is false now"
    return None

"""How answers were folded by the first rules: only for the records that were made by them. Nothing here changes any more."""

from __future__ import annotations

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Observation
from psbridge.values import replace
from psbridge.verdict.state import Seen

# An answer that lacks a backup which was seen before may be one bad answer; two in a row are not.
_ABSENCES = 2
_DISAGREEMENTS = 3
_ENDED = {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.SKIPPED}


def advance(seen: Seen, answer: Observation, now: float) -> Seen:
    """Return what is known after one more answer.

    Args:
        seen: what was known before.
        answer: the answer.
        now: the monotonic time at which it came.
    """
    seen = replace(seen, operation=seen.operation if answer.operation is None else answer.operation)
    if answer.backup is None:
        return _absent(seen)
    seen = replace(seen, absences=0, showed=True)
    if not answer.witnesses_agree:
        return _disagreeing(seen)
    answer = replace(answer, backup=_with_upload(seen, answer, answer.backup))
    seen = replace(seen, disagreements=0, latest=answer, upload_read=seen.upload_read or answer.upload_read)
    return _agreeing(seen, answer, answer.backup.phase if answer.backup else Phase.UNKNOWN, now)


def _agreeing(seen: Seen, answer: Observation, phase: Phase, now: float) -> Seen:
    if seen.contradiction is not None:
        return seen
    if phase is Phase.GONE:
        return replace(seen, contradiction="the stamp says that the backup was deleted while it was waited for")
    if phase in _ENDED:
        return _ended(seen, answer, now)
    if seen.first_end is not None:
        word = answer.backup.status if answer.backup else None
        return replace(seen, contradiction=f"the backup had ended, and now the stamp says {word}")
    return seen


def _with_upload(seen: Seen, answer: Observation, backup: Backup) -> Backup:
    """Keep what an earlier answer said of the upload where this one could not be asked: `false` is not `unknown`."""
    if answer.upload_read or seen.backup is None or not seen.upload_read:
        return backup
    return replace(backup, completely_uploaded=seen.backup.completely_uploaded, is_automatic=seen.backup.is_automatic)


def _absent(seen: Seen) -> Seen:
    if seen.latest is None and not seen.showed:
        return seen
    absences = seen.absences + 1
    gone = "the stamp showed the backup before and does not any more" if absences >= _ABSENCES else None
    return replace(seen, absences=absences, contradiction=seen.contradiction or gone)


def _disagreeing(seen: Seen) -> Seen:
    """The raw JSON is read a moment after the object, so one difference may be the change itself; three are not.

    Nothing of such an answer is judged.
    """
    count = seen.disagreements + 1
    differ = "the module's object and the raw JSON give different statuses" if count >= _DISAGREEMENTS else None
    return replace(seen, disagreements=count, contradiction=seen.contradiction or differ)


def _ended(seen: Seen, answer: Observation, now: float) -> Seen:
    if seen.first_end is None or seen.first_end.backup is None:
        return replace(seen, first_end=answer, ended_at=now)
    agree = answer.backup is not None and same_end(seen.first_end.backup, answer.backup)
    return replace(seen, reads_agree=agree and seen.reads_agree is not False)


def same_end(first: Backup, second: Backup) -> bool:
    """Tell whether two reads show the same end. What the upload still changes afterwards does not count."""

    def told(backup: Backup) -> tuple[object, ...]:
        roles = None if backup.roles is None else frozenset((role.name, role.status) for role in backup.roles)
        return (
            backup.id,
            backup.status,
            roles,
            backup.completed_at,
            backup.duration,
            backup.encryption_cert_thumbprint,
        )

    return told(first) == told(second)

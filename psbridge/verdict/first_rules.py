"""How observations were folded by the first rules: only for records that were made by them. Nothing here changes any more."""

from __future__ import annotations

from collections.abc import Iterable

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Observation
from psbridge.values import replace
from psbridge.verdict.baseline import looks_good
from psbridge.verdict.state import State

# An answer that lacks a backup which was seen before may be one bad answer; two in a row are not.
_ABSENCES = 2
_DISAGREEMENTS = 3
ENDED = {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.SKIPPED}


def advance(state: State, observation: Observation) -> State:
    """Return what is known after one more observation."""
    state = replace(state, operation=state.operation if observation.operation is None else observation.operation)
    if observation.backup is None:
        return absent(state)
    state = replace(state, absences=0, showed=True)
    if not observation.witnesses_agree:
        return _disagreeing(state)
    observation = replace(observation, backup=_with_upload(state, observation, observation.backup))
    state = replace(
        state, disagreements=0, latest=observation, upload_read=state.upload_read or observation.upload_read
    )
    return _agreeing(state, observation, observation.backup.phase if observation.backup else Phase.UNKNOWN)


def _agreeing(state: State, observation: Observation, phase: Phase) -> State:
    if state.contradiction is not None:
        return state
    if phase is Phase.GONE:
        return replace(state, contradiction="the stamp says that the backup was deleted during the wait")
    if phase in ENDED:
        return _ended(state, observation)
    if state.first_end is not None:
        word = observation.backup.status if observation.backup else None
        return replace(state, contradiction=f"the backup had ended, and now the stamp says {word}")
    return state


def _with_upload(state: State, observation: Observation, backup: Backup) -> Backup:
    """Keep what an earlier answer said of the upload where this one could not be asked: `false` is not `unknown`."""
    if observation.upload_read or state.backup is None or not state.upload_read:
        return backup
    return replace(backup, completely_uploaded=state.backup.completely_uploaded, is_automatic=state.backup.is_automatic)


def absent(state: State) -> State:
    """Return what is known after an answer that does not show the backup."""
    if state.latest is None and not state.showed:
        return state
    absences = state.absences + 1
    gone = "the stamp showed the backup before and does not any more" if absences >= _ABSENCES else None
    return replace(state, absences=absences, contradiction=state.contradiction or gone)


def _disagreeing(state: State) -> State:
    """The raw JSON is read a moment after the object, so one difference may be the change itself; three are not.

    Nothing of such an answer is judged.
    """
    count = state.disagreements + 1
    differ = "the module's object and the raw JSON give different statuses" if count >= _DISAGREEMENTS else None
    return replace(state, disagreements=count, contradiction=state.contradiction or differ)


def _ended(state: State, observation: Observation) -> State:
    if state.first_end is None or state.first_end.backup is None:
        return replace(state, first_end=observation)
    agree = observation.backup is not None and same_end(state.first_end.backup, observation.backup)
    return replace(state, reads_agree=agree and state.reads_agree is not False)


def same_end(first: Backup, second: Backup) -> bool:
    """Return whether two reads show the same end. What the upload still changes afterwards does not count."""

    def told(backup: Backup) -> tuple[object, ...]:
        roles = None if backup.roles is None else frozenset((role.name, role.status) for role in backup.roles)
        ended = (backup.completed_at, backup.duration)
        return (backup.id, backup.status, roles, *ended, backup.encryption_cert_thumbprint)

    return told(first) == told(second)


def baseline(backup: Backup, others: Iterable[Backup]) -> Backup | None:
    """Return the newest other backup that appears good and ended before this one (or at all, while this one runs)."""
    earlier = [
        other
        for other in others
        if other.id != backup.id
        and looks_good(other)
        and other.completed_at is not None
        and (backup.completed_at is None or other.completed_at <= backup.completed_at)
    ]
    return max(earlier, key=lambda it: it.completed_at.ticks if it.completed_at else 0, default=None)

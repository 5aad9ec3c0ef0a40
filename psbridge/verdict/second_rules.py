"""How observations are folded by the second rules, those of today: pure, one step from each to the next state."""

from __future__ import annotations

from collections.abc import Collection

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import FILLED, Observation
from psbridge.values import replace
from psbridge.verdict.first_rules import ENDED, absent
from psbridge.verdict.state import State
from psbridge.verdict.witnesses import PROGRESS, Difference, across, changed, differences, progress, witnesses_of

# What was read first may have changed before the next was read, and is read once more.
_DISAGREEMENTS = 2


def advance(state: State, observation: Observation, inferred: Collection[str] = ()) -> State:
    """Return what is known after one more observation.

    `inferred`: names of the comparisons that are warnings only.
    """
    if observation.witnesses:  # what is judged is what the sources said, and not what was made of it elsewhere
        observation = observation.recomputed()
    found = differences(observation)
    hard = tuple(it for it in found if it.check not in inferred)
    if hard:
        return _disputed(state, observation, hard)
    before = state
    state = replace(state, disagreements=0, operation=_operation(state, observation))
    if observation.backup is None:
        return absent(state)
    turned_down = tuple(dict.fromkeys((*state.turned_down, *found)))
    state = replace(state, absences=0, showed=True, turned_down=turned_down)
    return _shown(before, state, observation, observation.backup, inferred)


def _operation(state: State, observation: Observation) -> int | None:
    """Return what is known of the operation: that it had ended before the backup had says nothing of the backup's end."""
    if observation.operation is not None:
        return observation.operation
    return None if state.first_end is None and state.operation == 200 else state.operation


def _shown(before: State, state: State, observation: Observation, backup: Backup, inferred: Collection[str]) -> State:
    observation = replace(observation, backup=_with_earlier(state, backup))
    state = replace(
        state, latest=observation, upload_read=observation.upload_read or (state.upload_read and bool(state.first_end))
    )
    if state.contradiction is not None:
        return state
    if backup.phase is Phase.GONE:
        return replace(state, contradiction="the stamp says that the backup was deleted during the wait")
    if backup.phase in ENDED:
        return _ended(before, state, observation, inferred)
    if state.first_end is not None:
        return replace(state, contradiction=f"the backup had ended, and now the stamp says {backup.status}")
    return state


def _with_earlier(state: State, backup: Backup) -> Backup:
    """Keep what an earlier answer showed if this one could not be read: `false` is not `unknown`.

    Nothing good is kept of what was read while the backup ran.
    """
    if state.backup is None:
        return backup
    earlier = {name: getattr(state.backup, name) for name in FILLED if getattr(backup, name) is None}
    if state.first_end is None:
        earlier = {name: value for name, value in earlier.items() if value is False and name == "completely_uploaded"}
    return replace(backup, **earlier)


def _disputed(state: State, observation: Observation, found: tuple[Difference, ...]) -> State:
    """Nothing of an answer whose witnesses differ is judged. After the end nothing changes: there two need not be in a row."""
    count = state.disagreements + 1
    disputes = state.disputes + (observation.backup is not None and observation.backup.phase in ENDED)
    differ = "; ".join(it.text for it in found) if max(count, disputes) >= _DISAGREEMENTS else None
    contradiction = state.contradiction or differ
    return replace(state, disagreements=count, disputes=disputes, absences=0, showed=True, contradiction=contradiction)


def _ended(before: State, state: State, observation: Observation, inferred: Collection[str]) -> State:
    """Compare an answer of the end with those before; where something went on since, another is needed."""
    shown = replace(observation, backup=state.backup)
    witnesses = witnesses_of(observation if observation.witnesses else shown)
    kept = {it.source: it for it in (*before.ended, *witnesses)}
    state = replace(state, ended=tuple(kept.values()))
    if before.first_end is None or before.backup is None or state.backup is None:
        return replace(state, first_end=observation)
    apart = (it.text for it in across(state.ended) if it.check not in inferred)
    otherwise = changed(before.ended, witnesses) or _went_back(before, state) or next(apart, None)
    if otherwise or before.reads_agree is False:
        return replace(state, reads_agree=False, changed=before.changed or otherwise)
    same = progress(before.backup, before.operation) == progress(state.backup, state.operation)
    return replace(state, reads_agree=True if same else None)


def _went_back(before: State, state: State) -> str | None:
    """Return what was done and is not any more, whichever source says so."""
    if before.operation == 200 and state.operation == 202:
        return "the stamp's operation had ended and is running again"
    if before.backup is None or state.backup is None:
        return None
    for name in PROGRESS:
        if getattr(before.backup, name) is True and getattr(state.backup, name) is False:
            return f"{name} was true, and is false now"
    return None

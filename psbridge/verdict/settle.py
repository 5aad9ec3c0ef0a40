"""How long a backup that has ended is still looked at, and when no more looks are needed."""

from __future__ import annotations

from psbridge.models.case import Case
from psbridge.models.verdict import Judgement, Verdict
from psbridge.verdict.age import host_clock
from psbridge.verdict.state import State


def settle_left(case: Case, state: State) -> float:
    """Return how many seconds of the settle time are left; all of it before the end.

    A wait counts on its own monotonic clock from the first answer that the backup had ended; confirm from `completed_at` by
    the host's clock.
    """
    if case.waiting:
        return case.settle if state.first_end is None else state.first_end.elapsed + case.settle - case.elapsed
    ended = state.backup.completed_at if state.backup else None
    return case.settle if ended is None else case.settle - (host_clock(case, state) - ended).seconds


def is_over(state: State, verdict: Verdict) -> bool:
    """Return whether a wait need not look again: there is a verdict, and nothing that may still change it."""
    if state.contradiction is not None:
        return True
    uploaded = state.backup is not None and state.backup.completely_uploaded is True
    # The operation is the authority on the end: until then the upload and the readiness may still change.
    upload_goes_on = state.operation == 202 and not uploaded and verdict.judgement is not Judgement.FAILED
    still_open = verdict.judgement in {Judgement.RUNNING, Judgement.UNPROVEN}
    return state.reads_agree is not None and not upload_goes_on and not still_open

"""What is known of a backup after its observations so far (`psbridge.verdict.fold`), and whether more are needed."""

from __future__ import annotations

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.case import Case
from psbridge.models.observation import Observation, Witness
from psbridge.models.time import Instant
from psbridge.models.verdict import Judgement, Verdict
from psbridge.verdict.witnesses import Difference


class State(msgspec.Struct, frozen=True):
    """What is known of a backup after its observations so far.

    Attributes:
        latest: the newest observation that showed the backup, its witnesses agreeing.
        first_end: the first one that showed it ended.
        reads_agree: whether two after the end agreed in all that counts; None before there are two.
        changed: in what they differed; None if they did not.
        ended: each source's statement as it last was after the end.
        operation: the newest readable status of the operation: what was once read does not become unreadable.
        upload_read: the raw backup was read, after the end.
        showed: an observation showed the backup, if only one whose witnesses differ.
        absences: how many in a row did not show it, of those after one that did.
        disagreements: how many in a row had witnesses that differ.
        disputes: how many had in all, of those that showed the end.
        turned_down: the differences that the config turns into warnings.
        contradiction: what can't be; None if all fits.
    """

    latest: Observation | None = None
    first_end: Observation | None = None
    reads_agree: bool | None = None
    changed: str | None = None
    ended: tuple[Witness, ...] = ()
    operation: int | None = None
    upload_read: bool = False
    showed: bool = False
    absences: int = 0
    disagreements: int = 0
    disputes: int = 0
    turned_down: tuple[Difference, ...] = ()
    contradiction: str | None = None

    @property
    def backup(self) -> Backup | None:
        """The backup as last shown."""
        return self.latest.backup if self.latest else None


def host_clock(case: Case, state: State) -> Instant:
    """Return the time that ages are measured at: the host's clock at the last answer, else this machine's."""
    return (state.latest.host_time if state.latest else None) or case.decided_at


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
    """Return whether a wait need not read again: there is a verdict, and nothing that may still change it."""
    if state.contradiction is not None:
        return True
    uploaded = state.backup is not None and state.backup.completely_uploaded is True
    # The operation is the authority on the end: until then the upload and the readiness may still change.
    upload_goes_on = state.operation == 202 and not uploaded and verdict.judgement is not Judgement.FAILED
    still_open = verdict.judgement in {Judgement.RUNNING, Judgement.UNPROVEN}
    return state.reads_agree is not None and not upload_goes_on and not still_open

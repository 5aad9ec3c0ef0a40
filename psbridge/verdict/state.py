"""What is known of a backup after its observations so far (`psbridge.verdict.fold`)."""

from __future__ import annotations

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.observation import Observation
from psbridge.models.witness import Witness
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

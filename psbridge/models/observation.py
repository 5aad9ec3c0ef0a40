"""What a look at a backup showed, and when."""

from __future__ import annotations

from typing import Final

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.time import Instant
from psbridge.models.witness import Source, Witness, joined
from psbridge.values import replace

_UNDATED: Final = Instant(0)


class Observation(msgspec.Struct, frozen=True):
    """What one look at a backup showed, and when; or several in a row that showed the same of one that runs.

    Attributes:
        backup: None if the stamp does not show it (that it shows a running one is inferred, not known).
        operation: HTTP status of `operationResults/<id>`: 202 while it runs, 200 at its end; None if it can't be read.
        upload_read: the raw JSON of the backup was there to be read, so that `completely_uploaded` None means that the
            stamp has no such field, and not that nobody could look.
        witnesses_agree: the raw JSON and the module's object had the same status; True where there is only one.
        host_time: the host's clock at this answer; of several, at the last.
        witnesses: what each source said by itself; none in a record of before the second rules.
        at: this machine's clock at the first of them. The case sets it, and what follows (`with_observation`).
        until: the same at the last.
        elapsed: seconds since the waiting began, on a clock that is never set back, at the first.
        times: how many they are.
    """

    backup: Backup | None
    operation: int | None = None
    upload_read: bool = False
    witnesses_agree: bool = True
    host_time: Instant | None = None
    witnesses: tuple[Witness, ...] = ()
    at: Instant = _UNDATED
    until: Instant = _UNDATED
    elapsed: float = 0.0
    times: int = 1

    @classmethod
    def of(
        cls,
        witnesses: tuple[Witness, ...],
        operation: int | None = None,
        host_time: Instant | None = None,
    ) -> Observation:
        """Return the observation that these witnesses make; those of another backup add nothing to what is shown of it."""
        backup = joined(witnesses)
        own = [it for it in witnesses if it.source is not Source.OBJECT and backup and it.backup.id == backup.id]
        return cls(
            backup,
            operation,
            upload_read=bool(own),
            witnesses_agree=all(backup is None or it.backup.status == backup.status for it in own),
            host_time=host_time,
            witnesses=witnesses,
        )

    def recomputed(self) -> Observation:
        """Return the observation as its witnesses make it."""
        made = Observation.of(self.witnesses)
        return replace(self, backup=made.backup, upload_read=made.upload_read, witnesses_agree=made.witnesses_agree)

    def shows_same(self, other: Observation) -> bool:
        """Return whether another observation showed the same, whenever it was made."""
        times = {name: getattr(other, name) for name in ("host_time", "at", "until", "elapsed", "times")}
        return replace(self, **times) == other

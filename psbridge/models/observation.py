"""All that a verdict on one backup rests on, as one value: it can be kept, carried elsewhere, and judged again."""

from __future__ import annotations

import msgspec

from psbridge.models.alert import Alert
from psbridge.models.backup import Backup, Phase
from psbridge.models.settings import BackupSettings
from psbridge.models.time import Instant
from psbridge.models.witness import Source, Witness, joined
from psbridge.values import replace


class Observation(msgspec.Struct, frozen=True):
    """What one look showed.

    Attributes:
        backup: None if the stamp does not show it (that it shows a running one is inferred, not known).
        operation: HTTP status of `operationResults/<id>`: 202 while it runs, 200 at its end; None if it can't be read.
        upload_read: the raw JSON of the backup was there to be read, so that `completely_uploaded` None means that the
            stamp has no such field, and not that nobody could look.
        witnesses_agree: the raw JSON and the module's object had the same status; True where there is only one.
        host_time: the host's clock at this answer.
        witnesses: what each source said by itself; none in a record of before the second rules.
    """

    backup: Backup | None
    operation: int | None = None
    upload_read: bool = False
    witnesses_agree: bool = True
    host_time: Instant | None = None
    witnesses: tuple[Witness, ...] = ()

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


class Look(msgspec.Struct, frozen=True):
    """One look at a backup, or several in a row that showed the same of one that runs.

    Attributes:
        observation: what was seen; of several, the last.
        at: this machine's clock at the first of them.
        until: the same at the last.
        elapsed: seconds since the waiting began, on a clock that is never set back, at the first.
        times: how many they are.
    """

    observation: Observation
    at: Instant
    until: Instant
    elapsed: float
    times: int = 1


class Case(msgspec.Struct, frozen=True):
    """What a judgement rests on. Equal cases have equal verdicts (`psbridge.verdict.decide`).

    Attributes:
        id: the backup.
        own: the id comes from our own trigger, so that absence means that it runs.
        waiting: judged inside a wait, not by confirm.
        settle: seconds after the end from which an upload that can't be read is assumed.
        require_recovery_ready, require_upload_proof: as in the config.
        listed: the stamp's backups before the first look, newest first.
        list_consistent: False if their roles could not be read whole.
        looks: the looks at the backup, in their order.
        settings: the stamp's settings, None if they were not read.
        alerts: the open alerts of the backup service, None if they were not read.
        whole: every message of every answer was there.
        decided_at: this machine's clock when it was judged.
        elapsed: seconds since the waiting began, when it was judged.
        expect_deployment_id: the only stamp whose backups may be confirmed; None for any.
        seen_before: an earlier wait saw the backup, so that absence means that it is gone.
        intent_host_time: the host's clock when our own trigger was about to be sent; None if it is not ours, or it was not
            told.
        known_ids: the backups that the stamp listed just before our own trigger.
        inferred_checks: names of the comparisons that the config turns into warnings.
    """

    id: str
    own: bool
    waiting: bool
    settle: float
    require_recovery_ready: bool
    require_upload_proof: bool
    listed: tuple[Backup, ...]
    list_consistent: bool
    decided_at: Instant
    elapsed: float = 0.0
    looks: tuple[Look, ...] = ()
    settings: BackupSettings | None = None
    alerts: tuple[Alert, ...] | None = None
    whole: bool = True
    expect_deployment_id: str | None = None
    seen_before: bool = False
    intent_host_time: Instant | None = None
    known_ids: tuple[str, ...] = ()
    inferred_checks: tuple[str, ...] = ()

    def seeing(self, observation: Observation, at: Instant, elapsed: float) -> Case:
        """Return the case with one more look, judged at its moment. A clock that is set back sets no look before another."""
        if self.looks and at <= self.looks[-1].until:
            at = Instant(self.looks[-1].until.ticks + 1)
        look = Look(observation, at, at, elapsed)
        if self.adds_nothing(observation):
            last = self.looks[-1]
            look = replace(last, observation=observation, until=at, times=last.times + 1)
            return replace(self, looks=(*self.looks[:-1], look), decided_at=at, elapsed=elapsed)
        return replace(self, looks=(*self.looks, look), decided_at=at, elapsed=elapsed)

    def judged_at(self, at: Instant, elapsed: float) -> Case:
        """Return the case as it is judged at a moment, which is never before its last look."""
        last = self.looks[-1].until if self.looks else at
        return replace(self, decided_at=max(at, last), elapsed=elapsed)

    def adds_nothing(self, now: Observation) -> bool:
        """Tell whether a look shows what the one before did, so that a wait of days stays small.

        Of one that has ended two must stand, for they are to agree. One that is absent counts, once a look has shown it.
        """
        if not self.looks or not _alike(self.looks[-1].observation, now):
            return False
        if now.backup is None:
            return len(self.looks) == 1 and not self.seen_before
        if not now.witnesses_agree:
            return False
        return now.backup.phase is Phase.LIVE or (len(self.looks) > 1 and _alike(self.looks[-2].observation, now))


def _alike(one: Observation, other: Observation) -> bool:
    return replace(one, host_time=None) == replace(other, host_time=None)


class Grounds(msgspec.Struct, frozen=True):
    """What the end of a command rests on: the case of its backup and, where an age was asked for, that of a good one.

    Attributes:
        case: of the backup that is judged; its `id` is empty where no backup has ended.
        good: of the newest confirmed backup, where that is another one and was looked for.
        latest: no id was given, so that an age is that of the newest confirmed backup and not of this one.
        max_age: seconds; None where no age was asked for.
    """

    case: Case
    good: Case | None = None
    latest: bool = False
    max_age: float | None = None

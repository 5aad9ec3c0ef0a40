"""The case: everything that a verdict on one backup rests on, as one value. It can be saved and judged again elsewhere."""

from __future__ import annotations

import msgspec

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Observation
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.time import Instant
from psbridge.models.verification import StoreCase
from psbridge.values import replace


class Case(msgspec.Struct, frozen=True):
    """Everything known about a backup, and what was requested. Equal cases have equal verdicts (`psbridge.verdict.judge`).

    Attributes:
        id: the backup; empty if none has ended.
        own: the id comes from our own trigger, so that absence means that it runs.
        waiting: judged inside a wait, not by confirm.
        settle: seconds after the end from which an upload that can't be read is assumed.
        require_recovery_ready, require_upload_proof: as in the config.
        listed: the stamp's backups before the first observation, newest first.
        list_consistent: False if their roles could not be read whole.
        observations: what the reads of the backup showed, in order.
        settings: the stamp's settings, None if they were not read.
        alerts: the open alerts of the backup service, None if they were not read.
        whole: every message of every answer was there.
        decided_at: this machine's clock when it was judged.
        elapsed: seconds since the waiting began, when it was judged.
        expect_deployment_id: the only stamp whose backups may be confirmed; None for any.
        seen_before: an earlier wait saw the backup, so that absence means that it is gone.
        intent_host_time: the host's clock when our own trigger was about to be sent; None if it is not ours, or unknown.
        known_ids: the backups that the stamp listed just before our own trigger.
        inferred_checks: names of the comparisons that the config turns into warnings.
        max_age: seconds since its end that are allowed; None without `--max-age`.
        latest: no id was given, so that the age is that of the newest confirmed backup and not of this one.
        store, copy: what was read of the backup in its store and in a second copy; None without `--verify`, `--copy`.
        last_good: the case of the newest confirmed backup, if that is another one and was searched.
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
    observations: tuple[Observation, ...] = ()
    settings: BackupSettings | None = None
    alerts: tuple[Alert, ...] | None = None
    whole: bool = True
    expect_deployment_id: str | None = None
    seen_before: bool = False
    intent_host_time: Instant | None = None
    known_ids: tuple[str, ...] = ()
    inferred_checks: tuple[str, ...] = ()
    max_age: float | None = None
    store: StoreCase | None = None
    copy: StoreCase | None = None
    latest: bool = False
    last_good: Case | None = None

    def with_observation(self, observation: Observation, at: Instant, elapsed: float) -> Case:
        """Return the case with one more observation, judged at its moment.

        A clock that is set back puts no observation before another.
        """
        if self.observations and at <= self.observations[-1].until:
            at = Instant(self.observations[-1].until.ticks + 1)
        earlier, dated = self.observations, replace(observation, at=at, until=at, elapsed=elapsed)
        if self.repeats(observation):
            last = earlier[-1]
            dated = replace(dated, at=last.at, elapsed=last.elapsed, times=last.times + 1)
            earlier = earlier[:-1]
        return replace(self, observations=(*earlier, dated), decided_at=at, elapsed=elapsed)

    def judged_at(self, at: Instant, elapsed: float) -> Case:
        """Return the case as it is judged at a moment, which is never before its last observation."""
        last = self.observations[-1].until if self.observations else at
        return replace(self, decided_at=max(at, last), elapsed=elapsed)

    def repeats(self, now: Observation) -> bool:
        """Return whether an observation shows what the one before did, so that a wait of days stays small.

        Of one that has ended two must stand, because they are to agree. One that is absent counts, once it was shown.
        """
        earlier = self.observations
        if not earlier or not now.shows_same(earlier[-1]):
            return False
        if now.backup is None:
            return len(earlier) == 1 and not self.seen_before
        if not now.witnesses_agree:
            return False
        return now.backup.phase is Phase.LIVE or (len(earlier) > 1 and now.shows_same(earlier[-2]))

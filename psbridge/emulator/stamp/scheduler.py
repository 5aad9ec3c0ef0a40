"""The backups that the scheduler makes by itself while the stamp is open, and those that it passes over."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psbridge.emulator.stamp import history, ticks
from psbridge.emulator.stamp.calendar import Calendar
from psbridge.emulator.stamp.history import LONGER
from psbridge.emulator.stamp.lifecycle import after_events, failed, is_running
from psbridge.emulator.stamp.records import BackupRecord, State
from psbridge.emulator.stamp.scenario import BAD_SHARES, Scenario
from psbridge.emulator.stamp.timeline import Timeline

_BROKEN_AT = 0.1  # of its time is over when a backup fails that begins on a share that is bad


@dataclass(frozen=True, slots=True)
class Passed:
    """A time at which the scheduler was due and made no backup, because an operation of the stamp has failed."""

    at: int
    following: int


@dataclass(frozen=True, slots=True)
class Round:
    """What became of the times at which the scheduler was due."""

    backups: tuple[BackupRecord, ...]
    passed: tuple[Passed, ...]


def round_of(
    scenario: Scenario, speed: float, state: State, timeline: Timeline, calendar: Calendar, *, since: int, now: int
) -> Round:
    """Return the scheduler's actions later than `since`, up to `now`.

    It makes no backup while it is switched off, while an update runs or has failed, while share or certificate are not
    configured, and while another backup runs (documentation). That it then waits for its next time instead of catching up
    is inferred.
    """
    lasting = ticks.seconds(scenario.usual * LONGER / speed)
    asked = [each.at for each in timeline.events if each.what == "backup" and since < each.at <= now]
    made: list[BackupRecord] = []
    passed: list[Passed] = []
    for start in sorted(
        {
            *(at for at in calendar.due(since, now, lasting) if timeline.settings.at(at)["isBackupSchedulerEnabled"]),
            *asked,
        }
    ):
        if timeline.update.at(start) == "failed":
            passed.append(Passed(start, calendar.following(start)))
        elif _may_start(state, timeline, start) and not any(is_running(each, start) for each in made):
            made.append(_made(scenario, speed, timeline, start))
    return Round(tuple(made), tuple(passed))


def _may_start(state: State, timeline: Timeline, start: int) -> bool:
    settings = timeline.settings.at(start)
    configured = bool(settings["path"]) and bool(settings["encryptionCertThumbprint"])
    taken = any(record.start <= start and is_running(record, start) for record in state.backups)
    return configured and not taken and timeline.update.at(start) == "none"


def _made(scenario: Scenario, speed: float, timeline: Timeline, start: int) -> BackupRecord:
    thumbprint = timeline.settings.at(start)["encryptionCertThumbprint"]
    record = history.automatic(scenario, speed, history.named("scheduled", start), start, thumbprint)
    record = replace(record, version=timeline.version.at(start))
    share = timeline.share.at(start)
    if share in BAD_SHARES:
        return failed(record, start + round((record.end - start) * _BROKEN_AT), BAD_SHARES[share])
    return after_events(record, timeline.between(start, record.end))

"""What raises and what closes the alerts of a stamp: its backups, its settings, its scheduler and its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.alerts.alert import Closed, Raised, cleared, dismissed, raised, succeeded
from psbridge.emulator.stamp.alerts.kinds import BY_CODE
from psbridge.emulator.stamp.calendar import Calendar
from psbridge.emulator.stamp.records import BackupRecord
from psbridge.emulator.stamp.scenario import ALMOST_FULL
from psbridge.emulator.stamp.scheduler import Passed
from psbridge.emulator.stamp.timeline import Timeline

Signs = Iterator[Raised | Closed]
_THRESHOLD = "90"  # percent of the share that may be used before it counts as almost full (inferred)


def of_backups(ended: Iterable[BackupRecord], timeline: Timeline) -> Signs:
    """Return what backups tell that have ended: a failure raises the alert of its cause, a success closes them all."""
    for record in ended:
        path = str(timeline.settings.at(record.end)["path"] or "")
        if record.status == "Succeeded":
            yield succeeded(record.end)
        elif record.status == "PartialSucceeded":
            failed = ", ".join(name for name, status in record.roles if status == "Failed")
            yield raised(record.end, "BackupPartialSucceeded", rolesFailedInBackup=failed)
        elif record.status in {"Failed", "Corrupted"}:
            yield _failed(record.end, record.cause, path)


def _failed(at: int, code: str, path: str) -> Raised:
    kind = BY_CODE.get(code, "BackupFailedGeneral")
    return raised(at, kind, **({"externalSharePath": path} if "Share" in kind else {}))


def of_events(timeline: Timeline, now: int) -> Signs:
    """Return what the events up to `now` tell."""
    for each in timeline.events:
        path = str(timeline.settings.at(each.at)["path"] or "")
        match each.what:
            case _ if each.at > now:
                return
            case "refused":
                yield _failed(each.at, each.value, path)
            case "alert_closed":
                yield dismissed(each.at, each.value, each.by)
            case "raise_alert":
                yield raised(each.at, each.value)
            case "close_alert":
                yield cleared(each.at, each.value)
            case "share" if each.value == ALMOST_FULL:
                yield raised(
                    each.at, "ExternalShareAlmostFull", externalSharePath=path, capacityThresholdPercentage=_THRESHOLD
                )
            case "share":
                yield cleared(each.at, "ExternalShareAlmostFull")
            case _:
                pass


def of_passed(passed: Iterable[Passed]) -> Signs:
    """Return that the scheduler passed its time over; `nextBackupDateTime` is written as recorded."""
    for each in passed:
        following = ticks.as_datetime(each.following)
        yield raised(
            each.at,
            "BackupSkippedWithFailedOperation",
            failedAdminOperations="Update",
            nextBackupDateTime=f"{following.month}/{following.day}/{following.year} {following:%-I:%M:%S %p}",
        )


def of_settings(timeline: Timeline, anchor: int, now: int) -> Signs:
    """Return when a share was and was not configured."""
    known = True
    for moment, settings in [(anchor, timeline.settings.at(anchor)), *timeline.settings.changes]:
        if moment <= now and known != bool(settings["path"]):
            known = not known
            yield cleared(moment, "BackupShareNotConfigured") if known else raised(moment, "BackupShareNotConfigured")


def of_pauses(ended: Sequence[BackupRecord], timeline: Timeline, calendar: Calendar, anchor: int, now: int) -> Signs:
    """Return when the scheduler was off and no backup was made for 24 hours of the stamp's time.

    Known (recordings of June 2020 and March 2021): the alert's words, and that one which stays open is dated anew every 24
    hours. That a backup by hand puts it off is taken from those words.
    """
    day = calendar.length(24 * 3600)
    for begin, until in _off(timeline, anchor, now):
        made = sorted(each.end for each in ended if begin < each.end < until)
        for quiet, over in zip([begin, *made], [*made, until], strict=True):
            if over - quiet >= day:
                yield raised(quiet + day, "BackupSchedulerPaused")
                yield raised(quiet + (over - quiet) // day * day, "BackupSchedulerPaused")
            if over < now:
                yield cleared(over, "BackupSchedulerPaused")


def _off(timeline: Timeline, anchor: int, now: int) -> Iterator[tuple[int, int]]:
    """Return from when until when the scheduler was off; the last such time may go on."""
    begin: int | None = None
    for moment, settings in [(anchor, timeline.settings.at(anchor)), *timeline.settings.changes]:
        if moment > now:
            break
        if not settings["isBackupSchedulerEnabled"]:
            begin = moment if begin is None else begin
        elif begin is not None:
            yield begin, moment
            begin = None
    if begin is not None:
        yield begin, now

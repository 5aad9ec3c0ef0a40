"""The alerts that there have been by a moment: what raises and what closes them, folded in its order.

The signs of it are in the stamp's backups, its settings, its scheduler and its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.alerts.kinds import BY_CODE, KINDS, AlertKind
from psbridge.emulator.stamp.calendar import Calendar
from psbridge.emulator.stamp.records import BackupRecord, EventRecord
from psbridge.emulator.stamp.scenario import ALMOST_FULL, OpenAlert
from psbridge.emulator.stamp.scheduler import Passed
from psbridge.emulator.stamp.timeline import Timeline

MOST = 100  # closed alerts that are remembered, the newest


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times are in ticks since 1970.

    Attributes:
        closed: None while it is active.
        closed_by: the user that closed it; empty if none.
    """

    kind: AlertKind
    created: int
    updated: int
    properties: Mapping[str, str]
    closed: int | None = None
    closed_by: str = ""

    @property
    def id(self) -> str:
        """The GUID that the alert of that kind and moment always has."""
        return str(uuid5(NAMESPACE_OID, f"psbridge stamp alert {self.kind.name} {self.created}"))


@dataclass(frozen=True, slots=True)
class Raised:
    """An occurrence that an alert reports."""

    at: int
    kind: AlertKind
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    """Something at a moment that closes the alerts for which `over` is true; `by` is a user, or empty."""

    at: int
    over: Callable[[Alert], bool]
    by: str = ""


def raised_at_start(given: OpenAlert, at: int) -> Raised:
    """Return what raises an alert that a scenario names."""
    kind = AlertKind(
        given.type,
        given.title,
        given.title,
        ("Read the alert in the portal.",),
        severity=given.severity,
        other_type=given.type,
        provider=given.provider,
        resource=given.resource,
    )
    return Raised(at, kind, {})


def _raised(at: int, kind: str, **properties: str) -> Raised:
    return Raised(at, KINDS[kind], properties)


def _cleared(at: int, kind: str) -> Closed:
    return Closed(at, lambda one: one.kind.name == kind)


def alerts(happenings: Iterable[Raised | Closed]) -> list[Alert]:
    """Return the alerts that the occurrences raise, the oldest first.

    Of the kinds that tell of a failure one is open at a time, and the next success closes it. A skipped backup's alert is
    closed by that of the next one (recordings of June 2020: each is closed at the moment at which its successor is
    created); that a success closes it too is inferred.
    """
    active: dict[str, Alert] = {}
    ended: list[Alert] = []
    for each in sorted(happenings, key=lambda one: one.at):
        closing = [one for one in active.values() if _closes(each, one)]
        ended += [replace(one, closed=each.at, updated=each.at, closed_by=_user(each)) for one in closing]
        active = {name: one for name, one in active.items() if one not in closing}
        if isinstance(each, Raised):
            if each.kind.name not in active:  # closed and raised again in one moment is not closed
                ended = [one for one in ended if one.kind is not each.kind or one.created != each.at]
            known = active.get(each.kind.name, Alert(each.kind, each.at, each.at, each.properties))
            active[each.kind.name] = replace(known, updated=each.at, properties=each.properties)
    kept = sorted(ended, key=lambda one: one.created)[-MOST:]
    return sorted([*kept, *active.values()], key=lambda one: one.created)


def _closes(each: Raised | Closed, one: Alert) -> bool:
    if isinstance(each, Closed):
        return each.over(one)
    if one.kind is each.kind:
        return one.kind.replaces and one.created < each.at
    return one.kind.failure and each.kind.failure


def _user(each: Raised | Closed) -> str:
    return each.by if isinstance(each, Closed) else ""


Signs = Iterator[Raised | Closed]
_THRESHOLD = "90"  # percent of the share that may be used before it counts as almost full (inferred)


def signs(
    ended: Sequence[BackupRecord],
    passed: Iterable[Passed],
    timeline: Timeline,
    calendar: Calendar,
    anchor: int,
    now: int,
) -> Signs:
    """Yield what raises and what closes alerts: backups, times of the scheduler, settings and events, up to `now`."""
    yield from _of_backups(ended, timeline)
    yield from _of_passed(passed)
    yield from _of_settings(timeline, anchor, now)
    yield from _of_pauses(ended, timeline, calendar, anchor, now)
    yield from _of_events(timeline, now)


def _of_backups(ended: Iterable[BackupRecord], timeline: Timeline) -> Signs:
    """Return the occurrences of ended backups: a failure raises the alert of its cause, a success closes all."""
    for record in ended:
        path = str(timeline.settings.at(record.end)["path"] or "")
        if record.status == "Succeeded":
            yield Closed(record.end, lambda one: one.kind.failure or one.kind.replaces)
        elif record.status == "PartialSucceeded":
            failed = ", ".join(name for name, status in record.roles if status == "Failed")
            yield _raised(record.end, "BackupPartialSucceeded", rolesFailedInBackup=failed)
        elif record.status in {"Failed", "Corrupted"}:
            yield _failed(record.end, record.cause, path)


def _failed(at: int, code: str, path: str) -> Raised:
    kind = BY_CODE.get(code, "BackupFailedGeneral")
    return _raised(at, kind, **({"externalSharePath": path} if "Share" in kind else {}))


def _dismissed(event: EventRecord) -> Closed:
    return Closed(event.at, lambda one: one.id == event.value, event.by)


def _of_events(timeline: Timeline, now: int) -> Signs:
    """Return the occurrences of the events up to `now`."""
    for each in timeline.events:
        path = str(timeline.settings.at(each.at)["path"] or "")
        match each.what:
            case _ if each.at > now:
                return
            case "refused":
                yield _failed(each.at, each.value, path)
            case "alert_closed":
                yield _dismissed(each)
            case "raise_alert":
                yield _raised(each.at, each.value)
            case "close_alert":
                yield _cleared(each.at, each.value)
            case "share" if each.value == ALMOST_FULL:
                yield _raised(
                    each.at, "ExternalShareAlmostFull", externalSharePath=path, capacityThresholdPercentage=_THRESHOLD
                )
            case "share":
                yield _cleared(each.at, "ExternalShareAlmostFull")
            case _:
                pass


def _of_passed(passed: Iterable[Passed]) -> Signs:
    """Return that the scheduler passed its time over; `nextBackupDateTime` is written as recorded."""
    for each in passed:
        following = ticks.as_datetime(each.following)
        yield _raised(
            each.at,
            "BackupSkippedWithFailedOperation",
            failedAdminOperations="Update",
            nextBackupDateTime=f"{following.month}/{following.day}/{following.year} {following:%-I:%M:%S %p}",
        )


def _of_settings(timeline: Timeline, anchor: int, now: int) -> Signs:
    """Return when a share was and was not configured."""
    known = True
    for moment, settings in [(anchor, timeline.settings.at(anchor)), *timeline.settings.changes]:
        if moment <= now and known != bool(settings["path"]):
            known = not known
            yield _cleared(moment, "BackupShareNotConfigured") if known else _raised(moment, "BackupShareNotConfigured")


def _of_pauses(ended: Sequence[BackupRecord], timeline: Timeline, calendar: Calendar, anchor: int, now: int) -> Signs:
    """Return the times at which the scheduler was off and no backup was made for 24 hours of the stamp's time.

    Known (recordings of June 2020 and March 2021): the alert's words, and that one which stays open is dated anew every 24
    hours. That a backup by hand puts it off is taken from those words.
    """
    day = calendar.length(24 * 3600)
    for begin, until in _off(timeline, anchor, now):
        made = sorted(each.end for each in ended if begin < each.end < until)
        for quiet, over in zip([begin, *made], [*made, until], strict=True):
            if over - quiet >= day:
                yield _raised(quiet + day, "BackupSchedulerPaused")
                yield _raised(quiet + (over - quiet) // day * day, "BackupSchedulerPaused")
            if over < now:
                yield _cleared(over, "BackupSchedulerPaused")


def _off(timeline: Timeline, anchor: int, now: int) -> Iterator[tuple[int, int]]:
    """Return the periods in which the scheduler was off; the last one may continue."""
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

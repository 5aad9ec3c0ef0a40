"""The metrics of one stamp, as a table of what each is and how it is read from the document; and their text.

The names and types follow Prometheus' rules for batch jobs: timestamps and not ages, base units, zero values in advance. What
is unknown has no sample: a rule that needs it must use `absent`, or the metric of the read errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, get_args

import msgspec

from psbridge.catalogue import update_states
from psbridge.catalogue.alerts import ALERTS, alert_type
from psbridge.documents.document import moment_of
from psbridge.documents.stamp_status import StampStatusDocument, StatusBackupBody, Word
from psbridge.errors import ConfigError
from psbridge.models.text import shortened
from psbridge.version import __version__
from psbridge.wellformed import well_formed

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Sample = tuple[Mapping[str, str], float]
OTHER: Final = "other"
SEVERITIES: Final = ("critical", "warning", OTHER)
UPDATE_STATES: Final = (*update_states.LOCATION, OTHER)
_LONGEST_LABEL: Final = 120
"""Characters."""
_HOUR, _DAY = 3600.0, 86_400.0


class Row(msgspec.Struct, frozen=True):
    """One metric, a gauge.

    Attributes:
        name: without the prefix `psbridge_`.
        help: its HELP text.
        samples: yields the labels and value of each sample; nothing for what is unknown.
        labels: the names of its labels, besides `target`.
    """

    name: str
    help: str
    samples: Callable[[StampStatusDocument], Iterable[Sample]]
    labels: tuple[str, ...] = ()


def _one(value: Callable[[StampStatusDocument], float | None]) -> Callable[[StampStatusDocument], Iterator[Sample]]:
    """Return what yields the one sample of a metric without labels of its own; none if the value is None."""

    def samples(document: StampStatusDocument) -> Iterator[Sample]:
        found = value(document)
        if found is not None:
            yield {}, float(found)

    return samples


def _newest(value: Callable[[StatusBackupBody], float | None]) -> Callable[[StampStatusDocument], Iterator[Sample]]:
    return _one(lambda it: value(it.newest) if it.newest else None)


def _read(value: Callable[[StampStatusDocument], float]) -> Callable[[StampStatusDocument], Iterator[Sample]]:
    """Return what yields a value that is always known of a stamp that was read."""
    return _one(lambda it: value(it) if it.error is None else None)


def _seconds(time: str | None) -> float | None:
    """Return an RFC 3339 time in UTC as seconds since 1970."""
    moment = moment_of(time)
    return None if moment is None else moment.as_datetime().timestamp()


def _times(value: float | None, unit: float) -> float | None:
    return None if value is None else value * unit


def _status(document: StampStatusDocument) -> Iterator[Sample]:
    if document.newest is not None:
        for word in get_args(Word):
            yield {"status": word}, float(document.newest.verdict == word)


def _alerts_by_type(document: StampStatusDocument) -> Iterator[Sample]:
    if document.alerts is not None:
        found = [alert_type(it.fault_type) for it in document.alerts]
        for name in (*(it.name for it in ALERTS), OTHER):
            yield {"type": name}, float(sum((it.name if it else OTHER) == name for it in found))


def _alerts_by_severity(document: StampStatusDocument) -> Iterator[Sample]:
    if document.alerts is not None:
        found = [(it.severity or "").casefold() for it in document.alerts]
        for name in SEVERITIES:
            yield {"severity": name}, float(sum((it if it in SEVERITIES else OTHER) == name for it in found))


def _update_state(document: StampStatusDocument) -> Iterator[Sample]:
    if document.update is not None and document.update.state is not None:
        found = document.update.state if document.update.state in UPDATE_STATES else OTHER
        for state in UPDATE_STATES:
            yield {"state": state}, float(found == state)


def _outdated(document: StampStatusDocument) -> float | None:
    if document.version_warning is not None:
        return 1.0
    known = document.stamp_version and document.last_good and document.last_good.stamp_version
    return 0.0 if known else None


def _stamp_info(document: StampStatusDocument) -> Iterator[Sample]:
    if document.error is None:
        yield {"version": _label(document.stamp_version), "location": _label(document.location)}, 1.0


def _label(text: str | None) -> str:
    """Return a text of the stamp as the value of a label: Unicode, and short."""
    return shortened(well_formed(text or ""), _LONGEST_LABEL)


METRICS: Final = (
    Row("up", "1 if the stamp was read, 0 if nothing could be read", _one(lambda it: it.error is None)),
    Row(
        "read_timestamp_seconds",
        "When the reading began, by the clock of this machine",
        _one(lambda it: _seconds(it.read_at)),
    ),
    Row(
        "read_errors",
        "Number of rows of `psbridge status` that could not be read; 1 or more if nothing could be read",
        _one(lambda it: len(it.unread) + (it.error is not None)),
    ),
    Row("status_exit_code", "Exit code of `psbridge status`, 0 if all is well", _one(lambda it: it.exit_code)),
    Row(
        "backup_last_success_timestamp_seconds",
        "When the newest good backup ended; absent if there is none, or if it is unknown",
        _one(lambda it: _seconds(it.last_good.completed_at) if it.last_good else None),
    ),
    Row(
        "backup_last_completion_timestamp_seconds",
        "When the newest backup ended, good or not; absent if unknown",
        _newest(lambda it: _seconds(it.completed_at)),
    ),
    Row(
        "backup_max_age_seconds",
        "Allowed age of the newest good backup: twice the schedule's interval, or 26 hours without one",
        _one(lambda it: it.max_age_seconds),
    ),
    Row(
        "backup_last_duration_seconds",
        "How long the newest ended backup took; absent if unknown, as for partial backups",
        _newest(lambda it: it.duration_seconds),
    ),
    Row("backup_last_status", "1 for the verdict on the newest ended backup, 0 for the others", _status, ("status",)),
    Row(
        "backup_last_recovery_ready",
        "1 if the stamp reports that the newest ended backup can be used for a cloud recovery; absent if unknown",
        _newest(lambda it: it.recovery_ready),
    ),
    Row(
        "backup_last_uploaded",
        "1 if the stamp reports that the newest ended backup is completely uploaded; absent if it does not report it",
        _newest(lambda it: it.uploaded),
    ),
    Row(
        "backup_last_roles_succeeded",
        "Number of roles of the newest ended backup that succeeded; absent if unknown",
        _newest(lambda it: it.roles_ok),
    ),
    Row(
        "backup_last_roles_failed",
        "Number of roles of the newest ended backup that did not succeed; absent if unknown",
        _newest(lambda it: it.roles_failed),
    ),
    Row(
        "backup_running",
        "1 if a backup is known to run; one that another machine started may be unknown",
        _read(lambda it: it.running is not None),
    ),
    Row(
        "backup_running_start_timestamp_seconds",
        "When the running backup started; absent if none is known to run, or if it is unknown",
        _one(lambda it: _seconds(it.running.since) if it.running else None),
    ),
    Row(
        "backup_next_run_timestamp_seconds",
        "When the stamp's scheduler starts the next backup; absent while it is off, or if unknown",
        _one(lambda it: _seconds(it.schedule.next_run_at) if it.schedule else None),
    ),
    Row(
        "backup_scheduler_enabled",
        "1 if the stamp's own scheduler is on; absent if unknown",
        _one(lambda it: it.schedule.enabled if it.schedule else None),
    ),
    Row(
        "backup_schedule_interval_seconds",
        "Interval of the stamp's scheduler; absent if unknown",
        _one(lambda it: _times(it.schedule.frequency_hours, _HOUR) if it.schedule else None),
    ),
    Row(
        "backup_retention_seconds",
        "How long the stamp keeps backups; absent if unknown",
        _one(lambda it: _times(it.schedule.retention_days, _DAY) if it.schedule else None),
    ),
    Row(
        "backup_share_free_bytes",
        "Free space of the share, as the stamp reports it; absent if unknown",
        _one(lambda it: it.free.bytes if it.free else None),
    ),
    Row(
        "backup_version_outdated",
        "1 if the newest good backup can't be relied on for a recovery of the version that the stamp runs; absent if unknown",
        _one(_outdated),
    ),
    Row(
        "alerts_open",
        "Number of open alerts of the backup service, by type; absent if unknown",
        _alerts_by_type,
        ("type",),
    ),
    Row(
        "alerts_open_by_severity",
        "Number of open alerts of the backup service, by severity; absent if unknown",
        _alerts_by_severity,
        ("severity",),
    ),
    Row(
        "update_state",
        "1 for the state of the stamp's updates, 0 for the others; absent if unknown",
        _update_state,
        ("state",),
    ),
    Row(
        "update_installing",
        "1 while an update is installed, and the stamp refuses backups; absent if unknown",
        _one(lambda it: it.update.installing if it.update else None),
    ),
    Row(
        "update_failed",
        "1 if the newest update failed, which blocks backups; absent if unknown",
        _one(lambda it: it.update.failed if it.update else None),
    ),
    Row("stamp_info", "Version and location of the stamp; the value is 1", _stamp_info, ("version", "location")),
    Row("build_info", "Version of psbridge; the value is 1", lambda _: [({"version": __version__}, 1.0)], ("version",)),
)
"""Each metric, in the order of the text."""
NAMES: Final = tuple(f"psbridge_{it.name}" for it in METRICS)


def check_library() -> None:
    """Check that metrics can be written, before anything is read for them.

    Raises:
        psbridge.errors.ConfigError: the client library of Prometheus is not installed.
    """
    try:
        import prometheus_client  # noqa: F401 - only whether it can be loaded
    except ImportError as missing:
        raise ConfigError(
            f"metrics need a package that is not installed or can't be loaded: {missing}",
            hint="Install psbridge[metrics]: run `uv tool install '.[metrics]'` in its checkout.",
        ) from missing


def text(document: StampStatusDocument) -> bytes:
    """Return the metrics of a stamp's status as Prometheus' text format.

    Raises:
        psbridge.errors.ConfigError: the client library of Prometheus is not installed.
    """
    check_library()
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)  # of its own, so that nothing of this process is in it
    registry.register(_Collector(document))
    return generate_latest(registry)


class _Collector:
    """A collector of `prometheus_client` over one document."""

    def __init__(self, document: StampStatusDocument) -> None:
        self._document = document

    def collect(self) -> Iterator[Metric]:
        """Yield each metric that has a sample."""
        from prometheus_client.core import GaugeMetricFamily

        for row in METRICS:
            family = GaugeMetricFamily(f"psbridge_{row.name}", row.help, labels=("target", *row.labels))
            for labels, value in row.samples(self._document):
                family.add_metric((self._document.target, *(labels[it] for it in row.labels)), value)
            if family.samples:
                yield family

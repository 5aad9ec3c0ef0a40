"""The stamp's settings, share and updates at any time, in order, with fast lookup.

It is made from the scenario's events, counted from when the stamp was first opened, and from its stored records:
the events of a backup's run, which are remembered when it is triggered, and the changes of the settings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.records import EventRecord, State
from psbridge.emulator.stamp.scenario import SETTINGS, THUMBPRINT, WORKS, Scenario
from psbridge.emulator.stamp.updates import UpdateRun, runs

T = TypeVar("T")
# Of the certificate that `certificate: changed` brings, `store/certificates/second.pem`.
NEW_THUMBPRINT = "7FC1EDF2243BAC6DA2B6C0C5AD585C06E2F62A88"
_FOREVER = 1 << 62


class Steps(Generic[T]):
    """A value that changes at moments."""

    def __init__(self, first: T, changes: Iterable[tuple[int, T]]) -> None:
        self.changes = sorted(changes, key=lambda each: each[0])
        self._moments = [moment for moment, _ in self.changes]
        self._values = [first, *(value for _, value in self.changes)]

    def at(self, moment: int) -> T:
        """Return the value that holds at a moment, the changes of that moment included."""
        return self._values[bisect_right(self._moments, moment)]


class Timeline:
    """The scenario's and the stamp's events.

    Attributes:
        events: all of them, also those that are still to come, in their order.
        settings: the values of `externalStoreDefault`, the two times of backups left out.
        share: in which state the backup share is, see `scenario.BAD_SHARES`.
        sign_in: `expires` while the host's sign-in has expired, else `renewed`.
        updates: the runs of updates, those that are still to come too.
        update: `none`, `running` or `failed`.
    """

    def __init__(self, scenario: Scenario, speed: float, state: State, *, version: str) -> None:
        own = (
            EventRecord(state.anchor + ticks.seconds(each.after / speed), each.what, each.value)
            for each in scenario.events
            if each.after is not None
        )
        self.events: Sequence[EventRecord] = sorted((*own, *state.events), key=lambda each: each.at)
        first = dict(state.settings) or {**SETTINGS, **scenario.settings}
        changes = [(change.end, change.settings) for change in state.operations if change.settings]
        changes += [(each.at, setting) for each in self.events if (setting := _setting(each))]
        self.settings = Steps[Mapping[str, Any]](first, _merged(first, changes))
        self.share = Steps(WORKS, ((each.at, each.value) for each in self.events if each.what == "share"))
        self.sign_in = Steps("renewed", ((each.at, each.value) for each in self.events if each.what == "sign_in"))
        self.updates = runs(self.events, _FOREVER)
        self.update = Steps("none", _phases(self.updates))
        installed = [(run.ended, run.version) for run in self.updates if run.ended is not None and run.installed]
        self.version = Steps(version, installed)

    def between(self, after: int, upto: int) -> list[EventRecord]:
        """Return the events later than `after` and not later than `upto`."""
        return [each for each in self.events if after < each.at <= upto]


def _setting(event: EventRecord) -> Mapping[str, Any]:
    """Return the settings that an event changes."""
    if event.what == "scheduler":
        return {"isBackupSchedulerEnabled": event.value == "on"}
    if event.what == "certificate":
        known = {"changed": NEW_THUMBPRINT, "restored": THUMBPRINT, "removed": None}
        return {"encryptionCertThumbprint": known.get(event.value, event.value)}
    return {}


def _merged(
    first: Mapping[str, Any], changes: Iterable[tuple[int, Mapping[str, Any]]]
) -> Iterable[tuple[int, Mapping[str, Any]]]:
    """Turn changes into complete settings, each merged over the previous ones."""
    whole = dict(first)
    for moment, change in sorted(changes, key=lambda each: each[0]):
        whole = {**whole, **change}
        yield moment, whole


def _phases(updates: Iterable[UpdateRun]) -> Iterable[tuple[int, str]]:
    for run in updates:
        yield run.started, "running"
        if run.failed_at is not None:
            yield run.failed_at, "failed"
        if run.ended is not None and run.installed:
            yield run.ended, "none"

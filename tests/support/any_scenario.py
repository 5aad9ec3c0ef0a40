"""Scenarios as hypothesis makes them up: anything that can happen on a stamp, at any time."""

from __future__ import annotations

from hypothesis import strategies as st

from psbridge.emulator.stamp.alerts.kinds import KINDS
from psbridge.emulator.stamp.scenario import ALMOST_FULL, BAD_SHARES, ROLES, WORKS, Event, Scenario

VALUES = {
    "share": (WORKS, ALMOST_FULL, *BAD_SHARES),
    "update": ("begins", "fails", "ends"),
    "scheduler": ("on", "off"),
    "certificate": ("changed", "removed", "restored"),
    "backup": ("begins",),
    "role_fails": ROLES,
    "raise_alert": tuple(KINDS),
    "close_alert": tuple(KINDS),
}
SETTINGS = {
    "backupFrequencyInHours": st.integers(4, 12),
    "backupRetentionPeriodInDays": st.integers(2, 14),
    "isBackupSchedulerEnabled": st.booleans(),
}
_things = st.sampled_from(sorted(VALUES)).flatmap(lambda what: st.tuples(st.just(what), st.sampled_from(VALUES[what])))


def events(longest: float) -> st.SearchStrategy[Event]:
    """Return events of the first `longest` seconds, or of a run."""
    moments = st.one_of(
        st.tuples(st.floats(0, longest), st.just(0.0), st.none()),
        st.tuples(st.none(), st.floats(0, 1), st.sampled_from([None, 1, 2])),
    )
    return st.tuples(_things, moments).map(lambda pair: Event(*pair[0], *pair[1]))


def scenarios(longest: float) -> st.SearchStrategy[Scenario]:
    """Return scenarios whose events come in the first `longest` seconds."""
    return st.builds(
        Scenario,
        name=st.just("any"),
        description=st.just("made by a test"),
        events=st.lists(events(longest), max_size=8).map(tuple),
        own_time=st.booleans(),
        busy=st.booleans(),
        races=st.booleans(),
        listed=st.booleans(),
        ready=st.sampled_from([True, True, False]),
        uploaded=st.sampled_from([True, True, False]),
        ends=st.sampled_from(["Succeeded", "Succeeded", "Failed", "PartialSucceeded", "Skipped"]),
        duration=st.sampled_from([60.0, 1200.0, 3 * 3600.0, 9 * 3600.0]),
        history=st.integers(0, 8),
        settings=st.fixed_dictionaries({}, optional=SETTINGS),
    )

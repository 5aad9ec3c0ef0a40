"""The alerts that there have been by a moment: what raises and what closes them, folded in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp.alerts.kinds import KINDS, AlertKind

MOST = 100  # closed alerts that are remembered, the newest


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Moments are in ticks since 1970.

    Attributes:
        closed: None while it is active.
        closed_by: the user that closed it, empty if nobody did.
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
    """Something at a moment that an alert tells of."""

    at: int
    kind: AlertKind
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    """Something at a moment that closes the alerts for which `over` is true; `by` is a user, or empty."""

    at: int
    over: Callable[[Alert], bool]
    by: str = ""


def raised(at: int, kind: str, **properties: str) -> Raised:
    """Return that a kind, named as in `KINDS`, is raised."""
    return Raised(at, KINDS[kind], properties)


def cleared(at: int, kind: str) -> Closed:
    """Return that what a kind tells of is over."""
    return Closed(at, lambda one: one.kind.name == kind)


def succeeded(at: int) -> Closed:
    """Return that a backup succeeded."""
    return Closed(at, lambda one: one.kind.failure or one.kind.replaces)


def dismissed(at: int, alert: str, by: str) -> Closed:
    """Return that somebody closed the alert with that id."""
    return Closed(at, lambda one: one.id == alert, by)


def alerts(happenings: Iterable[Raised | Closed]) -> list[Alert]:
    """Return the alerts that come of what happened, the oldest first.

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

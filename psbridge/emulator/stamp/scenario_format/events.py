"""The entries of a scenario's `events`.

Each entry is `{at: WHEN, THING: VALUE}`. WHEN is a duration of the stamp's time since it was first opened (`30m`), or a part of
the run of each triggered backup (`40%`); `of: 2` limits that to the second one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from psbridge.emulator.stamp.alerts.kinds import KINDS
from psbridge.emulator.stamp.scenario import ALL_ROLES, ALMOST_FULL, BAD_SHARES, WORKS, Event
from psbridge.emulator.stamp.scenario_format.document import Value
from psbridge.emulator.stamp.scenario_format.problems import together
from psbridge.emulator.stamp.scenario_format.readers import Key, Reader, pattern, seconds_of, whole, word

_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%", re.ASCII)
_WHEN: Final = "a part of a backup's run such as 40%, or a duration since the start such as 30m"


def _fault() -> Reader:
    def read(value: Value) -> str:
        from psbridge.emulator.faults.rules import parse_fault

        plain = value.plain
        if not isinstance(plain, str):
            value.wrong("a rule such as receive:3:reset-after")
        try:
            parse_fault(plain)
        except ValueError as problem:
            value.refuse(str(problem))
        return plain

    return Reader("a rule such as receive:3:reset-after", read, {"type": "string"})


def _certificate() -> Reader:
    known = ("changed", "removed", "restored")
    named, printed = word(known), pattern("a thumbprint", "[0-9A-F]{40}")
    expected = f"one of {', '.join(known)}, or a thumbprint of 40 hexadecimal digits"

    def read(value: Value) -> str:
        plain = value.plain
        if not isinstance(plain, str) or not (plain in known or re.fullmatch("[0-9A-F]{40}", plain)):
            value.wrong(expected, known=known)
        return plain

    return Reader(expected, read, {"anyOf": [named.schema, printed.schema]})


FAULT: Final = _fault()
SHARE: Final = word((WORKS, ALMOST_FULL, *BAD_SHARES))
UPDATE: Final = word(("begins", "fails", "ends"))
AT_START: Final = {
    "running": "begins",
    "failed": "fails",
}  # the state of an update at the start, and the event that makes it
THINGS: Final[Mapping[str, Key]] = {
    "share": Key(SHARE, "the state of the backup share; in a bad one backups are refused, and a running one fails"),
    "update": Key(UPDATE, "an update of the stamp; until it ends, backups are refused or skipped"),
    "scheduler": Key(word(("on", "off")), "scheduled backups are switched on or off"),
    "certificate": Key(_certificate(), "the encryption certificate in the backup settings"),
    "backup": Key(word(("begins",)), "the scheduler starts a backup unless one is running"),
    "role_fails": Key(
        word(ALL_ROLES, "a role"), "a role of the running backup fails, so the backup ends PartialSucceeded"
    ),
    "sign_in": Key(
        word(("expires", "renewed")), "the host's sign-in expires, and the stamp refuses each call until it is renewed"
    ),
    "raise_alert": Key(word(tuple(KINDS), "an alert's class"), "an alert of this class is raised"),
    "close_alert": Key(word(tuple(KINDS), "an alert's class"), "the alert of this class is closed"),
    "fault": Key(FAULT, "a --fault rule takes effect; requests are counted from then on"),
}


def _when(value: Value) -> tuple[float | None, float]:
    """Return the seconds since the start, or None and the part of a run."""
    plain = value.plain
    match = _PERCENT.fullmatch(plain) if isinstance(plain, str) else None
    if match is not None:
        if float(match[1]) > 100:
            value.wrong("a part from 0% to 100%")
        return None, float(match[1]) / 100
    seconds = seconds_of(plain)
    if seconds is None or seconds < 0:
        value.wrong(_WHEN)
    return seconds, 0.0


def _event(value: Value) -> Event:
    read: dict[str, Any] = {}
    with together() as each:
        with each():
            read = value.read(EVENT.expected, _PARTS)
        with each():
            if value.is_mapping and value.find("at") is None:
                value.refuse(f"expected the key 'at': {_WHEN}")
        with each():
            things = [name for name in THINGS if value.find(name)]
            if len(things) > 1 or (read and not things):
                found = f"found {' and '.join(things)}" if things else "found none"
                value.refuse(f"expected exactly one of {', '.join(THINGS)}; {found}")
        with each():
            of = value.find("of")
            if of and read and read["at"][0] is not None:
                of.refuse("'of' needs a part of a backup's run, such as at: 40%")
    after, part = read.pop("at")
    of_which = read.pop("of", None)
    ((what, said),) = read.items()
    return Event(what, said, after, part, of_which)


def _schema() -> dict[str, Any]:
    things = {name: {**thing.reader.schema, "description": thing.meaning} for name, thing in THINGS.items()}
    when = {"type": ["string", "number"], "description": _WHEN}
    of = {"type": "integer", "minimum": 1, "description": "which requested backup, from 1; absent: each"}
    return {
        "type": "object",
        "properties": {"at": when, "of": of, **things},
        "required": ["at"],
        "additionalProperties": False,
    }


_PARTS: Final[Mapping[str, Callable[[Value], Any]]] = {
    "at": _when,
    "of": whole(1, 1000),
    **{name: thing.reader for name, thing in THINGS.items()},
}
EVENT: Final = Reader("an entry such as {at: 40%, share: full}", _event, _schema())

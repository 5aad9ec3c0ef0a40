"""A scenario put together from what a document says and the scenarios that it is based on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from psbridge.emulator.stamp.scenario import HOST, Event, Scenario
from psbridge.emulator.stamp.scenario_format.document import Value, nearest
from psbridge.emulator.stamp.scenario_format.events import AT_START
from psbridge.emulator.stamp.scenario_format.keys import KEYS

Given = Mapping[str, Any]
_JOINED = ("role_ends", "settings", "host")
_ADDED = ("events", "faults")


class Document:
    """A scenario as it is written.

    Attributes:
        given: what its keys say, `based_on` left out.
        bases: the names of those that it is based on, and where each stands.
    """

    def __init__(self, root: Value) -> None:
        self._values = root.entries("the keys of a scenario", KEYS)
        self.root = root
        self.bases = _bases(self._values.get("based_on"))
        self.given: Given = {name: KEYS[name].reader(each) for name, each in self._values.items() if name != "based_on"}

    def value(self, *names: str) -> Value:
        """Return where the first of these keys stands, else the whole document."""
        return next((self._values[name] for name in names if name in self._values), self.root)


def _bases(value: Value | None) -> list[tuple[str, Value]]:
    if value is None:
        return []
    each = list(value.items("a scenario's name, or a list of them")) if value.is_list else [value]
    return [(KEYS["based_on"].reader(one), one) for one in each]


def scenario(document: Document, name: str, known: Mapping[str, Callable[[], Document]]) -> Scenario:
    """Return the scenario that a document describes.

    Args:
        document: what is written.
        name: what the scenario is called.
        known: the scenarios that it may be based on.

    Raises:
        ScenarioError: if something does not go together; the text says where.
    """
    given, notes = _whole(document, known)
    chosen = _made(name, given, tuple(notes))
    _check(document, chosen)
    return chosen


def _whole(document: Document, known: Mapping[str, Callable[[], Document]]) -> tuple[Given, list[str]]:
    """Return all that holds, the bases' words included, and where those differ."""
    given: dict[str, Any] = {}
    said: dict[str, tuple[str, Any]] = {}
    notes: list[str] = []
    for base, value in document.bases:
        if base not in known:
            value.refuse(f"there is no scenario '{base}'{nearest(base, list(known))}")
        more, deeper = _whole(known[base](), known)
        for key, what in _leaves(more):
            if key in said and said[key][1] != what:
                notes.append(f"{said[key][0]} and {base} both set {key}; {base} wins")
            said[key] = (base, what)
        given = _joined(given, more)
        notes += deeper
    return _joined(given, document.given), notes


def _leaves(given: Given) -> list[tuple[str, Any]]:
    """Return the keys that can clash: those that are not added up."""
    found: list[tuple[str, Any]] = []
    for key, what in given.items():
        if key in _JOINED:
            found += [(f"{key}.{name}", each) for name, each in what.items()]
        elif key not in {*_ADDED, "description"}:
            found.append((key, what))
    return found


def _joined(first: Given, then: Given) -> dict[str, Any]:
    """Return both, the later one winning; mappings are joined key by key, events and faults are added up."""
    whole = {**first, **then}
    for key in _JOINED:
        if key in first and key in then:
            whole[key] = {**first[key], **then[key]}
    for key in _ADDED:
        if key in first and key in then:
            whole[key] = (*first[key], *then[key])
    return whole


def _made(name: str, given: Given, notes: tuple[str, ...]) -> Scenario:
    values = {key: value for key, value in given.items() if key in {each.name for each in fields(Scenario)}}
    at_once = [Event("share", given["share"])] if "share" in given else []
    at_once += [Event("update", AT_START[given["update"]])] if "update" in given else []
    values["events"] = (*at_once, *given.get("events", ()))
    if "missing" in given:
        values["missing"] = frozenset(given["missing"])
    if "host" in given:
        values["host"] = replace(HOST, **given["host"])
    values.setdefault("description", "a scenario of one's own")
    return Scenario(name=name, notes=notes, **values)


def _check(document: Document, chosen: Scenario) -> None:
    """Refuse what does not go together."""
    named = {
        "role_ends": set(chosen.role_ends),
        "missing": set(chosen.missing),
        "events": {each.value for each in chosen.events if each.what == "role_fails"},
    }
    for key, roles in named.items():
        strange = sorted(roles - set(chosen.roles))
        if strange:
            document.value(key, "roles").refuse(f"the stamp has no role {strange[0]}; it has {', '.join(chosen.roles)}")
    if set(chosen.missing) >= set(chosen.roles):
        document.value("missing", "roles").refuse("a backup needs at least one role")

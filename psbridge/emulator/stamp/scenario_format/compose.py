"""Merges a document with the scenarios that it is based on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from psbridge.emulator.stamp.scenario import HOST, Event, Scenario
from psbridge.emulator.stamp.scenario_format.document import Value
from psbridge.emulator.stamp.scenario_format.events import AT_START
from psbridge.emulator.stamp.scenario_format.keys import KEYS
from psbridge.emulator.stamp.scenario_format.problems import nearest, together

Given = Mapping[str, Any]
Known = Mapping[str, Callable[[], "Document"]]
"""Scenarios by name, each read on first use."""

_JOINED = ("role_ends", "settings", "host", "lies")
_ADDED = ("events", "faults")


class Document:
    """A parsed scenario file.

    Args:
        known: the scenarios that it may be based on.

    Raises:
        ScenarioError: it has problems; the error lists all.

    Attributes:
        given: the values of its keys, without `based_on`.
        bases: the names of the scenarios that it is based on.
    """

    def __init__(self, root: Value, known: Known) -> None:
        readers: dict[str, Callable[[Value], Any]] = {name: key.reader for name, key in KEYS.items()}
        readers["based_on"] = partial(_bases, known)
        self.root = root
        self.known = known
        self.given: dict[str, Any] = root.read("the keys of a scenario", readers)
        self.bases: list[str] = self.given.pop("based_on", [])

    def value(self, *names: str) -> Value:
        """Return the value of the first of these keys that is present, otherwise the root."""
        return next((found for name in names if (found := self.root.find(name))), self.root)


def _bases(known: Known, value: Value) -> list[str]:
    expected = KEYS["based_on"].reader.expected
    found = []
    with together() as each:
        for one in value.items(expected) if value.is_list else [value]:
            with each():
                name = KEYS["based_on"].reader(one)
                if name not in known:
                    one.refuse(f"unknown scenario '{name}'", near=nearest(name, known))
                found.append(name)
    return found


def scenario(document: Document, name: str) -> Scenario:
    """Return the scenario that a document describes.

    Raises:
        ScenarioError: some values contradict each other; the error lists all.
    """
    given, notes = _whole(document)
    chosen = _made(name, given, tuple(notes))
    _check(document, chosen)
    return chosen


def _whole(document: Document) -> tuple[Given, list[str]]:
    """Return the merged values, including those of the bases, and the differences between bases."""
    given: dict[str, Any] = {}
    said: dict[str, tuple[str, Any]] = {}
    notes: list[str] = []
    for base in document.bases:
        more, deeper = _whole(document.known[base]())
        for key, what in _leaves(more):
            if key in said and said[key][1] != what:
                notes.append(f"{said[key][0]} and {base} both set {key}; {base} wins")
            said[key] = (base, what)
        given = _joined(given, more)
        notes += deeper
    return _joined(given, document.given), notes


def _leaves(given: Given) -> list[tuple[str, Any]]:
    """Return the keys that can conflict: those that are not concatenated."""
    found: list[tuple[str, Any]] = []
    for key, what in given.items():
        if key in _JOINED:
            found += [(f"{key}.{name}", each) for name, each in what.items()]
        elif key not in {*_ADDED, "description"}:
            found.append((key, what))
    return found


def _joined(first: Given, then: Given) -> dict[str, Any]:
    """Merge two; the later one wins, mappings are merged by key, events and faults are concatenated."""
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
    values.setdefault("description", "a scenario without a description")
    return Scenario(name=name, notes=notes, **values)


def _check(document: Document, chosen: Scenario) -> None:
    """Refuse contradictory values."""
    named = {
        "role_ends": set(chosen.role_ends),
        "missing": set(chosen.missing),
        "events": {each.value for each in chosen.events if each.what == "role_fails"},
    }
    with together() as each:
        for key, roles in named.items():
            with each():
                if strange := sorted(roles - set(chosen.roles)):
                    there_are = ", ".join(chosen.roles)
                    document.value(key, "roles").refuse(f"role {', '.join(strange)} is not in roles: {there_are}")
        with each():
            if set(chosen.missing) >= set(chosen.roles):
                document.value("missing", "roles").refuse("a backup needs at least one role")

"""A config's YAML as values, by the tables of keys: what holds, and every problem with its place.

Messages name the place and what was expected, never the text found there, which may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from psbridge import yamlfile
from psbridge.config import keys
from psbridge.config.problems import MOST, Path, Problem
from psbridge.config.rules import MISSING, AnyRule, Listed, Named, Several, Shape, Wrong
from psbridge.config.schema import ROOT, TARGET
from psbridge.models.text import nearest
from psbridge.yamlfile import Node, Scalar

Given = Callable[[str], Mapping[str, tuple[str, Node]]]
"""What variables set of a target: by key the variable's name and its value."""

_MERGE: Final = "merge keys (<<) are not taken; what targets share belongs under `defaults`"
_TAGGED: Final = "a YAML tag (a word that begins with !) is not taken; put text that begins with ! in quotes"
_NO_VALUE: Final = "this key has no value; give it one, or leave the key out"
_UNKNOWN: Final = "unknown key"
_FAILED: Final = object()
_NONE: Final[Mapping[str, tuple[str, Node]]] = {}


class Place(msgspec.Struct, eq=False):
    """Where a value stands.

    Attributes:
        above: what it is in; None for the whole file.
        name: its key, or its place in a list.
        line: of its key.
        variable: that sets it, if one does; what is in it has none of its own.
    """

    above: Place | None
    name: str | int
    line: int
    variable: str | None = None

    @property
    def path(self) -> Path:
        """The keys that lead to it."""
        return (*self.above.path, self.name) if self.above else ()

    @property
    def origin(self) -> str | None:
        """The variable that sets it or what it is in."""
        return self.variable or (self.above.origin if self.above else None)


Values = dict[str, tuple[Any, Place]]
"""What a mapping says, each value with its place; keys that are wrong are left out."""


class Conversion:
    """A config's values and problems, gathered in one walk.

    Attributes:
        values: what the file says.
        names: the places of its targets, wrong ones included.
    """

    def __init__(self, node: yamlfile.Mapping, given: Given) -> None:
        self._given = given
        self._structure: list[tuple[str, int, Path]] = []
        self._refused: list[tuple[Place, Wrong | None]] = []
        self._empty: list[Place] = []
        self.names: dict[str, Place] = {}
        here = Place(None, "", node.line)
        self.values: Values = {} if self._tagged(node, here) else self._keys(ROOT, node, here, quiet=False)

    def problems(self, file: str) -> list[Problem]:
        """Return all that is wrong: of one place one thing, and of what is below an unknown key nothing."""
        told = [
            Problem(message, file=file, line=line, key=keys.shown(path), path=path)
            for message, line, path in self._structure
        ]
        found = [*self._refused, *((place, Wrong(_NO_VALUE)) for place in self._empty)]
        # the search for the nearest key costs most
        return told + [_problem(place, wrong, file, near=at < MOST) for at, (place, wrong) in enumerate(found)]

    def _tagged(self, node: Node, here: Place) -> bool:
        if node.tag is not None:
            self._structure.append((_TAGGED, node.line, here.path))
        return node.tag is not None

    def _pairs(self, node: yamlfile.Mapping, here: Place) -> tuple[dict[str, tuple[Scalar, Node]], bool, set[str]]:
        """Return the values by their keys, whether the mapping itself is wrong, and the keys that are there twice."""
        pairs: dict[str, tuple[Scalar, Node]] = {}
        twice: set[str] = set()
        wrong = False
        for key, value in node.pairs:
            if not isinstance(key, Scalar) or key.text == "<<" or key.tag is not None:
                self._structure.append((_not_a_key(key), key.line, here.path))
                wrong = here.above is not None  # at the top it says nothing about what is below
            elif key.text in pairs:
                said = f"the same key again, it is on line {pairs[key.text][0].line} already"
                self._structure.append((said, key.line, (*here.path, key.text)))
                twice.add(key.text)
            else:
                pairs[key.text] = key, value
        return pairs, wrong, twice

    def _keys(self, shape: Shape, node: yamlfile.Mapping, here: Place, *, quiet: bool) -> Values:
        """Return what a mapping says; with `quiet`, a problem around it is reported already, and is enough."""
        pairs, wrong, twice = self._pairs(node, here)
        quiet = quiet or wrong
        given = self._given(str(here.name)) if shape is TARGET else _NONE
        values: Values = {}
        for name, key in shape.keys.items():
            if name in given:
                place = Place(here, name, here.line, given[name][0])
                below = name in pairs and self._plain(pairs[name][1], place, quiet=quiet)[1]
                value = self._value(key.rule, given[name][1], place, quiet=quiet or below or name in twice)
            elif name in pairs:
                place = Place(here, name, pairs[name][0].line)
                value = self._value(key.rule, pairs[name][1], place, quiet=quiet or name in twice)
            else:
                if key.required and not quiet:
                    self._refused.append((Place(here, name, here.line), Wrong(MISSING)))
                continue
            if value is not _FAILED:
                values[name] = value, place
        for name, (word, value) in pairs.items():
            if name not in shape.keys:
                place = Place(here, name, word.line)
                self._refused.append((place, None))
                self._plain(value, place, quiet=True)
        return values

    def _value(self, rule: AnyRule, node: Node, here: Place, *, quiet: bool) -> Any:
        """Return what a value means, or `_FAILED`."""
        if isinstance(node, yamlfile.Mapping) and isinstance(rule, Shape | Named) and node.tag is None:
            if isinstance(rule, Shape):
                return self._keys(rule, node, here, quiet=quiet)
            return self._named(rule, node, here, quiet=quiet)
        if isinstance(rule, Listed) and isinstance(node, yamlfile.Sequence) and node.tag is None:
            return self._listed(rule, node, here, quiet=quiet)
        value, wrong = self._plain(node, here, quiet=quiet)
        if wrong:
            return _FAILED
        if isinstance(rule, Several) and isinstance(value, str | list):
            return self._several(rule, node, value, here, quiet=quiet)
        return self._read(rule.read, value, here, quiet=quiet)

    def _read(self, read: Callable[[Any], Any], value: object, here: Place, *, quiet: bool) -> Any:
        try:
            return read(value)
        except Wrong as wrong:
            if not quiet:
                self._refused.append((here, wrong))
            return _FAILED

    def _named(self, rule: Named, node: yamlfile.Mapping, here: Place, *, quiet: bool) -> Values:
        pairs, wrong, twice = self._pairs(node, here)
        values: Values = {}
        for name, (word, value) in pairs.items():
            self.names[name] = place = Place(here, name, word.line)
            hushed = quiet or wrong or name in twice
            before, structure = len(self._refused), len(self._structure)
            values[name] = self._value(rule.shape, value, place, quiet=hushed), place
            try:
                rule.name.read(name)
            except Wrong as problem:
                empty = bool(self._empty) and self._empty[-1] is place
                if not (hushed or empty or any(path == place.path for _, _, path in self._structure[structure:])):
                    self._refused.insert(before, (place, problem))
        return values

    def _several(self, rule: Several, node: Node, value: str | list[Any], here: Place, *, quiet: bool) -> Any:
        if isinstance(value, str) or not isinstance(node, yamlfile.Sequence):
            item = self._read(rule.rule.read, value, here, quiet=quiet)
            return _FAILED if item is _FAILED else [item]
        given: list[tuple[Any, int]] = list(zip(value, [item.line for item in node.items], strict=True))
        if self._read(rule.read, given, here, quiet=quiet) is _FAILED:
            return _FAILED
        items = [
            self._read(rule.rule.read, item, Place(here, at, line), quiet=quiet)
            for at, (item, line) in enumerate(given)
            if item is not None  # which is reported already
        ]
        return _FAILED if _FAILED in items else items

    def _listed(self, rule: Listed, node: yamlfile.Sequence, here: Place, *, quiet: bool) -> Any:
        if self._read(rule.read, node.items, here, quiet=quiet) is _FAILED:
            return _FAILED
        made = []
        for at, item in enumerate(node.items):
            place = Place(here, at, item.line)
            made.append((self._value(rule.shape, item, place, quiet=quiet), place))
        return _FAILED if any(value is _FAILED for value, _ in made) else made

    def _plain(self, node: Node, here: Place, *, quiet: bool) -> tuple[Any, bool]:
        """Return a value as Python has it, and whether a problem of it is reported already."""
        if self._tagged(node, here):
            return None, True
        if isinstance(node, Scalar):
            if node.empty and not quiet:
                self._empty.append(here)
            return node.value, node.empty
        if isinstance(node, yamlfile.Sequence):
            items = [self._plain(item, Place(here, at, item.line), quiet=quiet) for at, item in enumerate(node.items)]
            return [item for item, _ in items], False
        pairs, wrong, twice = self._pairs(node, here)
        below = {
            name: self._plain(value, Place(here, name, key.line), quiet=quiet or wrong or name in twice)
            for name, (key, value) in pairs.items()
        }
        return None if wrong else {name: value for name, (value, _) in below.items()}, wrong


def _not_a_key(node: Node) -> str:
    if not isinstance(node, Scalar):
        return "a key that is not a word"
    return _MERGE if node.text == "<<" else _TAGGED


def _problem(place: Place, wrong: Wrong | None, file: str, *, near: bool) -> Problem:
    """Return a problem of a place; an unknown key's where nothing is said to be wrong with the value."""
    path = place.path
    if wrong is None:
        message, like = keys.unknown(path) if near else (_UNKNOWN, None)
    else:
        message, like = wrong.message, nearest(wrong.word, wrong.known) if near and wrong.word is not None else None
    if place.origin:
        return Problem(message, key=place.origin, nearest=like, path=path)
    shown = path
    if len(path) == 2 and path[0] == "targets":  # a word in a name's place that is not a target's may be a secret
        shown = path[:1]
    elif wrong is None and not (near and keys.repeatable(str(path[-1]))):
        shown = path[:-1]
    return Problem(message, file=file, line=place.line, key=keys.shown(shown), nearest=like, path=path)

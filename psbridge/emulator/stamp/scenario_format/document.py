"""A YAML document whose values know their line, so that errors can name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from psbridge import yamlfile
from psbridge.emulator.stamp.scenario_format.problems import Problem, ScenarioError, listed, nearest, together

_MOST = 500_000  # keys and values; a recorded stamp's backups are some thousands
_DEEPEST = 64
_SHOWN = 40  # characters of a wrong value
_TRUTH = {"yes": True, "on": True, "no": False, "off": False}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a document.

    Attributes:
        file: as the user named it.
        path: the keys that lead to it, such as `host.module` or `events[2].at`; empty for the whole document.
    """

    node: yamlfile.Node
    file: str
    path: str = ""

    @property
    def plain(self) -> Any:
        """The value as Python objects; aliases are shared."""
        return self._plain(self.node, {})

    def _plain(self, node: yamlfile.Node, made: dict[int, Any]) -> Any:
        if node.tag is not None:
            problem = "YAML tags are not allowed; quote a text that begins with !"
            raise ScenarioError([Problem(self.file, problem, node.line, self.path)])
        if isinstance(node, yamlfile.Scalar):
            value = node.value
            return float(node.text) if node.plain and isinstance(value, str) and _FLOAT.fullmatch(value) else value
        if id(node) not in made:
            if isinstance(node, yamlfile.Sequence):
                made[id(node)] = [self._plain(each, made) for each in node.items]
            else:
                made[id(node)] = {self._key(key): self._plain(value, made) for key, value in node.pairs}
        return made[id(node)]

    def _key(self, key: yamlfile.Node) -> str:
        if isinstance(key, yamlfile.Scalar) and key.tag is None:
            return key.text
        raise ScenarioError([Problem(self.file, "expected a word as the key", key.line, self.path)])

    @property
    def truth(self) -> bool | None:
        """The boolean that a word means; None for any other value."""
        plain = self.plain
        if isinstance(plain, str) and isinstance(self.node, yamlfile.Scalar) and self.node.plain:
            return _TRUTH.get(plain.lower()) if plain in {plain.lower(), plain.capitalize(), plain.upper()} else None
        return plain if isinstance(plain, bool) else None

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yamlfile.Sequence)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yamlfile.Mapping)

    @property
    def text(self) -> str:
        """The text of a scalar; empty for a list or a mapping."""
        return self.node.text if isinstance(self.node, yamlfile.Scalar) else ""

    @property
    def keys(self) -> list[str]:
        """The keys of a mapping."""
        pairs = self.node.pairs if isinstance(self.node, yamlfile.Mapping) else []
        return [key.text for key, _ in pairs if isinstance(key, yamlfile.Scalar)]

    def wrong(self, expected: str, *, known: Collection[str] = ()) -> NoReturn:
        """Raise an error with the expected value and the nearest known word."""
        near = nearest(self.text, known)
        words = "" if near or all(each in expected for each in known) else listed(known)
        raise self._error(f"expected {expected}, not {self._shown()}{words}", near)

    def refuse(self, reason: str, *, near: str | None = None) -> NoReturn:
        """Raise an error with a reason and the nearest known word."""
        raise self._error(reason, near)

    def _error(self, message: str, near: str | None = None) -> ScenarioError:
        return ScenarioError([Problem(self.file, message, self.node.line, self.path, near)])

    def _shown(self) -> str:
        if isinstance(self.node, yamlfile.Scalar):
            text = self.text if len(self.text) <= _SHOWN else self.text[: _SHOWN - 1] + "…"
            return f"'{text}'" if text else "nothing"
        return "a list" if self.is_list else "a mapping"

    def items(self, expected: str) -> Iterator[Value]:
        """Return the elements of a list.

        Raises:
            ScenarioError: it is not a list.
        """
        if not isinstance(self.node, yamlfile.Sequence) or self.node.tag is not None:
            self.wrong(expected)
        for number, node in enumerate(self.node.items, 1):
            yield Value(node, self.file, f"{self.path}[{number}]")

    def find(self, name: str) -> Value | None:
        """Return the value of a key; None if it is absent, or this is not a mapping."""
        found = self.node.get(name) if isinstance(self.node, yamlfile.Mapping) else None
        return None if found is None else Value(found, self.file, self._below(name))

    def read(self, expected: str, readers: Mapping[str, Callable[[Value], Any]]) -> dict[str, Any]:
        """Return the values of a mapping, each read by its key's reader.

        Raises:
            ScenarioError: it has problems; the error lists all.
        """
        if not isinstance(self.node, yamlfile.Mapping) or self.node.tag is not None:
            self.wrong(expected)
        lines: dict[str, int] = {}
        read: dict[str, Any] = {}
        with together() as each:
            for key_node, node in self.node.pairs:
                with each():
                    name = key_node.text if isinstance(key_node, yamlfile.Scalar) else ""
                    key = Value(key_node, self.file, self.path)
                    if name not in readers:
                        near = nearest(name, readers)
                        key.refuse(f"unknown key '{name}'{'' if near else listed(readers)}", near=near)
                    if name in lines:
                        key.refuse(f"duplicate key '{name}', first in line {lines[name]}")
                    lines[name] = key_node.line
                    read[name] = readers[name](Value(node, self.file, self._below(name)))
        return read

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def parse(content: str, file: str) -> Value:
    """Read a document.

    Raises:
        ScenarioError: it is not valid YAML, too large, or empty.
    """
    try:
        node = yamlfile.parse(content, "a scenario", most=_MOST, deepest=_DEEPEST)
    except yamlfile.NotYaml as error:
        raise ScenarioError([Problem(file, f"not valid YAML: {error.problem}", error.line)]) from error
    except yamlfile.TooMuch as error:
        raise ScenarioError([Problem(file, error.problem, error.line)]) from error
    if node is None:
        what = "the file is empty; `psbridge emulate --scenario succeeds --print` prints an example"
        raise ScenarioError([Problem(file, what)])
    return Value(node, file)

"""A YAML document whose values know where they stand, so that what is wrong can be shown."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHOWN = 40  # characters of a wrong value


class ScenarioError(ValueError):
    """A scenario file is wrong; the text says where, what was expected, and what was perhaps meant."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a document.

    Attributes:
        file: as the user named it.
        path: the keys that lead to it, such as `host.module` or `events[2].at`; empty for the whole document.
    """

    node: yaml.Node
    file: str
    path: str = ""

    @property
    def plain(self) -> Any:
        """The value as Python has it."""
        try:
            return yaml.constructor.SafeConstructor().construct_document(self.node)
        except (yaml.YAMLError, ValueError, TypeError) as error:
            raise ScenarioError(f"{self._place}: {error}") from error

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def _place(self) -> str:
        where = f"{self.file}:{self.node.start_mark.line + 1}"
        return f"{where}: {self.path}" if self.path else where

    def wrong(self, expected: str, *, known: Collection[str] = ()) -> NoReturn:
        """Raise that something else was expected here, with the nearest of the known words."""
        hint = self._nearest(known)
        if all(each in expected for each in known) and "did you mean" not in hint:
            hint = ""  # the words are all there already
        raise ScenarioError(f"{self._place}: expected {expected}, not {self._shown()}{hint}")

    def refuse(self, reason: str) -> NoReturn:
        """Raise that this can't be, and why."""
        raise ScenarioError(f"{self._place}: {reason}")

    def _shown(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            text = self.node.value if len(self.node.value) <= _SHOWN else self.node.value[: _SHOWN - 1] + "…"
            return f"'{text}'" if text else "nothing"
        return "a list" if self.is_list else "a mapping"

    def _nearest(self, known: Collection[str]) -> str:
        word = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        return nearest(word, known)

    def items(self, expected: str) -> Iterator[Value]:
        """Return the elements of a list.

        Raises:
            ScenarioError: if it is none.
        """
        if not isinstance(self.node, yaml.SequenceNode) or self.node.tag != "tag:yaml.org,2002:seq":
            self.wrong(expected)
        for number, node in enumerate(self.node.value, 1):
            yield Value(node, self.file, f"{self.path}[{number}]")

    def entries(self, expected: str, known: Collection[str]) -> dict[str, Value]:
        """Return the values of a mapping by their keys.

        Raises:
            ScenarioError: if it is none, or a key is unknown or there twice.
        """
        if not isinstance(self.node, yaml.MappingNode) or self.node.tag != "tag:yaml.org,2002:map":
            self.wrong(expected)
        found: dict[str, Value] = {}
        for key_node, node in self.node.value:
            name = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            key = Value(key_node, self.file, self.path)
            if name not in known:
                key.refuse(f"there is no key '{name}' here{nearest(name, known)}")
            if name in found:
                first = found[name].node.start_mark.line + 1
                key.refuse(f"the key '{name}' is there twice, first in line {first}")
            found[name] = Value(node, self.file, f"{self.path}.{name}" if self.path else name)
        return found


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint at the word that was perhaps meant, else the list of those that there are."""
    if not known:
        return ""
    found = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{found[0]}'?" if found else f"; there are: {', '.join(known)}"


def parse(content: str | bytes, file: str) -> Value:
    """Read a document.

    Raises:
        ScenarioError: if it is neither YAML nor JSON, or empty.
    """
    try:
        node = yaml.compose(content, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ScenarioError(f"{file}{line}: neither YAML nor JSON: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ScenarioError(f"{file}: neither YAML nor JSON: {' '.join(str(error).split())[:200]}") from error
    if node is None:
        raise ScenarioError(f"{file}: the file is empty; `psbridge emulate --scenario succeeds --print` shows one")
    return Value(node, file)

"""A YAML document whose values know where they stand, so that what is wrong can be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from psbridge.emulator.stamp.scenario_format.problems import Problem, ScenarioError, listed, nearest, together

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHOWN = 40  # characters of a wrong value


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
            raise self._error(" ".join(str(error).split())) from error

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    def wrong(self, expected: str, *, known: Collection[str] = ()) -> NoReturn:
        """Raise that something else was expected here, with the nearest of the known words."""
        word = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        near = nearest(word, known)
        words = "" if near or all(each in expected for each in known) else listed(known)
        raise self._error(f"expected {expected}, not {self._shown()}{words}", near)

    def refuse(self, reason: str, *, near: str | None = None) -> NoReturn:
        """Raise that this can't be, and why, with the word that was perhaps meant."""
        raise self._error(reason, near)

    def _error(self, message: str, near: str | None = None) -> ScenarioError:
        return ScenarioError([Problem(self.file, message, self.node.start_mark.line + 1, self.path, near)])

    def _shown(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            text = self.node.value if len(self.node.value) <= _SHOWN else self.node.value[: _SHOWN - 1] + "…"
            return f"'{text}'" if text else "nothing"
        return "a list" if self.is_list else "a mapping"

    def items(self, expected: str) -> Iterator[Value]:
        """Return the elements of a list.

        Raises:
            ScenarioError: if it is none.
        """
        if not isinstance(self.node, yaml.SequenceNode) or self.node.tag != "tag:yaml.org,2002:seq":
            self.wrong(expected)
        for number, node in enumerate(self.node.value, 1):
            yield Value(node, self.file, f"{self.path}[{number}]")

    def find(self, name: str) -> Value | None:
        """Return the value of a key; None if it is not there, or this is no mapping."""
        if not isinstance(self.node, yaml.MappingNode):
            return None
        for key, node in self.node.value:
            if key.value == name:
                return Value(node, self.file, self._below(name))
        return None

    def read(self, expected: str, readers: Mapping[str, Callable[[Value], Any]]) -> dict[str, Any]:
        """Return what a mapping says, each value read by its key's reader.

        Raises:
            ScenarioError: with all that is wrong in it.
        """
        if not isinstance(self.node, yaml.MappingNode) or self.node.tag != "tag:yaml.org,2002:map":
            self.wrong(expected)
        lines: dict[str, int] = {}
        read: dict[str, Any] = {}
        with together() as each:
            for key_node, node in self.node.value:
                with each():
                    name = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
                    key = Value(key_node, self.file, self.path)
                    if name not in readers:
                        near = nearest(name, readers)
                        key.refuse(f"there is no key '{name}' here{'' if near else listed(readers)}", near=near)
                    if name in lines:
                        key.refuse(f"the key '{name}' is there twice, first in line {lines[name]}")
                    lines[name] = key_node.start_mark.line + 1
                    read[name] = readers[name](Value(node, self.file, self._below(name)))
        return read

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def parse(content: str | bytes, file: str) -> Value:
    """Read a document.

    Raises:
        ScenarioError: if it is neither YAML nor JSON, or empty.
    """
    try:
        node = yaml.compose(content, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        what = f"neither YAML nor JSON: {error.problem or error.context}"
        raise ScenarioError([Problem(file, what, line)]) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = f"neither YAML nor JSON: {' '.join(str(error).split())[:200]}"
        raise ScenarioError([Problem(file, what)]) from error
    if node is None:
        what = "the file is empty; `psbridge emulate --scenario succeeds --print` shows one"
        raise ScenarioError([Problem(file, what)])
    return Value(node, file)

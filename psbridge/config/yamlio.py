"""YAML to plain values with the line of each key, bounded: no tags, no doubled keys, no alias bombs.

Messages name the place and what was expected, never the text found there, which may be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from psbridge.config.problems import Problem

Path = tuple[str | int, ...]
DEEPEST = 12
MOST_NODES = 20_000
"""Keys and values; a fleet of 500 targets with ten keys each has half as many."""

# libyaml's parser, where PyYAML was built with it as all of its wheels are. It reads a MiB in a hundredth of a second, and
# Python's own in some seconds.
_Loader = type[yaml.SafeLoader]
_QUICK: _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLOW = 256 * 1024
"""Characters; what is larger is not read again by the slow parser, which words errors better."""


@dataclass(slots=True)
class Parsed:
    """What a file holds.

    Attributes:
        lines: the line of each key and item, by its path.
    """

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest part of it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class _Unbounded(Exception):
    """More, or nested deeper, than any config is; what and the line are its arguments."""


class _Halt(Exception):
    """The walk can't go on; the problem is noted already."""


def parse(text: str, file: str) -> Parsed:
    """Return the values and lines of a YAML text; what is wrong is in `problems`, all that can be told at once."""
    parsed = Parsed()
    try:
        node = _compose(text)
    except yaml.MarkedYAMLError as error:
        parsed.problems.append(_syntax(error, text, file))
        return parsed
    except _Unbounded as error:
        parsed.problems.append(Problem(error.args[0], file=file, line=error.args[1]))
        return parsed
    except (yaml.YAMLError, ValueError, OverflowError):  # ValueError: an escape such as "\\UFFFFFFFF"
        parsed.problems.append(Problem("not YAML: a character that YAML does not allow", file=file))
        return parsed
    if node is None:
        parsed.problems.append(Problem("the file is empty; expected `version: 1` and `targets`", file=file, line=1))
        return parsed
    if not isinstance(node, yaml.MappingNode):
        parsed.problems.append(Problem("expected a mapping of keys such as `version` and `targets`", file=file, line=1))
        return parsed
    try:
        parsed.value = _build(node, (), parsed, file)
    except _Halt:
        parsed.value = None
    return parsed


def _compose(text: str) -> yaml.Node | None:
    """Return the tree of a text; what libyaml refuses, Python's own parser explains, or reads after all."""
    try:
        return _bounded(text, _QUICK)
    except (yaml.YAMLError, ValueError):
        if _QUICK is yaml.SafeLoader or len(text) > _SLOW:
            raise
    return _bounded(text, yaml.SafeLoader)


def _bounded(text: str, loader: _Loader) -> yaml.Node | None:
    """Compose what is neither too long for that nor too deep; events come one by one, without recursion."""
    depth = nodes = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if nodes > MOST_NODES:
                raise _Unbounded(f"more than {MOST_NODES} keys and values", _line(event))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _Unbounded(f"nested deeper than {DEEPEST} levels", _line(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    node: yaml.Node | None = yaml.compose(text, loader)
    return node


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    said = (error.problem or "it can't be read").split("'")[0].split('"')[0].rstrip(" ,:")
    found = text.splitlines()[line - 1] if line and line <= len(text.splitlines()) else ""
    if "\t" in found[: len(found) - len(found.lstrip())] or "\\t" in (error.problem or ""):
        said = "a tab; YAML is indented with spaces"
    return Problem(f"not YAML: {said}", file=file, line=line)


def _build(node: yaml.Node, path: Path, parsed: Parsed, file: str) -> Any:
    parsed.nodes += 1
    line = node.start_mark.line + 1
    if parsed.nodes > MOST_NODES or len(path) > DEEPEST:
        parsed.problems.append(Problem("too many values: aliases (*) that repeat one another?", file=file, line=line))
        raise _Halt
    parsed.lines.setdefault(path, line)
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, parsed, file)
        case yaml.SequenceNode():
            return [_build(item, (*path, place), parsed, file) for place, item in enumerate(node.value)]
        case _:
            return _scalar(node, path, parsed, file)


def _mapping(node: yaml.MappingNode, path: Path, parsed: Parsed, file: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            parsed.problems.append(Problem("a key that is no word", file=file, line=line, key=dotted(path)))
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key in made:
            first = parsed.lines[here]
            problem = f"the same key again, it is on line {first} already"
            parsed.problems.append(Problem(problem, file=file, line=line, key=dotted(here)))
            continue
        parsed.lines[here] = line
        made[key] = _build(value_node, here, parsed, file)
    return made


def _scalar(node: yaml.Node, path: Path, parsed: Parsed, file: str) -> Any:
    """Return what `safe_load` would; a tag it does not know is a problem."""
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        line = node.start_mark.line + 1
        problem = Problem("a value that can't be read; put it in quotes", file=file, line=line, key=dotted(path))
        parsed.problems.append(problem)
        return None


def dotted(path: Path) -> str | None:
    """Return a path as a dotted key, None for the root."""
    return ".".join(map(str, path)) or None

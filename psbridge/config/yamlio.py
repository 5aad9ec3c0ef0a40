"""YAML to plain values with the line of each key, bounded: no tags, no doubled keys, no merge keys, no alias bombs.

Words without quotes are read by the core schema of YAML 1.2: true and false, decimal numbers, no value; all else is the
text that stands there. (YAML 1.1, and so PyYAML, takes 0777 for 511, 59:46 for 3586, 1_000 for 1000 and `no` for false.)

Messages name the place and what was expected, never the text found there, which may be a secret.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from psbridge.config.problems import Path, Problem

DEEPEST = 12
MOST_NODES = 20_000
"""Keys and values; a fleet of 500 targets with ten keys each has half as many."""

# libyaml's parser, where PyYAML was built with it as all of its wheels are. It reads a MiB in a hundredth of a second, and
# Python's own in some seconds.
_Loader = type[yaml.SafeLoader]
_QUICK: _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLOW = 256 * 1024
"""Characters; what is larger is not read again by the slow parser, which words errors better."""

_STANDARD = "tag:yaml.org,2002:"
_BY_ITSELF = frozenset(
    _STANDARD + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
"""Tags that the parser finds for words without quotes, by the rules of YAML 1.1."""
_RESOLVER = yaml.resolver.Resolver()
_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "merge keys (<<) are not taken; what targets share belongs under `defaults`"
_TAGGED = "a YAML tag (a word that begins with !) is not taken; put text that begins with ! in quotes"


class Parsed(msgspec.Struct):
    """What a file holds.

    Attributes:
        lines: the line of each key and item, by its path.
        empty: the paths of keys and items without a value.
    """

    value: Any = None
    lines: dict[Path, int] = msgspec.field(default_factory=dict)
    problems: list[Problem] = msgspec.field(default_factory=list)
    empty: list[Path] = msgspec.field(default_factory=list)
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
    problem = error.problem or "it can't be read"
    said = problem.split("'")[0].split('"')[0].rstrip(" ,:")
    found = text.splitlines()[line - 1] if line and line <= len(text.splitlines()) else ""
    if "\t" in found[: len(found) - len(found.lstrip())] or "\\t" in problem:
        said = "a tab; YAML is indented with spaces"
    elif "another document" in problem:
        said = "a second document (---) begins here; a config is one document"
    elif "undefined alias" in problem:
        said = "an alias (*) without its anchor (&); put text that begins with * or & in quotes"
    elif "cannot start any token" in problem:
        said = "a character that can't begin a value; put the text in quotes"
    return Problem(f"not YAML: {said}", file=file, line=line)


def _note(parsed: Parsed, file: str, message: str, node: yaml.Node, path: Path) -> None:
    from psbridge.config.keys import shown

    line = node.start_mark.line + 1
    parsed.problems.append(Problem(message, file=file, line=line, key=shown(path), path=path))


def _build(node: yaml.Node, path: Path, parsed: Parsed, file: str) -> Any:
    parsed.nodes += 1
    line = node.start_mark.line + 1
    if parsed.nodes > MOST_NODES or len(path) > DEEPEST:
        parsed.problems.append(Problem("too many values: aliases (*) that repeat one another?", file=file, line=line))
        raise _Halt
    parsed.lines.setdefault(path, line)
    if _tagged(node):
        _note(parsed, file, _TAGGED, node, path)
        return None
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, parsed, file)
        case yaml.SequenceNode():
            return [_build(item, (*path, place), parsed, file) for place, item in enumerate(node.value)]
        case yaml.ScalarNode():
            return _scalar(node, path, parsed)
        case _:
            raise AssertionError("a tree of YAML has these three kinds of nodes")


def _tagged(node: yaml.Node) -> bool:
    """Tell whether a value bears a tag of its own, which could make anything of it."""
    match node:
        case yaml.MappingNode():
            return bool(node.tag != _STANDARD + "map")
        case yaml.SequenceNode():
            return bool(node.tag != _STANDARD + "seq")
        case yaml.ScalarNode():
            return node.tag not in (_BY_ITSELF if not node.style else {_STANDARD + "str", "!"})
        case _:
            return True


def _mapping(node: yaml.MappingNode, path: Path, parsed: Parsed, file: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            _note(parsed, file, "a key that is not a word", key_node, path)
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key == "<<":
            _note(parsed, file, _MERGE, key_node, path)
        elif _tagged(key_node):
            _note(parsed, file, _TAGGED, key_node, path)
        elif key in made:
            first = parsed.lines[here]
            _note(parsed, file, f"the same key again, it is on line {first} already", key_node, here)
        else:
            parsed.lines[here] = key_node.start_mark.line + 1
            made[key] = _build(value_node, here, parsed, file)
    return made


def _scalar(node: yaml.ScalarNode, path: Path, parsed: Parsed) -> str | int | bool | None:
    text: str = node.value
    if node.style or _means_text(node):
        return text
    if text in _NOTHING:
        parsed.empty.append(path)
        return None
    if _DECIMAL.fullmatch(text) and len(text) < 20:
        return int(text)
    return _WORDS.get(text, text)


def _means_text(node: yaml.ScalarNode) -> bool:
    """Tell whether a word that would be something else bears the tag `!!str`."""
    by_itself = _RESOLVER.resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]  # PyYAML
    return bool(node.tag == _STANDARD + "str" != by_itself)

"""A config's YAML as plain values with the line of each key: no tags, no doubled keys, no merge keys.

Messages name the place and what was expected, never the text found there, which may be a secret.
"""

from __future__ import annotations

from typing import Any

import msgspec

from psbridge import yamlfile
from psbridge.config.problems import Path, Problem

DEEPEST = 12
MOST_NODES = 20_000
"""Keys and values; a fleet of 500 targets with ten keys each has half as many."""

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

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest part of it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def parse(text: str, file: str) -> Parsed:
    """Return the values and lines of a YAML text; what is wrong is in `problems`, all that can be told at once."""
    parsed = Parsed()
    try:
        node = yamlfile.parse(text, "a config", most=MOST_NODES, deepest=DEEPEST)
    except yamlfile.NotYaml as error:
        parsed.problems.append(Problem(f"not YAML: {error.problem}", file=file, line=error.line))
        return parsed
    except yamlfile.TooMuch as error:
        parsed.problems.append(Problem(error.problem, file=file, line=error.line))
        return parsed
    if node is None:
        parsed.problems.append(Problem("the file is empty; expected `version: 1` and `targets`", file=file, line=1))
    elif not isinstance(node, yamlfile.Mapping):
        parsed.problems.append(Problem("expected a mapping of keys such as `version` and `targets`", file=file, line=1))
    else:
        parsed.value = _build(node, (), parsed, file)
    return parsed


def _note(parsed: Parsed, file: str, message: str, node: yamlfile.Node, path: Path) -> None:
    from psbridge.config.keys import shown

    parsed.problems.append(Problem(message, file=file, line=node.line, key=shown(path), path=path))


def _build(node: yamlfile.Node, path: Path, parsed: Parsed, file: str) -> Any:
    parsed.lines.setdefault(path, node.line)
    if node.tag is not None:
        _note(parsed, file, _TAGGED, node, path)
        return None
    if isinstance(node, yamlfile.Mapping):
        return _mapping(node, path, parsed, file)
    if isinstance(node, yamlfile.Sequence):
        return [_build(item, (*path, place), parsed, file) for place, item in enumerate(node.items)]
    if node.empty:
        parsed.empty.append(path)
    return node.value


def _mapping(node: yamlfile.Mapping, path: Path, parsed: Parsed, file: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.pairs:
        if not isinstance(key_node, yamlfile.Scalar):
            _note(parsed, file, "a key that is not a word", key_node, path)
            continue
        key = key_node.text
        here = (*path, key)
        if key == "<<":
            _note(parsed, file, _MERGE, key_node, path)
        elif key_node.tag is not None:
            _note(parsed, file, _TAGGED, key_node, path)
        elif key in made:
            first = parsed.lines[here]
            _note(parsed, file, f"the same key again, it is on line {first} already", key_node, here)
        else:
            parsed.lines[here] = key_node.line
            made[key] = _build(value_node, here, parsed, file)
    return made

"""YAML text as values that know their line, read in one pass and bounded; neither tags nor YAML 1.1's words are resolved.

A word without quotes is read by the core schema of YAML 1.2: true and false, decimal numbers, no value; anything else is the
text that stands there. (YAML 1.1, and so PyYAML's constructors, takes 0777 for 511, 59:46 for 3586 and `no` for false.)

Nothing here raises psbridge's own errors, and no message repeats the text that was found, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import yaml

    _Loader = type[yaml.SafeLoader | yaml.CSafeLoader]

_SLOW: Final = 256 * 1024
"""Characters; what is larger is not read again by Python's own parser, which words errors better than libyaml's."""
_STANDARD: Final = "tag:yaml.org,2002:"
_OF_WORDS: Final = frozenset(
    _STANDARD + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)
"""Tags that change nothing about a word without quotes, except `!!str`, which makes it text."""
_OF_COLLECTIONS: Final = {"[": _STANDARD + "seq", "{": _STANDARD + "map"}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,19}", re.ASCII)
_TRUTH: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDED: Final = (
    ("<block end>", _INDENTED := "this line does not fit the lines above it; check its indentation, and brackets"),
    ("<document start>", _INDENTED),
    ("<stream end>", "a bracket is not closed"),
    ("end of stream", "a quote is not closed"),
    ("expected ',' or", "a comma or a closing bracket is expected here"),
    ("expected ':'", "this line is not `key: value`"),
    ("mapping values", "a colon that makes no key; check the indentation, and put text with a colon in quotes"),
    ("the node content", "a value is missing here"),
)
"""What a sentence of PyYAML's parser says for people, by a part of it."""
_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})


class YamlError(Exception):
    """The text can't be taken.

    Attributes:
        problem: what is wrong, without anything of the text.
        line: from 1; None where the parser can't say.
    """

    def __init__(self, problem: str, line: int | None) -> None:
        self.problem = problem
        self.line = line
        super().__init__(problem)


class NotYaml(YamlError):
    """It is not one document of YAML."""


class TooMuch(YamlError):
    """It is larger or nested deeper than the caller allows, aliases counted as what they stand for."""


class Scalar:
    """A word or text.

    Attributes:
        text: as it stands there, escapes resolved.
        line: from 1.
        plain: whether it is a word without quotes, which may mean a number, a truth value or nothing.
        tag: a tag that YAML's core schema does not have for it.
    """

    __slots__ = ("line", "plain", "tag", "text")

    def __init__(self, text: str, line: int, *, plain: bool = False, tag: str | None = None) -> None:
        self.text = text
        self.line = line
        self.plain = plain
        self.tag = tag

    @property
    def empty(self) -> bool:
        """Whether it is empty: nothing at all, `~` or `null`."""
        return self.plain and self.text in _NOTHING

    @property
    def value(self) -> str | int | bool | None:
        """What it means by the core schema, floats left as their text."""
        text = self.text
        if not self.plain:
            return text
        if text in _NOTHING:
            return None
        return int(text) if _DECIMAL.fullmatch(text) else _TRUTH.get(text, text)


class Sequence:
    """A list; `line` and `tag` as a `Scalar`'s."""

    __slots__ = ("items", "line", "tag")

    def __init__(self, line: int, tag: str | None = None) -> None:
        self.items: list[Node] = []
        self.line = line
        self.tag = tag


class Mapping:
    """Keys and values in their order, the same key perhaps more than once; `line` and `tag` as a `Scalar`'s."""

    __slots__ = ("line", "pairs", "tag")

    def __init__(self, line: int, tag: str | None = None) -> None:
        self.pairs: list[tuple[Node, Node]] = []
        self.line = line
        self.tag = tag

    def get(self, name: str) -> Node | None:
        """Return the first value of a key; None where there is none."""
        return next((value for key, value in self.pairs if isinstance(key, Scalar) and key.text == name), None)


Node = Scalar | Sequence | Mapping
"""A value. Aliases share theirs with the anchor, so the same object may stand in several places, but never within itself."""


def parse(text: str, what: str, *, most: int, deepest: int) -> Node | None:
    """Return the only document of a text; None where there is nothing in it.

    libyaml's parser reads it, where PyYAML was built with it as all of its wheels are: a MiB in some hundredths of a second.
    What it refuses is explained, or read after all, by Python's own.

    Args:
        text: the YAML; JSON is YAML.
        what: what it is to be, such as `a config`, for messages.
        most: keys, values and collections.
        deepest: levels of collections.

    Raises:
        NotYaml: it is not one document of YAML.
        TooMuch: it is more, or nested deeper.
    """
    import yaml

    quick: _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if quick is not yaml.SafeLoader:
            try:
                return _Tree(what, most, deepest).read(text, quick)
            except (yaml.YAMLError, ValueError):
                if len(text) > _SLOW:
                    raise
        return _Tree(what, most, deepest).read(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # ValueError: an escape such as "\\UFFFFFFFF"
        raise NotYaml("a character that YAML does not allow", None) from None


def _explained(error: yaml.MarkedYAMLError, text: str) -> NotYaml:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    problem = error.problem or "it can't be read"
    lines = text.splitlines()
    found = lines[line - 1] if line and line <= len(lines) else ""
    if "\t" in found[: len(found) - len(found.lstrip())] or "\\t" in problem:
        return NotYaml("a tab; YAML is indented with spaces", line)
    if "cannot start any token" in problem:
        return NotYaml("a character that can't begin a value; put the text in quotes", line)
    return NotYaml(_worded(problem), line)


def _worded(problem: str) -> str:
    """Return the parser's sentence in words, without anything of the text, which stands in its quotes."""
    known = next((said for part, said in _WORDED if part in problem), None)
    return known or re.sub(r",? but (found|got)$", "", re.split("['\"]", problem)[0].rstrip(" ,:"))


class _Open:
    """A collection whose end has not come yet.

    Attributes:
        key: of a mapping, the one whose value is next.
        before: how many nodes there were.
        height: levels of collections in it so far.
    """

    __slots__ = ("anchor", "before", "height", "key", "node")

    def __init__(self, node: Sequence | Mapping, anchor: str | None, before: int) -> None:
        self.node = node
        self.anchor = anchor
        self.before = before
        self.height = 1
        self.key: Node | None = None


class _Tree:
    """A tree of nodes, made from the parser's events without recursion."""

    def __init__(self, what: str, most: int, deepest: int) -> None:
        self.what = what
        self.most = most
        self.deepest = deepest
        self.nodes = 0
        self.root: Node | None = None
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}
        """Node, size and height of each anchor; None while its collection is open."""

    def read(self, text: str, loader: _Loader) -> Node | None:
        import yaml

        documents = 0
        for event in _events(text, loader):
            match type(event):
                case yaml.ScalarEvent:
                    self._scalar(event)
                case yaml.MappingStartEvent:
                    self._begin(Mapping(event.start_mark.line + 1, _tag(event.tag, "{")), event.anchor)
                case yaml.SequenceStartEvent:
                    self._begin(Sequence(event.start_mark.line + 1, _tag(event.tag, "[")), event.anchor)
                case yaml.MappingEndEvent | yaml.SequenceEndEvent:
                    self._end()
                case yaml.AliasEvent:
                    self._alias(event.anchor, event.start_mark.line + 1)
                case yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        problem = f"a second document (---) begins here; {self.what} is one document"
                        raise NotYaml(problem, event.start_mark.line + 1)
                case _:  # ends, which say nothing
                    pass
        return self.root

    def _scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._count(1, line)
        tag, plain = event.tag, not event.style
        if tag is not None:
            plain = plain and tag != _STANDARD + "str"
            tag = None if tag in ({"!", *_OF_WORDS} if not event.style else {"!", _STANDARD + "str"}) else tag
        node = Scalar(event.value, line, plain=plain, tag=tag)
        if event.anchor is not None:
            self._name(event.anchor, line)
            self.anchors[event.anchor] = (node, 1, 0)
        self._add(node, 0)

    def _begin(self, node: Sequence | Mapping, anchor: str | None) -> None:
        self._count(1, node.line)
        if len(self.open) == self.deepest:
            raise TooMuch(f"nested deeper than {self.deepest} levels", node.line)
        if anchor is not None:
            self._name(anchor, node.line)
        self.open.append(_Open(node, anchor, self.nodes))

    def _end(self) -> None:
        ended = self.open.pop()
        if ended.anchor is not None:
            self.anchors[ended.anchor] = (ended.node, self.nodes - ended.before + 1, ended.height)
        self._add(ended.node, ended.height)

    def _alias(self, name: str, line: int) -> None:
        if name not in self.anchors:
            problem = "an alias (*) without its anchor (&); put text that begins with * or & in quotes"
            raise NotYaml(problem, line)
        meant = self.anchors[name]
        if meant is None or self.nodes + meant[1] > self.most or len(self.open) + meant[2] > self.deepest:
            raise TooMuch("too many values: aliases (*) that repeat each other?", line)
        self.nodes += meant[1]
        self._add(meant[0], meant[2])

    def _name(self, anchor: str, line: int) -> None:
        if anchor in self.anchors:
            raise NotYaml("second occurrence", line)
        self.anchors[anchor] = None

    def _count(self, more: int, line: int) -> None:
        self.nodes += more
        if self.nodes > self.most:
            raise TooMuch(f"more than {self.most} keys and values", line)

    def _add(self, node: Node, height: int) -> None:
        if not self.open:
            self.root = node
            return
        within = self.open[-1]
        within.height = max(within.height, height + 1)
        if isinstance(within.node, Sequence):
            within.node.items.append(node)
        elif within.key is None:
            within.key = node
        else:
            within.node.pairs.append((within.key, node))
            within.key = None


def _tag(tag: str | None, kind: str) -> str | None:
    return None if tag in {None, "!", _OF_COLLECTIONS[kind]} else tag


def _events(text: str, loader: _Loader) -> Iterator[Any]:
    source = loader(text)
    try:
        while source.check_event():
            yield source.get_event()
    finally:
        source.dispose()

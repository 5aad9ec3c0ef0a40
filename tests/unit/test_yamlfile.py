"""YAML as values that know their line: the same by libyaml and by Python's own parser, and bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from psbridge import yamlfile
from psbridge.yamlfile import Mapping, Node, NotYaml, Scalar, Sequence, TooMuch, YamlError

SCENARIOS = sorted(Path(yamlfile.__file__).parent.glob("emulator/**/*.yaml"))


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read by each of PyYAML's parsers in turn."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader")
    return request.param


def read(text: str, most: int = 1000, deepest: int = 12) -> Node | None:
    return yamlfile.parse(text, "a text", most=most, deepest=deepest)


def plain(node: Node | None) -> Any:
    """Return a tree with the line of each value."""
    match node:
        case Scalar():
            return (node.line, node.value, node.tag)
        case Sequence():
            return (node.line, [plain(item) for item in node.items], node.tag)
        case Mapping():
            return (node.line, [(plain(key), plain(value)) for key, value in node.pairs], node.tag)
    return None


def outcome(text: str) -> Any:
    try:
        return plain(read(text))
    except YamlError as error:
        return (type(error), error.problem, error.line)


@pytest.mark.usefixtures("parser")
def test_each_value_and_key_knows_its_line() -> None:
    tree = read("a: 1\nb:\n  - x\n  - {c: |\n    y\n    }\n".replace("|\n    y\n    ", "'y'"))
    assert plain(tree) == (
        1,
        [
            ((1, "a", None), (1, 1, None)),
            ((2, "b", None), (3, [(3, "x", None), (4, [((4, "c", None), (4, "y", None))], None)], None)),
        ],
        None,
    )


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("-7", -7),
        ("0777", 777),
        ("0x1F", "0x1F"),
        ("59:46", "59:46"),
        ("1_000", "1_000"),
        ("1.5", "1.5"),
        ("2026-11-30", "2026-11-30"),
        ("9" * 20, "9" * 20),
        ("~", None),
        ("null", None),
        ("", None),
        ("'null'", "null"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("! x", "x"),
    ],
)
def test_a_word_has_its_core_schema_meaning(word: str, means: object) -> None:
    tree = read(f"a: {word}\n")
    assert isinstance(tree, Mapping)
    value = tree.get("a")
    assert isinstance(value, Scalar)
    assert (value.value, type(value.value), value.empty) == (means, type(means), means is None)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", ["!!set {a}", "!mine [a]", "!!binary aGk=", "!!str [a]", "!!int '5'", "!!python/x {}"])
def test_a_custom_tag_is_kept_and_constructs_nothing(text: str) -> None:
    tree = read(text)
    assert tree is not None
    assert tree.tag is not None


@pytest.mark.usefixtures("parser")
def test_the_same_key_twice_is_left_to_the_caller() -> None:
    tree = read("a: 1\na: 2\n[b]: 3\n")
    assert isinstance(tree, Mapping)
    assert [plain(key)[1] for key, _ in tree.pairs][:2] == ["a", "a"]
    assert (plain(tree.get("a")), tree.get("b")) == ((1, 1, None), None)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_text_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a:\n\tb: 1\n", 2, "a tab; YAML is indented with spaces"),
        ("a: 1\n---\nb: 1\n", 2, "a second document (---) begins here; a text is one document"),
        ("a: *gone\n", 1, "an alias (*) without its anchor (&); put text that begins with * or & in quotes"),
        ("a: &x 1\nb: &x 2\n", 2, "second occurrence"),
        ("a: @x\n", 1, "a character that can't begin a value; put the text in quotes"),
        (
            "a: hunter2: 'x\n",
            1,
            "a colon that makes no key; check the indentation, and put text with a colon in quotes",
        ),
        ("- a\nb: c\n", 2, "this line does not fit the lines above it; check its indentation, and brackets"),
        (" a: 1\nb: 2\n", 2, "this line does not fit the lines above it; check its indentation, and brackets"),
        ("a: [hunter2, b\nc: d\n", 2, "a comma or a closing bracket is expected here"),
        ("a: {b: 1\n", 2, "a bracket is not closed"),
        ("a: 'hunter2\n", 2, "a quote is not closed"),
        ("a: }\n", 1, "a value is missing here"),
        ("a:\n- b\nhunter2\nc: 1\n", 4, "this line is not `key: value`"),
        ("a: |hunter2\n", 1, "expected chomping or indentation indicators"),
        ("a\x00", None, "a character that YAML does not allow"),
        ('a: "\\UFFFFFFFF"\n', None, "a character that YAML does not allow"),
    ],
)
def test_invalid_yaml_is_reported_with_its_line_and_without_its_text(text: str, line: int | None, said: str) -> None:
    with pytest.raises(NotYaml) as caught:
        read(text)
    assert (caught.value.problem, caught.value.line) == (said, line)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[" * 13, 1, "nested deeper than 12 levels"),
        ("[" * 100_000, 1, "nested deeper than 12 levels"),
        ("\n".join(f"- {at}" for at in range(1000)), 1000, "more than 1000 keys and values"),
        ("a: &a [*a]\n", 1, "too many values: aliases (*) that repeat each other?"),
        (f"- &a [x, y]\n- &b [{'*a, ' * 30}]\n- [{'*b, ' * 30}]\n", 3, "too many values: aliases (*) that repeat"),
        (f"- &a {'[' * 8}{']' * 8}\n- {'[' * 8}*a {']' * 8}\n", 2, "too many values: aliases (*) that repeat"),
    ],
)
def test_oversized_yaml_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(TooMuch) as caught:
        read(text)
    assert caught.value.problem.startswith(said)
    assert caught.value.line == line


@pytest.mark.usefixtures("parser")
def test_yaml_at_the_limit_is_read_including_aliases() -> None:
    assert plain(read("[" * 12 + "]" * 12)) is not None
    tree = read("- &a {x: [y]}\n- *a\n", most=9)
    assert isinstance(tree, Sequence)
    assert tree.items[0] is tree.items[1]
    with pytest.raises(TooMuch):
        read("- &a {x: [y]}\n- *a\n", most=8)


def test_a_large_text_is_not_read_again_by_the_slow_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML has no libyaml here")
    monkeypatch.setattr(yaml, "SafeLoader", type("Never", (), {"__init__": lambda *_: pytest.fail("read again")}))
    with pytest.raises(NotYaml):
        read("#" * 300_000 + "\na: @x\n")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_both_parsers_read_the_scenarios_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    first = outcome(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert outcome(text) == first


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(_VALUES, st.booleans())
def test_both_parsers_read_any_tree_the_same(value: object, as_json: bool) -> None:
    text = json.dumps(value) if as_json else yaml.safe_dump(value, allow_unicode=True)
    with pytest.MonkeyPatch.context() as patch:
        first = outcome(text)
        patch.delattr(yaml, "CSafeLoader")
        assert outcome(text) == first


@given(st.text(alphabet="ab:-&*!{}[]'\"\n #,?|>~1", max_size=30))
def test_any_text_is_read_or_refused_with_psbridges_error(text: str) -> None:
    outcome(text)

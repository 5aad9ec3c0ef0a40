"""What the manual says is held to the code: tables, quoted messages, named paths, rehearsals."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import pytest

from psbridge.errors import ExitCode
from psbridge.explain.entries import by_category
from psbridge.guide import section
from tests.support.manual import PAGES, ROOT, all_blocks, between, blocks

ANY = "\x00"
"""Stands for a value that a message is filled in with."""
NOT_TEXTS = ("emulator", "testing", "guide")
"""Rooms whose texts psbridge does not print about a backup."""


def rows(topic: str, name: str) -> list[list[str]]:
    """Return the cells of each row of a marked table, without its head."""
    table = between(topic, f"<!-- {name}:", f"<!-- end of {name} -->")
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words(cell: str) -> list[str]:
    """Return what a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def plain(markdown: str) -> str:
    """Return a text without links, on one line and in lower case."""
    return " ".join(re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", markdown).casefold().split())


def test_each_exit_code_has_its_heading_and_what_the_catalogue_says() -> None:
    """`psbridge/catalogue/entries/exit_codes.py` has the sentences; the page quotes them."""
    headings = re.findall(r"^## (\d+ \w+)$", PAGES["exit-codes"], re.MULTILINE)
    assert headings == [f"{int(code)} {code.label}" for code in ExitCode]
    for code, entry in zip(ExitCode, by_category()["exit-codes"], strict=True):
        text = plain(section("exit-codes", str(int(code))))
        assert text.startswith(plain(f"- Backup: {entry.backup} - Runbook: {entry.runbook}")), code


def test_each_row_of_the_evidence_is_explained() -> None:
    from psbridge.verdict.checks import _CHECKS, FROM_ELSEWHERE

    known = [*_CHECKS, *FROM_ELSEWHERE]
    assert sorted(words(row[0])[0] for row in rows("verdict", "evidence")) == sorted({*known, "alerts"})


def test_each_category_of_explain_is_listed_with_an_example_of_it() -> None:
    from psbridge.explain.entries import CATEGORIES, category_of
    from psbridge.explain.search import find

    shown = rows("commands", "categories")
    assert [(words(row[0])[0], row[1]) for row in shown] == list(CATEGORIES.items())
    for category, _, example in shown:
        (command,) = words(example)
        what = command.removeprefix("psbridge explain ").strip('"')
        assert category_of()[find(what).entries[0].id] == words(category)[0], command


def test_what_is_checked_by_a_row_is_what_the_catalogue_says() -> None:
    said = {entry.id: entry.title for entry in by_category()["evidence"]}
    shown = {words(row[0])[0]: row[1] for row in rows("verdict", "evidence")}
    assert {row: text for row, text in shown.items() if text != "not checked"} == {
        row: said[row] for row in shown if shown[row] != "not checked"
    }


def test_the_front_page_has_every_exit_code_once() -> None:
    table = PAGES["README"].partition("## Exit codes in short")[2].partition("\n## ")[0]
    codes = [code for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in cell.split(", ")]
    assert sorted(codes, key=int) == [str(int(code)) for code in ExitCode]


def test_each_message_of_troubleshooting_leads_to_an_entry() -> None:
    """`psbridge explain MESSAGE` finds something for each row; most by the sentence itself."""
    from psbridge.explain.search import find

    messages = [it.replace("…", " ") for it in quoted_in_tables() if it != "the host has no …"]
    assert len(messages) > 50
    assert all(find(message).entries for message in messages)


def test_each_verdict_is_explained() -> None:
    from psbridge.models.verdict import Judgement

    assert sorted(words(row[0])[0] for row in rows("verdict", "verdicts")) == sorted(Judgement)


def test_each_kind_of_document_is_named() -> None:
    from psbridge.documents.registry import KINDS

    assert sorted(kind for row in rows("output", "kinds") for kind in words(row[0])) == sorted(KINDS)


def test_each_document_that_is_shown_fulfils_its_schema() -> None:
    from psbridge.documents.registry import from_plain

    shown = [it for topic in PAGES for it in all_blocks(topic) if it.language == "json" and not it.file]
    lines = [line for it in shown for line in it.text.splitlines()]
    assert [from_plain(json.loads(line)).kind for line in lines] == ["started", "status"]


def test_the_states_of_a_run_are_those_of_the_code() -> None:
    from psbridge.journal.states import MEANINGS

    assert rows("journal", "states") == [[f"`{state}`", meaning] for state, meaning in MEANINGS.items()]


def test_what_a_rehearsal_names_exists() -> None:
    from psbridge.emulator.faults.rules import parse_fault
    from psbridge.emulator.stamp.scenarios import SCENARIOS

    known, cells = set(SCENARIOS), [cell for row in rows("rehearsing", "rehearsals") for cell in words(row[1])]
    assert {word.split()[1] for word in cells if word.startswith("--scenario")} <= known
    faults = [word.split()[1] for word in cells if word.startswith("--fault")]
    faults += [words(row[0])[0] for row in rows("rehearsing", "faults")]
    for spec in faults:
        parse_fault(spec)


def test_each_path_that_the_manual_names_exists() -> None:
    named = {path for text in PAGES.values() for path in re.findall(r"`((?:psbridge|tests|scripts)/[\w./-]*)`", text)}
    named |= {f"psbridge/{path}" for row in rows("how-it-is-built", "decisions") for path in words(row[1])}
    assert len(named) > 50
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize(("name", "folder"), [("rooms", "psbridge"), ("tests", "tests")])
def test_each_folder_is_named(name: str, folder: str) -> None:
    there = {f"{folder}/{it.parent.name}/" for it in (ROOT / folder).glob("*/*") if it.parent.name != "__pycache__"}
    assert {words(row[0])[0] for row in rows("how-it-is-built", name)} == there


def test_each_key_of_the_document_of_status_is_explained() -> None:
    from psbridge.documents.stamp_status import StampStatusDocument

    named = {it for row in rows("output", "stamp_status") for it in words(row[0])}
    assert named == {*StampStatusDocument.__struct_fields__} - {"schema_version", "kind"}


def test_each_cmdlet_that_is_sent_is_named() -> None:
    paths = (ROOT / "psbridge/cmdlets").glob("*.py")
    sent = {it for path in paths for it in re.findall(r'"([A-Z][A-Za-z]+-[A-Z]\w+)"', path.read_text("utf-8"))}
    named = {it for row in rows("security", "cmdlets") for it in words(row[1]) if not it.startswith("-")}
    assert named == {it for it in sent if "AzureRm" not in it and it != "Write-Error"}


def printed() -> Iterator[str]:
    """Yield the strings of psbridge's code; `ANY` stands for what is filled in."""
    for path in sorted((ROOT / "psbridge").rglob("*.py")):
        if path.relative_to(ROOT / "psbridge").parts[0] not in NOT_TEXTS:
            yield from strings(ast.parse(path.read_text("utf-8")))


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a file without its docstrings; of an f-string its parts together."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(it.value) if isinstance(it, ast.Constant) else ANY for it in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{\w*\}", ANY, node.value)
        yield from strings(node)


def quoted() -> Iterator[str]:
    """Yield the messages that the manual quotes: the first cell of each table of messages, and what an error says."""
    for topic in PAGES:
        for text in blocks(topic, "text"):
            yield from re.findall(r"^(?:error|hint|warning): (.*)$", text, re.MULTILINE)
    yield from quoted_in_tables()


def quoted_in_tables() -> Iterator[str]:
    """Yield the messages in the tables of the page troubleshooting."""
    for table in re.findall(r"^\| message \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGES["troubleshooting"], re.MULTILINE):
        yield from re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)


def test_each_quoted_message_is_one_that_the_code_has() -> None:
    texts, messages = "\n".join(printed()), list(quoted())
    assert len(messages) > 50
    wanted = {it: ".*".join(re.escape(part.strip()) for part in it.split("…") if part.strip()) for it in messages}
    assert [message for message, pattern in wanted.items() if not re.search(pattern, texts)] == []

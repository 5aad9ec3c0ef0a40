"""`psbridge help`: the manual as a pipe and as a person at a terminal gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.guide import TOPICS, page, without_comments
from tests.support.process.cli import Cli, on_terminal


def test_without_a_topic_the_topics_are_listed(cli: Cli) -> None:
    shown = cli("help").expect(0)
    assert [line.split()[0] for line in shown.out.splitlines() if line.startswith("    ")] == list(TOPICS)
    assert shown.err == ""


def test_a_pipe_gets_the_markdown_of_the_page(cli: Cli) -> None:
    assert cli("help", "library", env={"PAGER": "false"}).expect(0).out == page("library")


def test_a_pipe_gets_no_comments_but_those_that_name_a_file(cli: Cli) -> None:
    assert "<!-- exit codes: " in page("exit-codes")
    shown = cli("help", "exit-codes").expect(0).out
    assert "<!--" not in shown
    assert "\n| code | name | when |\n" in shown
    files = [line for line in cli("help", "automation").expect(0).out.splitlines() if line.startswith("<!--")]
    assert "<!-- file: psbridge-backup -->" in files
    assert all(line.startswith("<!-- file: ") for line in files)


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("Verdict", "verdict"),
        ("exit codes", "exit-codes"),
        ("getting_started.md", "getting-started"),
    ],
)
def test_a_topic_is_found_by_its_name(cli: Cli, word: str, topic: str) -> None:
    assert cli("help", word).expect(0).out == without_comments(page(topic))


@pytest.mark.parametrize(("word", "title"), [("11", "11: ambiguous"), ("Not_Found", "8: not_found")])
def test_an_exit_code_is_explained_by_its_number_and_its_name(cli: Cli, word: str, title: str) -> None:
    shown = cli("help", word).expect(0).out
    assert shown.startswith(f"exit code {title}\n")
    assert shown.count("\nFor the backup\n") == shown.count("\nIn a script\n") == 1


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("verdicts", "Did you mean verdict?"),
        ("0x80338126", "To explain it: psbridge explain 0x80338126"),
        ("backup", "For the options of a command: `psbridge COMMAND --help`."),
    ],
)
def test_an_unknown_topic_is_wrong_usage_with_the_nearest(cli: Cli, word: str, hint: str) -> None:
    shown = cli("help", word).expect(2)
    assert shown.out == ""
    assert f"no such topic: '{word}'" in shown.err
    assert hint in shown.err


def test_a_page_has_no_other_format(cli: Cli) -> None:
    assert "no other format" in cli("help", "verdict", "-o", "json").expect(2).err
    assert cli("help", "library", env={"PSBRIDGE_OUTPUT": "json"}).expect(0).out == page("library")


def test_a_terminal_gets_it_through_the_pager(cli: Cli, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\necho "LESS=$LESS $1"\ncat\n')
    pager.chmod(0o755)
    code, shown = on_terminal(cli, "help", "exit-codes", env={"PAGER": f"{pager} paged", "NO_COLOR": "1"})
    assert code == 0
    first, _, rest = shown.partition("\n")
    assert first.strip() == "LESS=FRX paged"
    assert rest.strip().startswith("EXIT CODES")
    assert "|---|" not in rest
    assert "\x1b[" not in rest


@pytest.mark.parametrize("pager", ["", "cat", "/nonexistent/pager", "less '", "false"])
def test_a_terminal_without_a_pager_gets_it_too(cli: Cli, pager: str) -> None:
    code, shown = on_terminal(cli, "help", "library", env={"PAGER": pager})
    assert code == 0
    assert "THE PYTHON LIBRARY" in shown


def test_a_number_that_is_not_an_exit_code_leads_to_their_page(cli: Cli) -> None:
    shown = cli("help", "99").expect(2)
    assert "no such exit code: '99'" in shown.err
    assert "`psbridge help exit-codes`" in shown.err
    assert "`psbridge help exit-codes`" in cli("help", "-1").expect(2).err


def test_a_pager_that_succeeds_alone_decides_what_is_shown(cli: Cli) -> None:
    assert on_terminal(cli, "help", "library", env={"PAGER": "true"}) == (0, "")


def test_topics_are_completed(cli: Cli) -> None:
    words = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "psbridge help ex", "COMP_CWORD": "2"}
    assert cli(env=words).out.split() == ["exit-codes"]

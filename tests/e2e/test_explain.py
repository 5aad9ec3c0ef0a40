"""`psbridge explain` as a pipe, a script and a person at a terminal get it."""

from __future__ import annotations

import json

from tests.support.process.cli import Cli, on_terminal


def test_a_code_is_explained_without_config_or_network(cli: Cli) -> None:
    cli.configure("version: [1\n")
    shown = cli("explain", "11").expect(0)
    assert shown.err == ""
    assert shown.out.startswith("exit code 11: ambiguous\n")
    assert "\n      psbridge backup wait\n" in shown.out
    assert cli("help", "11").expect(0).out == shown.out


def test_words_need_no_quotes_and_several_hits_are_a_list(cli: Cli) -> None:
    shown = cli("explain", "update", "running", "days").expect(0)
    assert shown.out.splitlines()[0].split() == ["NAME", "CATEGORY", "WHAT", "IT", "IS"]
    assert "update_running" in shown.out


def test_without_an_argument_everything_is_listed_by_category(cli: Cli) -> None:
    everything, one, wrong = cli.together(
        ("explain",), ("explain", "--list", "reasons", "-o", "id"), ("explain", "--list", "x")
    )
    assert "\n\nreasons\nNAME " in everything.expect(0).out
    assert "locked" in one.expect(0).out.splitlines()
    assert "The categories are exit-codes, reasons" in wrong.expect(8).err


def test_a_script_gets_a_document(cli: Cli) -> None:
    found = json.loads(cli("explain", "locked", "-o", "json").expect(0).out)
    assert (found["kind"], found["what"], found["also"]) == ("explanation", "locked", [])
    (entry,) = found["entries"]
    assert (entry["id"], entry["category"], entry["code"], entry["exit_code"]) == ("locked", "reasons", "busy", 7)
    assert {"where": "here", "command": "psbridge run list"} in entry["steps"][0]["commands"]
    assert {"page": "journal", "heading": None, "entry": None, "command": "psbridge help journal"} in entry["read_on"]


def test_what_is_unknown_ends_with_8(cli: Cli) -> None:
    text, machine = cli.together(("explain", "xyzzy"), ("explain", "xyzzy", "-o", "json"))
    assert text.expect(8).err == "error: nothing is known about 'xyzzy'\nhint: `psbridge explain --list` lists all.\n"
    assert text.out == machine.expect(8).out == ""
    assert json.loads(machine.err)["error"]["explain"] is None


def test_a_terminal_gets_it_through_the_pager(cli: Cli) -> None:
    code, shown = on_terminal(cli, "explain", "locked", env={"PAGER": "cat", "NO_COLOR": "1"})
    assert code == 0
    assert shown.splitlines()[0].strip() == "locked"
    assert on_terminal(cli, "explain", "locked", env={"PAGER": "true"}) == (0, "")


def test_names_are_completed(cli: Cli) -> None:
    words = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "psbridge explain amb", "COMP_CWORD": "2"}
    assert cli(env=words).out.split() == ["ambiguous"]
    words |= {"COMP_WORDS": "psbridge explain --list al", "COMP_CWORD": "3"}
    assert cli(env=words).out.split() == ["alerts"]


def test_an_error_ends_with_where_more_is_said(cli: Cli) -> None:
    cli.configure("version: 1\n")
    text, machine, usage = cli.together(
        ("backup", "list", "-t", "none"),
        ("backup", "list", "-t", "none", "-o", "json"),
        ("backup", "start", "--if-running", "maybe"),
    )
    assert text.expect(8).err.endswith("\nMore: psbridge explain not_found\n")
    assert json.loads(machine.expect(8).err)["error"]["explain"] == "not_found"
    assert "explain" not in usage.expect(2).err

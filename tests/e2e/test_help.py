"""What psbridge says of itself, and what a shell completes; none of it connects."""

from __future__ import annotations

import pytest

from psbridge.version import __version__
from tests.support.process.cli import Cli

COMMANDS = [
    ("backup", "start"),
    ("backup", "wait"),
    ("backup", "list"),
    ("backup", "show"),
    ("backup", "confirm"),
    ("run", "list"),
    ("run", "show"),
    ("settings", "show"),
    ("config", "init"),
    ("config", "show"),
    ("config", "validate"),
    ("config", "schema"),
    ("target", "list"),
    ("emulate",),
]
ID = "08b92613-837a-43cd-86b5-1212ef954384"


def completed(cli: Cli, *words: str) -> list[str]:
    """Return what bash is offered for the last of these words."""
    line = " ".join(("psbridge", *words))
    env = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    return cli(env=env).out.split()


@pytest.mark.parametrize("words", [("--version",), ("--version", "-q")])
def test_the_version_is_one_line(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli(*words).expect(0).out == f"psbridge {__version__}\n"


@pytest.mark.parametrize("half", [0, 1])
def test_every_command_has_help_with_an_example(cli: Cli, half: int) -> None:
    chosen = COMMANDS[half::2]
    for words, told in zip(chosen, cli.together(*((*words, "--help") for words in chosen)), strict=True):
        assert "--output" in told.expect(0).out
        assert f"psbridge {words[0]}" in told.out.split("Usage:", 1)[1].split("\n", 1)[1], f"{words} has no example"
        assert "…" not in told.out, f"{words} cuts something at 80 columns"
        assert told.err == ""


def test_a_group_without_a_verb_shows_its_help_and_ends_with_2(cli: Cli) -> None:
    for told in cli.together((), ("backup",)):
        assert told.expect(2).out == ""
        assert "Usage:" in told.err


def test_targets_and_ids_are_completed_from_local_data_only(cli: Cli) -> None:
    with cli.facing() as running:
        known = cli("backup", "list", "-o", "id").expect(0).out.split()
        asked = running.host.requests["*"]
        assert completed(cli, "backup", "list", "-t", "") == ["nyc", "demo"]
        assert completed(cli, "backup", "list", "-t", "n") == ["nyc"]
        assert completed(cli, "backup", "show", "") == ["latest", *known]
        assert completed(cli, "backup", "show", known[0][:6]) == [known[0]]
        assert completed(cli, "backup", "wait", "") == known
        assert completed(cli, "backup", "show", "-t", "demo", "") == ["latest"]
        assert running.host.requests["*"] == asked


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("backup start --if-running ", ["fail", "attach", "queue"]),
        ("backup start --if-running a", ["attach"]),
        ("backup list -o j", ["json", "jsonl"]),
        ("-o y", ["yaml"]),
        ("emulate --engine ", ["auto", "embedded", "pwsh"]),
        ("emulate --auth ce", ["certificate"]),
        ("emulate --tls-fault e", ["expired"]),
        ("emulate --channel-binding ", ["none", "relaxed", "strict"]),
    ],
)
def test_words_of_a_closed_choice_are_completed(cli: Cli, words: str, offered: list[str]) -> None:
    assert completed(cli, *words.split(" ")) == offered


def test_a_broken_config_completes_nothing_and_prints_nothing(cli: Cli) -> None:
    cli.configure("version: [1\n")
    assert completed(cli, "backup", "list", "-t", "") == ["demo"]


def test_commands_and_runs_are_completed(cli: Cli) -> None:
    run = "20261123T231301Z-1eaecae6"
    (cli.state / "runs").mkdir(parents=True)
    (cli.state / "runs" / f"{run}.jsonl").write_text('{"event": "begun"}\n')
    assert set(completed(cli, "backup", "")) == {"start", "wait", "list", "show", "confirm", "verify"}
    assert completed(cli, "run", "show", "2026") == [run]


def test_a_schema_is_printed_as_json_in_no_other_format(cli: Cli) -> None:
    refused, results, config = cli.together(
        ("config", "schema", "-o", "yaml"), ("config", "schema", "--results", "-o", "json"), ("config", "schema")
    )
    assert refused.expect(2).out == ""
    assert "printed as json only" in refused.err
    assert "verdict" in results.expect(0).out
    assert results.out != config.expect(0).out

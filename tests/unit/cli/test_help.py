"""Every help page, at several widths: whole words, whole lines, nothing that a terminal or a pipe cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from psbridge.cli.app import app

ROOT = typer.main.get_command(app)


def contexts(command: Any = ROOT, parent: Any = None, name: str = "psbridge") -> Iterator[Any]:
    """Yield the context of each command, that of `psbridge` itself first."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    yield context
    for each in getattr(command, "commands", ()):
        yield from contexts(command.get_command(context, each), context, each)


CONTEXTS = list(contexts())


def page(context: Any, columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    return re.sub(r"\x1b\[[0-9;]*m", "", context.get_help())


def test_all_commands_are_checked() -> None:
    assert {it.command_path for it in CONTEXTS} >= {
        "psbridge",
        "psbridge backup",
        "psbridge backup start",
        "psbridge emulate",
    }


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("context", CONTEXTS, ids=lambda it: it.command_path)
def test_a_page_fits_and_breaks_no_word(context: Any, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(context, columns, monkeypatch)
    wide = [line for line in shown.splitlines() if len(line) > columns]
    assert [line for line in wide if len(line.split()) > 2 and not line.startswith("    psbridge ")] == []
    assert columns < 80 or wide == []
    assert "…" not in shown
    assert "`" not in shown
    assert "**" not in shown
    words = {word for parameter in context.command.params for word in (getattr(parameter, "help", "") or "").split()}
    assert {word.replace("`", "") for word in words} <= set(shown.split())


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda it: it.command_path)
def test_an_example_is_a_line_that_can_be_copied(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written = re.findall(r"`([^`]*\bpsbridge\b[^`]*)`", (context.command.help or "").partition("**Examples**")[2])
    shown = page(context, 80, monkeypatch).partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert [line[4:] for line in shown if line.startswith("    ")] == [" ".join(it.split()) for it in written]
    assert all(line.endswith(":") for line in shown if not line.startswith("    "))


def test_no_type_and_no_brace_of_the_library_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for context in CONTEXTS:
        assert re.search(r"<\w+>|[{}]|\[\[", page(context, 80, monkeypatch)) is None, context.command_path

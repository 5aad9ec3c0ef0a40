"""Help pages: wrapped plain text, with each example on a line that can be copied.

A command's docstring is its page: a first sentence, more paragraphs, and after `**Examples**` one paragraph per example: its
purpose, and its commands in backticks.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

import typer
import typer.core

_EXAMPLES: Final = "**Examples**"
_COMMAND: Final = re.compile(r"`([^`]*\bpsbridge\b[^`]*)`")
_RANGE: Final = r"x>=(\d+)|(\d+)<=x<=(\d+)"
"""How Click writes the values that a number may have."""
_WIDEST_NAME: Final = 30

Rows = list[tuple[str, str]]


class _Page:
    """The help page of a command."""

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        """Write the whole page; Typer calls it."""
        from psbridge.render.terminal import terminal_of

        ctx.color = terminal_of(sys.stdout, os.environ).color
        formatter.write("\n".join(_lines(self, ctx, formatter.width)) + "\n")


class Verb(_Page, typer.core.TyperCommand):
    """A command."""


class Group(_Page, typer.core.TyperGroup):
    """A group of commands."""


def _lines(command: Any, ctx: Any, width: int) -> Iterator[str]:
    # Typer puts required arguments in braces, which have a meaning in shells.
    pieces = (re.sub(r"^\{(.*)\}", r"\1", piece) for piece in command.collect_usage_pieces(ctx))
    yield " ".join((_bold("Usage:"), ctx.command_path, *pieces))
    paragraphs, examples = _parts(command.help or "")
    for paragraph in paragraphs:
        yield ""
        yield from _wrapped(_plain(paragraph), width)
    if examples:
        yield from ("", _bold("Examples:"))
        for example in examples:
            yield from _example(example)
    for name, rows in _sections(command, ctx).items():
        if rows:
            yield from ("", _bold(f"{name}:"))
            yield from _table(rows, width)


def _sections(command: Any, ctx: Any) -> dict[str, Rows]:
    """Return the rows of each section by name, in order."""
    sections: dict[str, Rows] = {"Commands": [], "Arguments": [], "Options": []}
    for name in getattr(command, "commands", ()):
        paragraphs, _ = _parts(command.get_command(ctx, name).help or "")
        sections["Commands"].append((name, paragraphs[0]))
    for parameter in command.get_params(ctx):
        name, about = parameter.get_help_record(ctx) or ("", "")
        about = re.sub(_RANGE, lambda it: f"{it[1]} or more" if it[1] else f"{it[2]} to {it[3]}", about)
        if not name:
            continue  # hidden
        if parameter.param_type_name == "argument":
            sections["Arguments"].append((parameter.metavar or parameter.name, about))
        else:
            sections.setdefault(parameter.rich_help_panel or "Options", []).append((name, about))
    return sections


def _parts(docstring: str) -> tuple[list[str], list[str]]:
    """Return the paragraphs before the examples, and the examples."""
    paragraphs = [" ".join(it.split()) for it in inspect.cleandoc(docstring).split("\n\n")]
    at = paragraphs.index(_EXAMPLES) if _EXAMPLES in paragraphs else len(paragraphs)
    return paragraphs[:at], paragraphs[at + 1 :]


def _example(paragraph: str) -> Iterator[str]:
    """Yield the purpose of an example, and each of its commands on a line that is not wrapped."""
    yield f"  {_plain(paragraph.partition('`')[0])}"
    yield from (f"    {command}" for command in _COMMAND.findall(paragraph))


def _table(rows: Rows, width: int) -> Iterator[str]:
    """Yield names and their help in two columns; a name that is too long gets its own line."""
    column = min(_WIDEST_NAME, max(len(name) for name, _ in rows)) + 4
    for name, about in rows:
        lines = [" " * column + line for line in _wrapped(_plain(about), width - column)]
        if len(name) + 4 > column or not lines:
            yield f"  {_bold(name)}"
        else:
            yield f"  {_bold(name)}{lines.pop(0)[len(name) + 2 :]}"
        yield from lines


def _wrapped(text: str, width: int) -> Iterable[str]:
    """Return lines of unbroken words, so that names and values can be copied."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """Return text without the marks of markdown."""
    return " ".join(re.sub(r"\*(\w+)\*", r"\1", text.replace("`", "")).split())


def _bold(text: str) -> str:
    return typer.style(text, bold=True)

"""`psbridge explain`: what a code, a row or an error means, and what to do."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psbridge.cli.completion import complete_entry
from psbridge.cli.groups import verb

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.documents.explanation import ExplanationDocument


def show_entry(
    context: "Context",
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="An exit code, an error code, a row of the evidence, a fault's number, words, or a whole line of an error.",
            autocompletion=complete_entry,
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List what can be explained; with WHAT, of that category.")
    ] = False,
) -> None:
    """Explain an exit code or an error: what it means for the backup, its likely causes, and what to do.

    Offline, without a config. It knows psbridge's codes, the rows of the evidence, and the faults, statuses, codes and alerts
    of the host and the stamp.

    A name is found in any spelling: with and without its prefix, in hex and decimal, within a pasted line. Other words are
    searched in all texts.

    **Examples**

    An exit code: `psbridge explain 11`

    A fault of WinRM: `psbridge explain 0x80338126`, or `psbridge explain 2150859046`

    Some words, or a pasted line: `psbridge explain "cannot find the computer"`

    What can be explained, by category: `psbridge explain`

    All alerts of the stamp: `psbridge explain --list alerts`
    """
    show(context, " ".join(what or ()), listed=listed)


def show(context: "Context", what: str, *, listed: bool = False) -> None:
    """Write what is known about `what`; on a terminal through the pager. With `listed`, or without `what`, write a list."""
    _fix_format(context)
    document = _document(what, listed=listed)
    if context.options.output != "table":
        context.write(document)
        return
    from psbridge.cli.pager import paged
    from psbridge.render.terminal import terminal_of
    from psbridge.render.text import written
    from psbridge.render.views import view

    terminal = terminal_of(context.stdout, os.environ)
    text = written(view(document), terminal) + "\n"
    if not (terminal.tty and paged(text, os.environ)):
        context.write_text(text)


def build() -> Any:
    """Return the command. What looks like an unknown option is WHAT: Windows shows codes as negative numbers, too."""
    command = verb("explain", show_entry)
    command.context_settings["ignore_unknown_options"] = True
    return command


def _fix_format(context: "Context") -> None:
    """Take the format from the command line or the environment alone: an explanation needs no config."""
    from psbridge.models.output import OutputFormat

    if context.options.output is None:
        given = context.env.get("PSBRIDGE_OUTPUT", "")
        context.options.output = given if given in list(OutputFormat) else OutputFormat.TABLE


def _document(what: str, *, listed: bool) -> "ExplanationDocument":
    from psbridge.documents.explanation import ExplanationDocument
    from psbridge.explain.entries import category_of, every
    from psbridge.explain.search import Found, find, in_category

    found = find(what) if what and not listed else Found(in_category(what) if what else tuple(every()))
    entries, also = (((entry, category_of()[entry.id]) for entry in part) for part in found)
    return ExplanationDocument.of(None if listed else what or None, entries, also)

"""`psbridge help`: the manual."""

import os
import re
import shlex
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import one_of
from psbridge.cli.groups import verb
from psbridge.errors import ExitCode, UsageError
from psbridge.guide import TOPICS, page, without_comments

if TYPE_CHECKING:
    from psbridge.cli.context import Context

_EXIT_CODES = {word for code in ExitCode for word in (str(int(code)), code.label.replace("_", "-"))}


def show_page(
    context: "Context",
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC", help="A topic, or an exit code.", autocompletion=one_of("psbridge.guide", "TOPICS")
        ),
    ] = None,
) -> None:
    """Show a page of the manual; without a topic, list the topics.

    On a terminal a page is shown in `$PAGER` (default: less), elsewhere as it is, in Markdown. `PAGER=cat` shows it without
    a pager.

    **Examples**

    The topics: `psbridge help`

    How to prepare the host: `psbridge help getting-started`

    What exit code 11 means: `psbridge help 11`

    A page as a file: `psbridge help automation > automation.md`
    """
    from psbridge.render.terminal import terminal_of

    if context.options.output not in {None, "table"}:
        raise UsageError("a page is shown as text and in no other format", hint="Leave --output out.")
    if topic is not None and _word(topic) in _EXIT_CODES:
        from psbridge.cli.commands.explain import show

        context.options.output = "table"
        show(context, topic)
        return
    terminal = terminal_of(context.stdout, os.environ)
    text = _topics() if topic is None else _page_of(topic)
    if not terminal.tty:
        context.write_text(without_comments(text))
        return
    from psbridge.cli.pager import paged
    from psbridge.render.pages import shown

    rendered = shown(text, terminal)
    if topic is None or not paged(rendered, os.environ):
        context.write_text(rendered)


build = partial(verb, "help", show_page)


def _topics() -> str:
    width = max(map(len, TOPICS))
    rows = "".join(f"    {topic:{width}}  {about.replace('`', '')}\n" for topic, about in TOPICS.items())
    return f"The manual, by topic (`psbridge help TOPIC`):\n\n{rows}\n`psbridge COMMAND --help` shows a command's options.\n"


def _word(topic: str) -> str:
    return re.sub(r"[\s_]+", "-", topic.strip().casefold()).removesuffix(".md")


def _page_of(topic: str) -> str:
    """Return the page that a word stands for.

    Raises:
        UsageError: it stands for none; the hint has the nearest.
    """
    from psbridge.models.text import nearest

    word = _word(topic)
    if word in TOPICS:
        return page(word)
    from psbridge.explain.names import named

    if named(topic):
        raise UsageError(f"no such topic: {topic[:60]!r}", hint=f"To explain it: psbridge explain {shlex.quote(topic)}")
    if word.isdigit():
        raise UsageError(f"no such exit code: {topic[:60]!r}", hint="`psbridge help exit-codes` lists them.")
    near = nearest(word, TOPICS)
    hint = f"Did you mean {near}?" if near else "For the options of a command: `psbridge COMMAND --help`."
    raise UsageError(f"no such topic: {topic[:60]!r}", hint=f"{hint} `psbridge help` lists the topics.")

"""Pages of the manual for a terminal."""

from __future__ import annotations

import io
import re
from typing import Final

from psbridge.render.terminal import Terminal
from psbridge.render.text import console

_WIDEST: Final = 110
"""Columns; longer lines are hard to read."""
_STYLES: Final = {"markdown.code": "bold cyan", "markdown.table.border": "dim", "markdown.table.header": "bold"}
"""Where rich's own are hard to read on a light background."""
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_PAGE_LINK: Final = re.compile(r"\[([^\]]+)\]\((?:[\w./-]*/)?([\w-]+)\.md(?:#[\w-]*)?\)")
_SECTION_LINK: Final = re.compile(r"\[([^\]]+)\]\(#[\w-]*\)")


def shown(text: str, terminal: Terminal) -> str:
    """Return Markdown as lines for a terminal.

    A link to another page becomes the command that shows it. Code is not wrapped, so that it can be copied.
    """
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Heading, Markdown
    from rich.text import Text
    from rich.theme import Theme

    class LeftHeading(Heading):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            title = self.text.plain
            yield Text(f"\n{title.upper() if self.tag in {'h1', 'h2'} else title}", style="bold")

    class CopiedCode(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            lines = str(self.text).rstrip().splitlines()
            yield Text(
                "\n".join(f"    {line}".rstrip() for line in lines), style="cyan", no_wrap=True, overflow="ignore"
            )

    class Page(Markdown):
        elements = {  # noqa: RUF012 - as rich declares it
            **Markdown.elements,
            "heading_open": LeftHeading,
            "fence": CopiedCode,
            "code_block": CopiedCode,
        }

    to = console(terminal._replace(width=min(terminal.width, _WIDEST)))
    to.push_theme(Theme(_STYLES))
    plain = _SECTION_LINK.sub(r"\1", _PAGE_LINK.sub(r"\1 (`psbridge help \2`)", _COMMENT.sub("", text)))
    to.print(Page(plain, hyperlinks=False), crop=False)
    written = to.file.getvalue() if isinstance(to.file, io.StringIO) else ""
    lines = "\n".join(line.rstrip() for line in written.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"

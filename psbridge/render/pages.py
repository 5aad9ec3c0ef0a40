"""Pages of the manual for a terminal."""

from __future__ import annotations

import io
import re
from typing import Final

from psbridge.render.terminal import Terminal
from psbridge.render.text import console

_WIDEST: Final = 110
"""Columns; longer lines are hard to read."""
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_PAGE_LINK: Final = re.compile(r"\[([^\]]+)\]\((?:[\w./-]*/)?([\w-]+)\.md(?:#[\w-]*)?\)")


def shown(text: str, terminal: Terminal) -> str:
    """Return Markdown as lines for a terminal; a link to another page becomes the command that shows it."""
    from rich.markdown import Markdown

    to = console(terminal._replace(width=min(terminal.width, _WIDEST)))
    plain = _PAGE_LINK.sub(r"\1 (`psbridge help \2`)", _COMMENT.sub("", text))
    to.print(Markdown(plain, code_theme="ansi_dark", hyperlinks=False))
    written = to.file.getvalue() if isinstance(to.file, io.StringIO) else ""
    return "".join(f"{line.rstrip()}\n" for line in written.splitlines())

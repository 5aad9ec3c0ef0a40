"""Writers by format name, and observers that show progress. Each is imported when it is first used; help needs the terminal."""

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.render.lines import Heartbeat, JsonLines, Notes, said_line
    from psbridge.render.narrate import Said
    from psbridge.render.progress import TerminalProgress
    from psbridge.render.terminal import Terminal, terminal_of
    from psbridge.render.writers import Format, check_format, render

__all__ = [
    "Format",
    "Heartbeat",
    "JsonLines",
    "Notes",
    "Said",
    "Terminal",
    "TerminalProgress",
    "check_format",
    "render",
    "said_line",
    "terminal_of",
]

__getattr__ = lazily(
    __name__,
    lines=("Heartbeat", "JsonLines", "Notes", "said_line"),
    narrate=("Said",),
    progress=("TerminalProgress",),
    terminal=("Terminal", "terminal_of"),
    writers=("Format", "check_format", "render"),
)

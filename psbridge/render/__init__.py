"""Writers by format name, and observers that show progress. rich and yaml are imported when they are needed."""

from psbridge.render.lines import Heartbeat, JsonLines, Notes, said_line
from psbridge.render.narrate import Said
from psbridge.render.progress import TerminalProgress
from psbridge.render.safe import safe
from psbridge.render.terminal import Terminal, terminal_of
from psbridge.render.watch import watch
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
    "safe",
    "said_line",
    "terminal_of",
    "watch",
]

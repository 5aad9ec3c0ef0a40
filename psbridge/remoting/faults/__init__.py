"""The one place that knows the errors of each foreign library, and what each comes to (`table.py`)."""

from psbridge.remoting.faults.connections import silence
from psbridge.remoting.faults.local import blocked
from psbridge.remoting.faults.outcome import Where
from psbridge.remoting.faults.own import (
    BadLogin,
    BrokenSeal,
    LoginLost,
    NotOffered,
    NotWSMan,
    ProxyRefused,
    ProxySilent,
    Redirected,
    TooManyLogins,
    TooMuch,
)
from psbridge.remoting.faults.table import translate
from psbridge.remoting.faults.wsman import (
    OPENING,
    SHELL_GONE,
    TIMED_OUT,
    classed,
    leaves_no_shell,
    refuses,
    shell_gone,
    timed_out,
)

__all__ = [
    "OPENING",
    "SHELL_GONE",
    "TIMED_OUT",
    "BadLogin",
    "BrokenSeal",
    "LoginLost",
    "NotOffered",
    "NotWSMan",
    "ProxyRefused",
    "ProxySilent",
    "Redirected",
    "TooManyLogins",
    "TooMuch",
    "Where",
    "blocked",
    "classed",
    "leaves_no_shell",
    "refuses",
    "shell_gone",
    "silence",
    "timed_out",
    "translate",
]

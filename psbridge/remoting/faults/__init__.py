"""The one place that knows the errors of each foreign library, and what each comes to (`table.py`)."""

from psbridge.remoting.faults.local import blocked
from psbridge.remoting.faults.outcome import Where
from psbridge.remoting.faults.own import (
    BadLogin,
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
from psbridge.remoting.faults.wsman import SHELL_GONE, TIMED_OUT, refuses

__all__ = [
    "SHELL_GONE",
    "TIMED_OUT",
    "BadLogin",
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
    "refuses",
    "translate",
]

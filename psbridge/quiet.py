"""The variables by which a library writes secrets to a file; psbridge takes them away before the library looks.

At DEBUG pypsrp and pyspnego log whole messages and tokens, and a file of theirs that is broken ends the import (pypsrp 0.9.1
and pyspnego 0.12.4, `_setup_logging`). Of the libraries that psbridge uses these two alone have such a variable.
urllib3, as `ssl` itself, writes the keys of each TLS connection to the file that SSLKEYLOGFILE names: whoever has them and
the traffic reads all of it, passwords of `basic` included (urllib3 2.8.0, `create_urllib3_context`).
"""

from __future__ import annotations

import os
import warnings
from typing import Final

_LOGS: Final = "what these libraries log holds passwords and whole messages"
_SWITCHES: Final = {
    "PYPSRP_LOG_CFG": _LOGS,
    "PYSPNEGO_LOG_CFG": _LOGS,
    "SSLKEYLOGFILE": "with the keys of TLS in a file, whoever records the traffic can read it",
}
_found: list[str] = []


def take_switches() -> list[str]:
    """Take the variables out of this process's environment; return a sentence about each that was ever there."""
    _found.extend(name for name in _SWITCHES if os.environ.pop(name, None) is not None and name not in _found)
    return [f"{name} is ignored: {_SWITCHES[name]}" for name in _found]


def take_switches_for_a_library() -> None:
    """Take them out where psbridge is a part of another program, which learns of it by a warning of Python's."""
    known = len(_found)
    for sentence in take_switches()[known:]:
        warnings.warn(sentence, RuntimeWarning, stacklevel=2)

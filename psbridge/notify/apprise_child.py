"""The process that sends one message by Apprise: what to send comes as JSON on stdin, the outcome goes as JSON to stdout.

The library's own texts may hold parts of the URL, so of them only an HTTP status is kept, and whether a connection was made.
"""

from __future__ import annotations

import json
import logging
import re
import resource
import signal
import sys
from typing import Any, Final

_MEMORY: Final = 2 << 30
"""Bytes of address space: the library reads an answer whole, however long it is. It needs a fifth of that itself."""
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")
_NO_CONNECTION: Final = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeout|Failed to establish a new connection"
)


class Kept(logging.Handler):
    """Keeps of what the library logs what can be repeated.

    Attributes:
        status: the HTTP status of the service's answer, if one was logged.
        unreached: whether no connection was made.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.status: int | None = None
        self.unreached = False

    def emit(self, record: logging.LogRecord) -> None:
        """Read one line."""
        text = record.getMessage()
        found = _STATUS.search(text)
        self.status = int(found[1]) if found else self.status
        self.unreached = self.unreached or _NO_CONNECTION.search(text) is not None


def send(request: dict[str, Any]) -> dict[str, Any]:
    """Send a message and return its outcome: `sent`, `missing`, `unsupported`, `unreached` or `failed`, and the HTTP status."""
    try:
        import apprise
    except Exception:  # noqa: BLE001 - a package that is there in part raises what its author chose
        return {"outcome": "missing"}
    kept, logger = Kept(), logging.getLogger("apprise")
    logger.handlers, logger.propagate = [kept], False
    logger.setLevel(logging.DEBUG)
    sender = apprise.Apprise()
    if not sender.add(str(request["url"])):
        return {"outcome": "unsupported"}
    arrived = sender.notify(
        body=str(request["body"]),
        title=str(request["title"]),
        notify_type=request["type"],
        body_format=apprise.NotifyFormat.TEXT,
    )
    if arrived:
        return {"outcome": "sent"}
    status = kept.status if kept.status is not None and kept.status >= 300 else None
    return {"outcome": "unreached" if kept.unreached and status is None else "failed", "status": status}


def main() -> None:
    """Read, send, answer; bounded in memory and in time, should the parent process be killed."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY if most == resource.RLIM_INFINITY else min(_MEMORY, most), most))
    request = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, float(request["seconds"]) + 1.0)
    answer = sys.stdout
    sys.stdout = sys.stderr
    json.dump(send(request), answer)
    answer.flush()


if __name__ == "__main__":
    main()

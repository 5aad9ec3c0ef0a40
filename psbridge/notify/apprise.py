"""Send a message by Apprise, in a process of its own (`psbridge.notify.apprise_child`).

The library loads all of its plugins, takes proxies and passwords from the environment, reads an answer whole and writes URLs
to its log. In a process of its own it can be bounded and killed, gets an environment without those, and nothing that it
writes is shown.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from psbridge.models.notify import NoticeEvent
from psbridge.models.secret import Secret
from psbridge.notify.delivery import Attempt, NotSent, TimedOut, Unusable
from psbridge.notify.message import Message

_CHILD: Final = "psbridge.notify.apprise_child"
_PASSED: Final = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR",
})  # fmt: skip
"""What the process gets of the environment: no proxy, no bundle of authorities, no password."""
_TYPES: Final[Mapping[NoticeEvent | None, str]] = {
    NoticeEvent.FAILED: "failure",
    NoticeEvent.PARTIAL: "warning",
    NoticeEvent.STALE: "warning",
    NoticeEvent.AMBIGUOUS: "warning",
    NoticeEvent.RECOVERED: "success",
    None: "info",
}
"""Apprise's type of a message: its colour and icon."""
_WHY: Final = {
    "missing": "it needs the package psbridge[notify], which this machine does not have (apprise)",
    "unsupported": "Apprise does not support this URL",
    "unreached": "the service can't be reached",
    "failed": "the service did not take the message",
}
_LONGEST: Final = 4096
"""Bytes of what the process answers."""


class Request(msgspec.Struct, frozen=True):
    """One message to one service."""

    url: Secret
    message: Message
    proxy: str | None = None


def send(request: Request, attempt: Attempt, *, pause: float = 1.0) -> None:
    """Send a message. One that did not leave this machine is sent once more, any other is not: it may have arrived.

    Raises:
        NotSent: it did not arrive, or may not have arrived.
    """
    outcome = _once(request, attempt)
    if outcome.get("outcome") == "unreached":
        attempt.pause(pause)
        outcome = outcome if attempt.over else _once(request, attempt)
    if outcome.get("outcome") in {"missing", "unsupported"}:
        raise Unusable(_WHY[str(outcome["outcome"])])
    word, status = outcome.get("outcome"), outcome.get("status")
    if word == "sent":
        return
    if isinstance(status, int):
        raise NotSent(f"the service answered HTTP {status}")
    raise NotSent(_WHY.get(str(word), _WHY["failed"]))


def environment(env: Mapping[str, str], proxy: str | None) -> dict[str, str]:
    """Return the environment of the process.

    The proxy is that of the config alone; `requests` reads no `.netrc`, because the file that is named instead is empty.
    """
    kept = {name: value for name, value in env.items() if name in _PASSED or name.startswith("LC_")}
    path = os.pathsep.join(folder for folder in sys.path if folder.startswith("/"))
    own = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "NETRC": os.devnull, "PYTHONIOENCODING": "utf-8"}
    proxies = {"http_proxy": proxy, "https_proxy": proxy} if proxy else {}
    return kept | own | proxies


def _once(request: Request, attempt: Attempt) -> dict[str, object]:
    plain = {
        "url": request.url.reveal(),
        "title": request.message.title,
        "body": request.message.text,
        "type": _TYPES[request.message.event],
        "seconds": attempt.remaining,
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours; the URL goes by its input
            [sys.executable, "-P", "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(os.environ, request.proxy),
            cwd="/",
            start_new_session=True,
        )
    except OSError as problem:
        raise Unusable(f"a process for Apprise can't be started: {problem.strerror}") from None
    attempt.closing(lambda: _kill(process))
    try:
        answer, _ = process.communicate(json.dumps(plain).encode(), attempt.remaining)
        found = json.loads(answer[:_LONGEST])
        return found if isinstance(found, dict) else {}
    except subprocess.TimeoutExpired:
        raise TimedOut from None
    except (OSError, ValueError):
        return {}
    finally:
        _kill(process)
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:  # until then no other process can have its number
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

"""What happens on the way to the host, whatever is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Connecting:
    """A session to the host is being opened."""

    host: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Retrying:
    """A read failed and will be repeated on a fresh session: after a delay, or (None) when it is time for the next look."""

    cause: str
    delay_seconds: float | None


@dataclass(frozen=True, slots=True)
class HostMessage:
    """The host wrote to one of its streams: warning, verbose, debug or information, or error where its answer was good."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the user should know and that changes nothing; a `warning` is told under `--quiet` too."""

    text: str
    level: Literal["info", "warning"] = "info"

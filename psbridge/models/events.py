"""What happens in an operation, as it happens; progress, heartbeat, JSON lines and journal observe these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from psbridge.errors import ExitCode
    from psbridge.models.backup import Backup
    from psbridge.models.observation import Observation
    from psbridge.models.time import Instant
    from psbridge.models.verdict import Judgement, Verdict


class Connecting(msgspec.Struct, frozen=True):
    """A session to the host is being opened."""

    host: str
    attempt: int


class StageEnded(msgspec.Struct, frozen=True):
    """A stage of the connection to the host ended, well or not.

    Attributes:
        stage: a name of `psbridge.powershell.stages.Stage`.
        host: the endpoint's address.
        facts: what is known about it; the names are in `psbridge.powershell.stages.FACTS`.
        error: why it failed, None if it did not.
        again: the session was open before, and its connection was opened again.
    """

    stage: str
    host: str
    seconds: float
    facts: Mapping[str, Any]
    error: str | None = None
    again: bool = False


class Retrying(msgspec.Struct, frozen=True):
    """A read failed and will be retried on a new session: after a delay, or (None) at the time of the next poll."""

    cause: str
    delay_seconds: float | None


class HostMessage(msgspec.Struct, frozen=True):
    """The host wrote to one of its streams: warning, verbose, debug or information, or error where its answer was good."""

    stream: str
    text: str


class Note(msgspec.Struct, frozen=True):
    """Information for the user; a `warning` is shown under `--quiet` too."""

    text: str
    level: Literal["info", "warning"] = "info"


class Intent(msgspec.Struct, frozen=True):
    """A trigger is about to be sent; on disk before it is.

    Attributes:
        host_time: the host's clock when it last answered, None if it did not say.
        known_ids: the backups that the stamp listed just before.
        host: the address of the host that it goes to.
    """

    run: str
    target: str
    location: str
    host_time: Instant | None
    known_ids: tuple[str, ...]
    host: str


class Started(msgspec.Struct, frozen=True):
    """The id of the backup is known. `action` is `started` or `attached`."""

    run: str | None
    id: str
    action: str


class Status(msgspec.Struct, frozen=True):
    """The stamp was asked how the backup is. `backup` is None while the stamp does not show it yet.

    `elapsed_seconds` counts from the start request where that is known, else from the beginning of the wait.
    """

    id: str
    backup: Backup | None
    elapsed_seconds: float
    eta_seconds: float | None
    roles_done: int | None
    roles_total: int | None


class Observed(msgspec.Struct, frozen=True):
    """A read of the backup showed something new; the verdict will rest on it."""

    id: str
    observation: Observation


class Settling(msgspec.Struct, frozen=True):
    """The backup has ended; its upload can't be read, so psbridge waits for the settle time."""

    id: str
    remaining_seconds: float


class StoreRead(msgspec.Struct, frozen=True):
    """Data files of a store are being read.

    Attributes:
        level: of `psbridge.models.verification.Level`.
        files, bytes: read so far, of `of_files` and `of_bytes`.
        elapsed_seconds: since the first was opened.
    """

    level: str
    files: int
    of_files: int
    bytes: int
    of_bytes: int
    elapsed_seconds: float

    @property
    def eta_seconds(self) -> float | None:
        """How much longer it takes at the speed so far; None before anything was read."""
        return self.elapsed_seconds * (self.of_bytes - self.bytes) / self.bytes if self.bytes else None


class Queued(msgspec.Struct, frozen=True):
    """Another backup is running; this start waits until it ends."""

    id: str | None


class Searching(msgspec.Struct, frozen=True):
    """The trigger's answer was lost; psbridge searches the backup that the trigger may have started."""

    run: str
    cause: str


class Decided(msgspec.Struct, frozen=True):
    """A run is over with this verdict."""

    verdict: Verdict


class Ended(msgspec.Struct, frozen=True):
    """The operation is over, well or not: the last event of each.

    Attributes:
        operation: `start`, `dry_run`, `wait`, `confirm`, `list`, `show`, `settings`, `status` or `alerts`.
        exit_code: what the command line ends with, a lost stdout aside.
        id: the backup that it was about, if one is known.
        judgement: the verdict's, where there is one.
    """

    operation: str
    exit_code: ExitCode
    id: str | None = None
    judgement: Judgement | None = None


Event = (
    Connecting
    | StageEnded
    | Intent
    | Started
    | Status
    | Observed
    | Settling
    | StoreRead
    | Queued
    | Searching
    | Retrying
    | HostMessage
    | Note
    | Decided
    | Ended
)
Observer = Callable[[Event], None]

"""One exception tree; each class carries its exit code. What a code means is in `psbridge.catalogue`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Self

from psbridge.catalogue.exit_codes import MEANINGS

Warn = Callable[[str], object]
"""Takes a warning for the user; the command continues."""


class ExitCode(IntEnum):
    """How psbridge ends."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    AUTH = 4
    UNREACHABLE = 5
    TIMEOUT = 6
    BUSY = 7
    NOT_FOUND = 8
    CONFIG = 9
    PREREQUISITE = 10
    AMBIGUOUS = 11
    STALE = 12
    UNPROVEN = 13
    UNKNOWN = 14
    NOT_VERIFIED = 15
    INTERNAL = 70
    INTERRUPTED = 130

    @property
    def label(self) -> str:
        """The name in JSON."""
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """When psbridge ends so: the sentence of the documentation."""
        return MEANINGS[self]


class Trigger(StrEnum):
    """Whether the trigger of a backup was sent."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    UNKNOWN = "unknown"


class PsbridgeError(Exception):
    """The root of all errors. Its text says what happened and where.

    Args:
        message: the text, one or two clauses.
        hint: what to do next.
        id: the backup's id, if it is known.
        trigger: whether a trigger was sent; None keeps the default until an operation knows better.
        detail: more, for machines; plain JSON values only.
        retryable: a read that failed with this error may be retried on a new session.
        delivered: the host may have run the pipeline.

    Attributes:
        conclusive: the refused request had no effect. False for an error of the host without a known code or HTTP status:
            the trigger may have taken effect.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        id: str | None = None,
        trigger: Trigger = Trigger.NOT_SENT,
        detail: Mapping[str, Any] | None = None,
        retryable: bool = False,
        delivered: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.id = id
        self.trigger = trigger
        self.detail: dict[str, Any] = dict(detail or {})
        self.retryable = retryable
        self.delivered = delivered
        self.conclusive = True

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other attributes, such as a message with more detail."""
        found = copy(self)
        for name, value in changes.items():
            setattr(found, name, value)
        found.args = (found.message,)
        return found

    @property
    def code(self) -> str:
        """The error's stable name, the exit code's."""
        return self.exit_code.label

    @property
    def explain(self) -> str | None:
        """What `psbridge explain` takes for more about it: its reason or the host's code if there is an entry, else `code`."""
        from psbridge.catalogue.topics import topic_of

        return topic_of(self.detail) or self.code


class BackupFailed(PsbridgeError):
    """The backup itself ended badly."""

    exit_code = ExitCode.FAILED


class UsageError(PsbridgeError):
    """The command line, or a call's argument, is wrong. Its hint says all: `explain` has no more."""

    exit_code = ExitCode.USAGE
    explain = None


class BackupPartial(PsbridgeError):
    """The backup is incomplete."""

    exit_code = ExitCode.PARTIAL


class AuthError(PsbridgeError):
    """The host or Azure Stack refused the credentials. Never retried, because failed logins lock accounts."""

    exit_code = ExitCode.AUTH


class Unreachable(PsbridgeError):
    """The host, the network or the stamp's endpoint did not answer as expected."""

    exit_code = ExitCode.UNREACHABLE


class DeadlineExceeded(PsbridgeError):
    """Timed out."""

    exit_code = ExitCode.TIMEOUT


class Busy(PsbridgeError):
    """Another backup runs, or an update blocks backups."""

    exit_code = ExitCode.BUSY


class NotFound(PsbridgeError):
    """No such backup, target, or location."""

    exit_code = ExitCode.NOT_FOUND


class ConfigError(PsbridgeError):
    """The config is invalid, or this machine lacks something."""

    exit_code = ExitCode.CONFIG


class PrerequisiteError(PsbridgeError):
    """The host or the stamp lacks something."""

    exit_code = ExitCode.PREREQUISITE


class Ambiguous(PsbridgeError):
    """The trigger's answer was lost; whether a backup started is unknown."""

    exit_code = ExitCode.AMBIGUOUS


class Stale(PsbridgeError):
    """The newest good backup is older than asked for."""

    exit_code = ExitCode.STALE


class Unproven(PsbridgeError):
    """Not proved yet; retry later."""

    exit_code = ExitCode.UNPROVEN


class Unknown(PsbridgeError):
    """The answers contradict each other or can't be read."""

    exit_code = ExitCode.UNKNOWN


class NotVerified(PsbridgeError):
    """The store was read whole, and the backup in it is not what it should be. `detail["reason"]` says in which way."""

    exit_code = ExitCode.NOT_VERIFIED


class ResultVoid(Unknown):
    """Messages of an answer were lost, so the rest of it must not be used."""


class InternalError(PsbridgeError):
    """A bug of psbridge."""

    exit_code = ExitCode.INTERNAL


class Interrupted(PsbridgeError):
    """Ctrl-C or SIGTERM. Its hint says all, and no module may be loaded for more."""

    exit_code = ExitCode.INTERRUPTED
    explain = None

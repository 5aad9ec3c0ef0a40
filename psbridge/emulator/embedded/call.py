"""What a running cmdlet may do: write to the streams, ask the stamp, wait, and notice that it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Protocol

from psbridge.emulator.dialect import Cmdlet, HostTable
from psbridge.emulator.embedded import records
from psbridge.emulator.embedded.binding import Arguments
from psbridge.emulator.embedded.error_record import ActionStop, ErrorRecord, Terminate
from psbridge.emulator.embedded.errors import cannot_prompt
from psbridge.emulator.embedded.records import Invocation
from psbridge.emulator.embedded.script_errors import cannot_prompt_in_script
from psbridge.emulator.embedded.values import Net, Value
from psbridge.emulator.stamp.face import HostProfile, StampFace


class Stopped(Exception):
    """The pipeline was stopped."""


@dataclass(slots=True)
class SignIn:
    """The session's Azure context."""

    account: str
    account_type: str
    environment: str
    tenant: str
    subscription_id: str
    subscription_name: str

    @classmethod
    def of(cls, profile: HostProfile) -> SignIn:
        """Return the context that an autosaved sign-in gives a fresh session."""
        return cls(
            profile.account,
            "User",
            profile.environment,
            profile.tenant,
            profile.subscription_id,
            profile.subscription_name,
        )


@dataclass(slots=True)
class HostSession:
    """A runspace's own state.

    Attributes:
        table: the commands that it has.
        loaded: the modules that a command was used of.
    """

    face: StampFace
    table: HostTable
    sign_in: SignIn | None = None
    loaded: list[str] = field(default_factory=list)

    @classmethod
    def fresh(cls, face: StampFace, table: HostTable) -> HostSession:
        """Return a session as it is when it is opened, signed in if the host's contexts are saved."""
        return cls(face, table, SignIn.of(face.profile) if face.profile.signed_in else None)


class Streams(Protocol):
    """Where records go."""

    def record(self, stream: str, value: Net) -> None:
        """Send a record; `stream` is error, verbose, warning or progress."""
        ...

    def extended(self, stream: str) -> bool:
        """Tell whether the client wants the invocation in that stream's records (RemoteStreamOptions)."""
        ...


Sleep = Callable[[Event, float], bool]


@dataclass(slots=True)
class Call:
    """One cmdlet at work."""

    invocation: Invocation
    arguments: Arguments
    session: HostSession
    streams: Streams
    stop: Event
    sleep: Sleep

    @property
    def cmdlet(self) -> Cmdlet:
        """The cmdlet."""
        return self.invocation.cmdlet

    def error(self, record: ErrorRecord) -> None:
        """Write a non-terminating error, as -ErrorAction says.

        Raises:
            ActionStop: under -ErrorAction Stop.
            Terminate: under -ErrorAction Inquire, for nobody can be asked.
        """
        self.check_stop()
        action = self.arguments.values.get("ErrorAction", "Continue")
        if action == "Stop":
            raise ActionStop(replace(record, written=False))
        if action in ("Inquire", "Break"):
            raise Terminate(cannot_prompt(self.cmdlet, record.message))
        if action == "Continue":
            extended = self.streams.extended("error")
            self.streams.record("error", records.error(record, self.invocation, extended=extended))

    def verbose(self, text: str) -> None:
        """Write to the verbose stream, under -Verbose."""
        if self.arguments.flag("Verbose"):
            self._informational("Verbose", text)

    def warning(self, text: str) -> None:
        """Write to the warning stream, as -WarningAction says."""
        if self.arguments.values.get("WarningAction", "Continue") not in ("SilentlyContinue", "Ignore"):
            self._informational("Warning", text)

    def _informational(self, kind: str, text: str) -> None:
        stream = kind.lower()
        extended = self.streams.extended(stream)
        self.streams.record(stream, records.informational(kind, text, self.invocation, extended=extended))

    def progress(self, status: str, percent: int = -1, *, completed: bool = False) -> None:
        """Write to the progress stream, as -ProgressAction says."""
        if self.arguments.values.get("ProgressAction", "Continue") not in ("SilentlyContinue", "Ignore"):
            self.streams.record("progress", records.progress(self.cmdlet.name, status, percent, completed=completed))

    def should_process(self, target: str, action: str | None = None) -> bool:
        """Return whether to go on: not under -WhatIf, and under -Confirm nobody can be asked.

        Raises:
            Terminate: under -Confirm, as a host that the client did not bring refuses to prompt.
        """
        if self.arguments.flag("WhatIf"):
            return False
        performing = f'Performing the operation "{action or self.cmdlet.name}" on target "{target}".'
        if self.arguments.flag("Confirm"):
            question = f"Are you sure you want to perform this action?\n{performing}"
            if self.cmdlet.kind == "Function":
                return self._not_asked("ShouldProcess", question)
            raise Terminate(cannot_prompt(self.cmdlet, question))
        self.verbose(performing)
        return True

    def should_continue(self, question: str) -> bool:
        """Return whether a function may go on: under -Force, for without it nobody can be asked."""
        if self.arguments.flag("Force"):
            return True
        return self._not_asked("ShouldContinue", question)

    def _not_asked(self, method: str, question: str) -> bool:
        stops = self.arguments.values.get("ErrorAction") == "Stop"
        self.error(cannot_prompt_in_script(method, question, self.cmdlet if stops else None))
        return False

    def check_stop(self) -> None:
        """Raise Stopped if the pipeline was stopped."""
        if self.stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the pipeline is stopped."""
        if self.sleep(self.stop, seconds):
            raise Stopped


Run = Callable[[Call, Iterator[Value]], Iterator[Value]]

"""The runtime of a cmdlet: output streams, calls to the stamp, waiting, and stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import Protocol

import msgspec

from psbridge.emulator.engines.dialect import Cmdlet, HostTable
from psbridge.emulator.engines.embedded import records
from psbridge.emulator.engines.embedded.binding import Arguments
from psbridge.emulator.engines.embedded.error_record import ActionStop, ErrorRecord, Terminate
from psbridge.emulator.engines.embedded.errors import cannot_prompt, cannot_prompt_in_script, warning_stops
from psbridge.emulator.engines.embedded.records import Invocation
from psbridge.emulator.engines.embedded.values import Net, Value
from psbridge.emulator.stamp.api import HostProfile, RestResponse, StampApi
from psbridge.emulator.stamp.arm_error import refused_session
from psbridge.values import replace

BUILT_IN = {"AzureCloud": "https://management.azure.com/"}
"""The built-in environment of Az, which can't be changed."""


_SILENT = ("SilentlyContinue", "Ignore")


class Stopped(Exception):
    """The pipeline was stopped."""


class SignIn(msgspec.Struct):
    """The session's Azure context.

    Attributes:
        subscription_id: empty if the account has no subscription.
        state: what became of it, as `HostProfile.session` has it.
    """

    account: str
    account_type: str
    environment: str
    tenant: str
    subscription_id: str
    subscription_name: str
    state: str = "works"

    @classmethod
    def of(cls, profile: HostProfile) -> SignIn:
        """Return the context that an autosaved sign-in gives a fresh session."""
        none = profile.session == "no-subscription"
        return cls(
            profile.account,
            "User",
            profile.environment,
            profile.tenant,
            "" if none else profile.subscription_id,
            "" if none else profile.subscription_name,
            profile.session,
        )


class HostSession(msgspec.Struct):
    """A runspace's own state.

    Attributes:
        environments: the addresses of those that it knows, by name.
        autosave: whether a sign-in is kept for the user's later sessions.
        loaded: the modules that a command was used of.
    """

    stamp: StampApi
    table: HostTable
    sign_in: SignIn | None = None
    environments: dict[str, str] = msgspec.field(default_factory=dict)
    autosave: bool = True
    loaded: list[str] = msgspec.field(default_factory=list)

    @classmethod
    def fresh(cls, stamp: StampApi, table: HostTable) -> HostSession:
        """Return a session as it is when it is opened, signed in if the host's contexts are saved."""
        profile = stamp.profile
        known = {profile.environment: profile.resource_manager_url} if profile.environment_known else {}
        return cls(stamp, table, SignIn.of(profile) if profile.signed_in else None, {**known, **BUILT_IN})

    def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
        """Make a call to the stamp if the session's sign-in allows it; `raw` returns the answer unchanged."""
        refused = refused_session(self.sign_in.state, path) if self.sign_in else None
        return refused or self.stamp.rest(method, path, body, raw=raw)

    def preference(self, name: str) -> str | None:
        """Return the value of a preference variable that the session configuration sets, None if it does not."""
        set_ = dict(each.split("=", 1) for each in self.stamp.profile.preferences)
        return set_.get(f"{name}Preference")


class Streams(Protocol):
    """Where records go."""

    def record(self, stream: str, value: Net) -> None:
        """Send a record; `stream` is error, verbose, warning or progress."""
        ...

    def extended(self, stream: str) -> bool:
        """Return whether the client wants the invocation in that stream's records (RemoteStreamOptions)."""
        ...


class CommandRuntime(msgspec.Struct):
    """One cmdlet at work."""

    invocation: Invocation
    arguments: Arguments
    session: HostSession
    streams: Streams
    stop: Event

    @property
    def cmdlet(self) -> Cmdlet:
        """The cmdlet."""
        return self.invocation.cmdlet

    def error(self, record: ErrorRecord) -> None:
        """Write a non-terminating error, as -ErrorAction says.

        Raises:
            ActionStop: under -ErrorAction Stop.
            Terminate: under -ErrorAction Inquire, because the host can't prompt.
        """
        self.check_stop()
        action = self._action("ErrorAction")
        if action == "Stop":
            raise ActionStop(replace(record, written=False))
        if action in ("Inquire", "Break"):
            raise Terminate(cannot_prompt(self.cmdlet, record.message))
        if action == "Continue":
            extended = self.streams.extended("error")
            self.streams.record("error", records.error(record, self.invocation, extended=extended))

    def verbose(self, text: str) -> None:
        """Write to the verbose stream, under -Verbose."""
        given = self.arguments.values.get("Verbose")
        wanted = self.session.preference("Verbose") not in (None, *_SILENT) if given is None else bool(given)
        if wanted:
            self._informational("Verbose", text)

    def warning(self, text: str) -> None:
        """Write to the warning stream, as -WarningAction says.

        Raises:
            ActionStop: under -WarningAction Stop, after the record.
        """
        action = self._action("WarningAction")
        if action not in _SILENT:
            self._informational("Warning", text)
        if action == "Stop":
            raise ActionStop(warning_stops(self.cmdlet, text))

    def stray(self, record: Callable[[str], ErrorRecord]) -> None:
        """Write the scenario's stray error and warning; `record` makes an error record of a text."""
        profile = self.session.stamp.profile
        if profile.stray_warning is not None:
            self.warning(profile.stray_warning)
        if profile.stray_error is not None:
            self.error(record(profile.stray_error))

    def _action(self, name: str) -> str:
        """Return the value of a common parameter, or the session's preference variable, or Continue."""
        given: str | None = self.arguments.values.get(name)
        return (
            given
            or self.session.preference(name if name == "ErrorAction" else name.removesuffix("Action"))
            or "Continue"
        )

    def _informational(self, kind: str, text: str) -> None:
        stream = kind.lower()
        extended = self.streams.extended(stream)
        self.streams.record(stream, records.informational(kind, text, self.invocation, extended=extended))

    def progress(self, status: str, percent: int = -1, *, completed: bool = False) -> None:
        """Write to the progress stream, as -ProgressAction says."""
        if self.arguments.values.get("ProgressAction", "Continue") not in ("SilentlyContinue", "Ignore"):
            self.streams.record("progress", records.progress(self.cmdlet.name, status, percent, completed=completed))

    def should_process(self, target: str, action: str | None = None) -> bool:
        """Return whether to continue: not under -WhatIf; under -Confirm the host can't prompt.

        Raises:
            Terminate: under -Confirm, as a host that the client did not bring refuses to prompt.
        """
        if self._asked("WhatIf", self.session.preference("WhatIf") in ("True", "true")):
            return False
        performing = f'Performing the operation "{action or self.cmdlet.name}" on target "{target}".'
        if self._asked("Confirm", self.session.preference("Confirm") in ("Low", "Medium")):
            question = f"Are you sure you want to perform this action?\n{performing}"
            if self.cmdlet.kind == "Function":
                return self._not_asked("ShouldProcess", question)
            raise Terminate(cannot_prompt(self.cmdlet, question))
        if self.arguments.flag("Verbose"):  # the preference variable alone says nothing here (measured)
            self._informational("Verbose", performing)
        return True

    def _asked(self, switch: str, otherwise: bool) -> bool:
        given = self.arguments.values.get(switch)
        return otherwise if given is None else bool(given)

    def should_continue(self, question: str) -> bool:
        """Return whether a function may continue: only under -Force, because the host can't prompt."""
        if self.arguments.flag("Force"):
            return True
        return self._not_asked("ShouldContinue", question)

    def _not_asked(self, method: str, question: str) -> bool:
        stops = self._action("ErrorAction") == "Stop"
        self.error(cannot_prompt_in_script(method, question, self.cmdlet if stops else None))
        return False

    def check_stop(self) -> None:
        """Raise Stopped if the pipeline was stopped."""
        if self.stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the pipeline is stopped."""
        if self.stop.wait(seconds):
            raise Stopped


Run = Callable[[CommandRuntime, Iterator[Value]], Iterator[Value]]

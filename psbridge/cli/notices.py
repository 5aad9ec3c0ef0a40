"""Notify of the end of a command (`notify` in the config). Nothing here changes a result or an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from psbridge.errors import Interrupted, PsbridgeError

if TYPE_CHECKING:
    from psbridge.cli.options import GlobalOptions
    from psbridge.clock import Clock
    from psbridge.config.load import Config
    from psbridge.documents.stamp_status import StampStatusDocument
    from psbridge.models.events import Started
    from psbridge.models.report import Report
    from psbridge.notify.delivery import Outcome
    from psbridge.notify.notifier import Notifier


class Caller(Protocol):
    """What is needed of the call of the command line: `psbridge.cli.context.Context`."""

    env: Mapping[str, str]

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def options(self) -> GlobalOptions:
        """The global options."""
        ...

    @property
    def verbosity(self) -> int:
        """The number of `-v`, or -1 for `-q`."""
        ...

    def warn(self, text: str) -> None:
        """Show a warning."""
        ...

    def note(self, text: str) -> None:
        """Show a note."""
        ...


class Notice:
    """What one command notifies of: a start at its beginning, every command at its end, by what was read.

    Args:
        notifier: who is notified.
        command: a word of `psbridge.notify.events.Command`.
        target: the target's name.
        caller: gives the time, and is given warnings.
    """

    def __init__(self, notifier: Notifier, command: str, target: str, caller: Caller) -> None:
        self._notifier = notifier
        self._command = command
        self._target = target
        self._caller = caller
        self._report: Report | None = None
        self._status: StampStatusDocument | None = None
        self._started: Started | None = None

    def begin(self) -> None:
        """Notify of the beginning, if the command has one."""
        if self._command == "start":
            self._notifier.begin()

    def reported(self, report: Report) -> None:
        """Take the verdict that the command ends with."""
        self._report = report

    def accepted(self, started: Started) -> None:
        """Take the id of a backup that the command started and did not wait for."""
        self._started = started

    def read(self, status: StampStatusDocument) -> None:
        """Take the status that the command ends with."""
        self._status = status

    def end(self, error: PsbridgeError | None) -> None:
        """Notify of the end: of what was taken, else of the error. What fails is a warning, and so is an interrupt."""
        try:
            self._end(error)
        except (Interrupted, KeyboardInterrupt):
            self._caller.warn("interrupted while notifying; the result is unchanged")
        except Exception as bug:  # noqa: BLE001 - a result that is known must not become a bug of notifying
            self._caller.warn(f"a bug of psbridge while notifying: {type(bug).__name__}; the result is unchanged")

    def _end(self, error: PsbridgeError | None) -> None:
        from psbridge.notify.events import Command

        status = self._status or self._made(error)
        if status is not None:
            accepted = self._started is not None and self._report is None
            self._notifier.end(Command(self._command), status, accepted=accepted)

    def _made(self, error: PsbridgeError | None) -> StampStatusDocument | None:
        from psbridge.documents.stamp_status import StampStatusDocument
        from psbridge.models.time import Instant
        from psbridge.notify.reported import of_error, of_report, of_start

        now = Instant.of(self._caller.clock.now())
        if self._report is not None:
            return StampStatusDocument.of(of_report(self._target, self._report, now))
        if self._started is not None:
            return StampStatusDocument.of(of_start(self._target, self._started.id, now))
        return None if error is None else StampStatusDocument.of(of_error(self._target, error, now))


def notifier_of(config: Config, target: str, caller: Caller) -> Notifier | None:
    """Return who is notified about a sound target; None if the config has no notification for it, and then nothing is loaded.

    Raises:
        psbridge.errors.ConfigError: this machine has no state folder.
    """
    found = config.notify(target)
    if found.healthchecks is None and not found.apprise:
        return None
    from psbridge.api.folders import state_folder
    from psbridge.config.notify import resolve_notify
    from psbridge.notify.notifier import Notifier

    def report(outcome: Outcome) -> None:
        if outcome.why is not None:
            caller.warn(f"{outcome.label} was not notified: {outcome.why}")
        elif caller.verbosity > 0:
            caller.note(f"{outcome.label} was notified")

    notify = resolve_notify(found, config.env, config.path, caller.warn)
    folder = state_folder(caller.options.state_dir, caller.env)
    config_path = str(config.path.resolve()) if config.path else ""
    return Notifier(notify, target, folder, caller.clock, report, caller.warn, config=config_path)

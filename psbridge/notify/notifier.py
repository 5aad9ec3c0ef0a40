"""Notify about one target: a ping when a start begins, and pings and messages when a command ends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from psbridge.clock import Clock
from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.errors import ExitCode
from psbridge.models.notify import AppriseService, Healthchecks, NoticeEvent, Notify
from psbridge.notify import apprise, healthchecks, memory
from psbridge.notify.delivery import Attempt, Outcome, Way, deliver
from psbridge.notify.events import LOG, START, Command, event_of, signal_of
from psbridge.notify.memory import Memory, Sent
from psbridge.notify.message import Message, message_of, test_message
from psbridge.values import replace

HEALTHCHECKS: Final = "healthchecks"
_UNFINISHED: Final = frozenset({ExitCode.TIMEOUT, ExitCode.INTERRUPTED, ExitCode.AMBIGUOUS})
Report = Callable[[Outcome], object]


class Notifier:
    """Who is notified about one target.

    Args:
        notify: who, and how.
        target: its name.
        config: the path of the config; a target of this name in another config is another.
        folder: the state folder.
        clock: for what is kept in the state folder, and for the time limit.
        report: is given the outcome of each notification.
        warn: is given a sentence about what can't be kept.
        pause: seconds before a retry.
    """

    def __init__(
        self,
        notify: Notify,
        target: str,
        folder: Path,
        clock: Clock,
        report: Report,
        warn: Callable[[str], object],
        *,
        config: str,
        pause: float = 1.0,
    ) -> None:
        self._notify = notify
        self._target = target
        self._config = config
        self._folder = folder
        self._clock = clock
        self._report = report
        self._warn = warn
        self._pause = pause
        self._run: str | None = None
        self._limit = healthchecks.BODY_LIMIT

    def begin(self) -> None:
        """Ping the beginning of a start. It is over before the host is connected to: nothing runs next to a start request."""
        self._run = str(uuid.uuid4())
        self._deliver([*self._ping(START, "", self._run)])

    def end(self, command: Command, status: StampStatusDocument, *, accepted: bool = False) -> None:
        """Notify of the end of a command.

        Args:
            command: which.
            status: what it read; its exit code is the command's.
            accepted: it started a backup and did not wait for it: nothing is known of the backup yet.
        """
        known = memory.read(self._folder, self._target, self._config)
        code = ExitCode(status.exit_code)
        reason = status.error.detail.get("reason") if status.error else None
        event = None if accepted else event_of(command, code, reason)
        signal = LOG if accepted else signal_of(command, code, reason)
        message = message_of(command, event, status)
        run = self._run or (known.run if command is Command.WAIT else None)
        pings = [] if signal is None else self._ping(signal, message.whole, run)
        recovered_from = _recovered_from(known, command, status)
        services = self._services(message, status, known, recovered_from)
        outcomes = self._deliver([*pings, *(self._way(service, message) for service in services)])
        asked = zip(services, outcomes[len(pings) :], strict=True)
        took = {each.label: outcome.why is None for each, outcome in asked}
        fresh = self._remembered(known, event, status, recovered_from, took)
        fresh = self._with_run(fresh, command, event, status, accepted=accepted)
        if fresh != known:
            self._keep(fresh)

    def test(self, event: NoticeEvent | None = None) -> list[Outcome]:
        """Send a test by each way, or by each that takes the event, and return what became of each. Nothing is kept.

        Healthchecks gets a line in the check's log, which changes nothing about its state.
        """
        message = test_message(self._target, event, f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}")
        services = [each for each in self._notify.apprise if event is None or event in each.events]
        ways = [*self._ping(LOG, message.text, None), *(self._way(service, message) for service in services)]
        return deliver(ways, self._clock, self._notify.timeout)

    def _deliver(self, ways: list[Way]) -> list[Outcome]:
        outcomes = deliver(ways, self._clock, self._notify.timeout) if ways else []
        for outcome in outcomes:
            self._report(outcome)
        return outcomes

    def _ping(self, signal: str, body: str, run: str | None) -> list[Way]:
        check = self._notify.healthchecks
        return [] if check is None else [Way(HEALTHCHECKS, partial(self._send_ping, check, signal, body, run))]

    def _send_ping(self, check: Healthchecks, signal: str, body: str, run: str | None, attempt: Attempt) -> None:
        ping = healthchecks.Ping(check.url(attempt.remaining), signal, body, run, check.create)
        self._limit = healthchecks.send(ping, attempt, proxy=self._notify.proxy, limit=self._limit, pause=self._pause)

    def _way(self, service: AppriseService, message: Message) -> Way:
        def send(attempt: Attempt) -> None:
            request = apprise.Request(service.url(attempt.remaining), message, self._notify.proxy)
            apprise.send(request, attempt, pause=self._pause)

        return Way(f"apprise {service.label}", send)

    def _services(
        self, message: Message, status: StampStatusDocument, known: Memory, recovered_from: tuple[Sent, ...]
    ) -> list[AppriseService]:
        """Return the services that are sent a message: those of an event that is new, or of a recovery that they wait for."""
        event = message.event
        if event is None:
            return []
        listed = [each for each in self._notify.apprise if event in each.events]
        if event is NoticeEvent.RECOVERED:
            informed = {each.to for each in recovered_from}
            return [each for each in listed if each.label in informed]
        id, now, repeat = _id_of(status), self._clock.now(), self._notify.repeat
        return [each for each in listed if known.is_due(event, status.code, id, now, repeat, to=each.label)]

    def _remembered(
        self,
        known: Memory,
        event: NoticeEvent | None,
        status: StampStatusDocument,
        recovered_from: tuple[Sent, ...],
        took: Mapping[str, bool],
    ) -> Memory:
        """Return what is known after the messages; `took` is, for each service that was sent one, whether it arrived."""
        if event is NoticeEvent.RECOVERED:
            waiting = {label for label, arrived in took.items() if not arrived}
            return replace(
                known, sent=tuple(each for each in known.sent if each not in recovered_from or each.to in waiting)
            )
        if event is not None:
            for label in (it for it, arrived in took.items() if arrived):
                known = known.with_sent(event, status.code, _id_of(status), self._clock.now(), to=label)
        return known

    def _with_run(
        self, known: Memory, command: Command, event: NoticeEvent | None, status: StampStatusDocument, *, accepted: bool
    ) -> Memory:
        """Keep the run of a start while its result is still to come, for the ping of its wait."""
        if self._notify.healthchecks is None or command not in {Command.START, Command.WAIT}:
            return known
        run = self._run if command is Command.START else known.run
        sought = _id_of(status) is not None or (status.error is not None and status.error.trigger == "unknown")
        open_still = accepted or event is None or (status.exit_code in _UNFINISHED and sought)
        return replace(known, run=run if open_still else None)

    def _keep(self, fresh: Memory) -> None:
        try:
            memory.write(self._folder, self._target, self._config, fresh)
        except OSError as problem:
            self._warn(f"what was notified can't be kept in {self._folder}: {problem.strerror}; it may be sent again")


def _recovered_from(known: Memory, command: Command, status: StampStatusDocument) -> tuple[Sent, ...]:
    """Return the bad states that a good end makes good: all, but a `confirm` that checks no age proves nothing about it."""
    aged = command in {Command.START, Command.WAIT} or status.max_age_seconds is not None
    return tuple(each for each in known.sent if aged or each.event != NoticeEvent.STALE)


def _id_of(status: StampStatusDocument) -> str | None:
    """Return the backup that a status is about."""
    if status.error is not None and status.error.id is not None:
        return status.error.id
    return status.newest.id if status.newest else status.running.id if status.running else None

"""The trigger of Azs.Backup.Admin 0.x, which answers when the backup has ended.

It runs in its own session while the other one reads the list. When its backup is listed, that session is closed; the stamp's
operation continues. Such a host does not show who started a backup (it has no Invoke-AzRestMethod), so a single new backup is
taken to be ours only while our own trigger still runs: the stamp makes one backup at a time, and refuses a second trigger
within seconds (the backup service's error codes; that it takes no longer is inferred).
"""

from __future__ import annotations

from typing import Final, NoReturn

from psbridge.cmdlets.azs_backup import StartBackupAndWait
from psbridge.errors import Busy, Interrupted, PsbridgeError, Unreachable
from psbridge.models.backup import NONE_NEW, Backup, Phase
from psbridge.models.events import Note
from psbridge.operations.attempt import REFUSALS, Attempt
from psbridge.operations.lost_trigger import ambiguous, new_backups
from psbridge.operations.second_session import SecondSession
from psbridge.powershell.result import Result

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
_SURE: Final = 10.0
"""Seconds for which a new backup and our trigger must both run before it counts as ours; a refusal comes sooner (inferred)."""
_NO_WAIT: Final = 60.0
"""Seconds after which `--no-wait` stops waiting for the id."""
_PROMPT: Final = 60.0
"""Seconds after which a refusal does not count as one of the trigger: a running backup may meet the same errors."""


def send_in_second_session(attempt: Attempt, cmdlet: StartBackupAndWait, *, wait: bool) -> str | PsbridgeError:
    """Send the trigger; returns and raises as `trigger.send`."""
    pipeline = cmdlet.pipeline()
    with attempt.context.critical():
        attempt.intend()
        link = attempt.context.link
        begun = attempt.sent(lambda: link.begin(pipeline, attempt.call()))
        if isinstance(begun, PsbridgeError):
            begun = attempt.asked_again(link.begun_again, begun)
    if not isinstance(begun, SecondSession):
        return begun
    attempt.context.observe(
        Note("Start-AzsBackup of this host answers when the backup has ended; searching for the backup's id meanwhile")
    )
    with begun:
        watch = _Watch(attempt, cmdlet, begun, wait=wait)
        try:
            found = watch.run()
        except Interrupted as stop:
            attempt.open(stop.message)
            raise
        if isinstance(found, str):
            attempt.record(found)
            attempt.report_additional_errors(watch.answer)
    return found


class _Watch:
    def __init__(self, attempt: Attempt, cmdlet: StartBackupAndWait, begun: SecondSession, *, wait: bool) -> None:
        self._attempt = attempt
        self._cmdlet = cmdlet
        self._begun = begun
        self._limit = attempt.deadline if wait else attempt.deadline.sooner(_NO_WAIT)
        self._running: str | None = None  # the one new backup that runs, and since when it has been seen to
        self._since = 0.0
        self._fresh: list[Backup] = []
        self._began = attempt.context.clock.monotonic()
        self.answer = Result()

    def run(self) -> str | PsbridgeError:
        clock, pause = self._attempt.context.clock, _FIRST_PAUSE
        while True:
            self._list()
            try:
                result = self._begun.look(self._attempt.call())
            except Interrupted:
                raise
            except PsbridgeError as lost:
                if self._limit.expired:
                    self._give_up()
                return lost
            if result is not None:
                return self._ended(result)
            if self._running is not None and clock.monotonic() - self._since >= _SURE:
                return self._running
            if self._limit.remaining() <= pause:
                self._give_up()
            clock.sleep(pause)  # between two polls; each pause is longer
            pause = min(pause * 2, _LONGEST_PAUSE, self._attempt.context.policy.poll)

    def _list(self) -> None:
        """Read which backups are new. A list that can't be read changes nothing."""
        attempt = self._attempt
        self._fresh = new_backups(attempt.context, attempt.intent, attempt.ready, attempt.call()) or self._fresh
        alone = self._fresh[0] if len(self._fresh) == 1 else None
        runs = alone.id if alone and alone.phase is Phase.LIVE else None
        if runs != self._running:
            self._running, self._since = runs, attempt.context.clock.monotonic()

    def _ended(self, result: Result) -> str | PsbridgeError:
        """Return what the trigger's own answer reports about its backup."""
        self.answer = result
        return self._attempt.answered(self._understood, result)

    def _understood(self, result: Result) -> str | None:
        try:
            found = self._cmdlet.parse(result)
        except REFUSALS as refused:
            self._list()
            other = isinstance(refused, Busy) and refused.detail.get("reason") == "backup_running"
            late = self._attempt.context.clock.monotonic() - self._began > _PROMPT
            open_ = self._fresh or late or not refused.conclusive
            if open_ and not other:  # a backup was or may have been started: not a refusal
                raise Unreachable(refused.message) from refused
            raise
        if found is None:
            self._list()
            found = self._fresh[0].id if len(self._fresh) == 1 else None
        return found

    def _give_up(self) -> NoReturn:
        attempt = self._attempt
        why = "it can't be shown which backup this start request started" if self._fresh else NONE_NEW
        unsure = ambiguous(attempt.context, attempt.intent, self._fresh, why, later=True)
        attempt.warning_log.write("open", cause=unsure.detail["cause"], candidates=unsure.detail["candidates"])
        raise unsure

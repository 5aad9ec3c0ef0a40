"""Send a backup's trigger once, in the form that the host's modules support.

The intent is on disk before the trigger is sent, and the id as soon as it is known. A lost answer is asked for again; the
trigger is never sent again.
"""

from __future__ import annotations

from psbridge.cmdlets.azs_backup import StartBackup, StartBackupAndWait
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import PsbridgeError
from psbridge.operations.attempt import Attempt
from psbridge.powershell.result import Result


def start_cmdlet(ready: Readiness, location: str, *, what_if: bool = False) -> StartBackup | StartBackupAndWait:
    """Return the trigger that the host's modules have."""
    asks = ready.commands.start_takes("WhatIf") and ready.commands.start_takes("Confirm")
    if not ready.commands.start_takes("NoWait"):
        return StartBackupAndWait(location, what_if, asks)
    return StartBackup(location, ready.context.subscription_id if ready.context else None, what_if, asks)


def send(attempt: Attempt, *, wait: bool) -> str | PsbridgeError:
    """Send the trigger; the backup's id is on disk when this returns it.

    Args:
        attempt: for what.
        wait: False if the id alone is wanted.

    Returns:
        The backup's id; the `Busy` of a stamp on which another backup runs; else why the outcome is unknown.

    Raises:
        psbridge.errors.PsbridgeError: the trigger was not sent, or the stamp refused it.
    """
    context = attempt.context
    cmdlet = start_cmdlet(attempt.ready, attempt.intent.location)
    if isinstance(cmdlet, StartBackupAndWait):
        from psbridge.operations.trigger_azurerm import send_in_second_session

        return send_in_second_session(attempt, cmdlet, wait=wait)
    pipeline = cmdlet.pipeline()
    with context.critical():
        attempt.intend()
        link = context.link
        result = attempt.sent(lambda: link.run_once(pipeline, attempt.call()))
        if isinstance(result, PsbridgeError):
            result = attempt.asked_again(lambda: link.answer_again(attempt.call()), result)
        found = attempt.answered(cmdlet.parse, result) if isinstance(result, Result) else result
        if isinstance(found, str):
            attempt.record(found)
    if isinstance(found, str) and isinstance(result, Result):
        attempt.report_additional_errors(result)
    return found

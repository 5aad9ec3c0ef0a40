"""Send a backup's trigger, once, in the way that the host's modules have (design 4, steps 2 and 5)."""

from __future__ import annotations

from psbridge.cmdlets.azs_backup import StartBackup, StartBackupAndWait
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import PsbridgeError
from psbridge.operations.order import Order
from psbridge.powershell.result import Result


def start_cmdlet(ready: Readiness, location: str, *, what_if: bool = False) -> StartBackup | StartBackupAndWait:
    """Return the trigger that the host's modules have."""
    asks = ready.commands.start_takes("WhatIf") and ready.commands.start_takes("Confirm")
    if not ready.commands.start_takes("NoWait"):
        return StartBackupAndWait(location, what_if, asks)
    return StartBackup(location, ready.context.subscription_id if ready.context else None, what_if, asks)


def send(order: Order) -> str | PsbridgeError:
    """Send the trigger; the backup's id is on disk when this returns it.

    Returns:
        The backup's id; the `Busy` of a stamp on which another backup runs; else why its fate is open.

    Raises:
        psbridge.errors.PsbridgeError: the trigger did not leave, or the stamp refused it.
    """
    cmdlet = start_cmdlet(order.ready, order.location)
    if isinstance(cmdlet, StartBackupAndWait):
        from psbridge.operations.trigger_azurerm import send_in_second_session

        return send_in_second_session(order, cmdlet)
    pipeline = cmdlet.pipeline()
    with order.context.critical():
        order.intend()
        link = order.context.link
        result = order.sent(lambda: link.once(pipeline, order.call()))
        if isinstance(result, PsbridgeError):
            result = order.asked_again(lambda: link.answer_again(order.call()), result)
        found = order.answered(cmdlet.parse, result) if isinstance(result, Result) else result
        if isinstance(found, str):
            order.record(found)
    if isinstance(found, str) and isinstance(result, Result):
        order.tell_beside(result)
    return found

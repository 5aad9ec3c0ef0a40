"""Read settings, alerts and updates of a stamp; what can't be read is an error value and ends nothing."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.cmdlets.stamp_parts import MODULES, Part, parts_of, together, told_apart
from psbridge.errors import AuthError, Interrupted, PrerequisiteError, PsbridgeError
from psbridge.models.stamp import Alert, BackupSettings, StampUpdate, UpdateLocation
from psbridge.operations.context import OperationContext
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result

CMDLETS: Final = tuple(MODULES)
"""The cmdlets that are used, for `preflight(…, also=CMDLETS)`."""


class StampParts(msgspec.Struct, frozen=True):
    """What was read; None where it can't be, and `unread` has the error by the part's name."""

    settings: BackupSettings | None
    alerts: tuple[Alert, ...] | None
    update_location: UpdateLocation | None
    updates: tuple[StampUpdate, ...] | None
    unread: dict[str, PsbridgeError]


def read_parts(context: OperationContext, location: str, ready: Readiness, deadline: Deadline) -> StampParts:
    """Return settings, alerts and updates: in one round trip, or each alone where one of them ends the pipeline.

    A part that the host takes too long for leaves the others half of the time.

    Raises:
        psbridge.errors.AuthError: the host refuses the login.
    """
    found: dict[str, Any] = {}
    wanted: dict[str, Part] = {}
    for name, part in parts_of(location).items():
        if _lacks(ready, part.CMDLET):
            found[name] = _missing(context, part.CMDLET)
        else:
            wanted[name] = part
    found |= _read(context, wanted, deadline)
    unread = {name: value for name, value in found.items() if isinstance(value, PsbridgeError)}
    return StampParts(**{name: None if name in unread else value for name, value in found.items()}, unread=unread)


def _lacks(ready: Readiness, cmdlet: str) -> bool:
    """Return whether the host does not have a cmdlet. A host that does not show one that was just used proves nothing."""
    return not ready.commands.has(cmdlet) and ready.commands.has("Get-AzsBackup")


def _missing(context: OperationContext, cmdlet: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"{context.link.host} has no cmdlet {cmdlet}",
        hint=f"Install the module {MODULES[cmdlet]} on the host, or make the cmdlet visible in the session configuration.",
        detail={"reason": "no_cmdlet", "cmdlet": cmdlet},
    )


def _read(context: OperationContext, parts: dict[str, Part], deadline: Deadline) -> dict[str, Any]:
    if not parts:
        return {}
    answer = _answer(context, together(parts), deadline.sooner(deadline.remaining() / 2))
    found = None if isinstance(answer, PsbridgeError) else told_apart(parts, answer)
    return _each_alone(context, parts, deadline) if found is None else found


def _each_alone(context: OperationContext, parts: dict[str, Part], deadline: Deadline) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for left, (name, part) in zip(range(len(parts), 0, -1), parts.items(), strict=True):
        answer = _answer(context, together({name: part}), deadline.sooner(deadline.remaining() / left))
        try:
            found[name] = answer if isinstance(answer, PsbridgeError) else part.parse(answer)
        except PsbridgeError as problem:
            found[name] = problem
    return found


def _answer(context: OperationContext, pipeline: Pipeline, deadline: Deadline) -> Result | PsbridgeError:
    """Return the host's answer, or why there is none.

    Raises:
        psbridge.errors.AuthError: the host refuses the login. That the stamp does not permit a read is an answer.
    """
    try:
        return context.link.read(pipeline, deadline)
    except (Interrupted, AuthError):
        raise
    except PsbridgeError as problem:
        return problem

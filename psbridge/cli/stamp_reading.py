"""Reading a stamp's status for monitoring: an error is a status too, and a refused login is not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.errors import ExitCode, PsbridgeError

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.models.stamp_status import StampStatus

_NOT_OF_A_STAMP = frozenset({ExitCode.USAGE, ExitCode.INTERRUPTED})


def read_status(context: Context, *, max_age: float | None = None) -> StampStatus:
    """Return how the target's stamp stands; of one that can't be read, or whose config is invalid, the error alone.

    Raises:
        psbridge.errors.PsbridgeError: the command line is wrong, the target's name is unknown, or a signal came.
    """
    from psbridge.models.stamp_status import StampStatus
    from psbridge.models.time import Instant

    began = Instant.of(context.clock.now())
    try:
        with context.stamp("stamp_status", retry_refused=False) as stamp:
            return stamp.status(max_age=max_age)
    except PsbridgeError as problem:
        name = context.target_name
        if problem.exit_code in _NOT_OF_A_STAMP or name is None:
            raise
        context.complete_hint(problem)
        return StampStatus.unreadable(name, problem, began, emulated=name == "demo")

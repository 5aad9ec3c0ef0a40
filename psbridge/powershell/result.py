"""What came back from a pipeline, whole."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from psbridge.models.time import Instant
from psbridge.powershell.objects import ErrorRecord, Value


class State(IntEnum):
    """How a pipeline ended: PSInvocationState, [MS-PSRP] 2.2.3.5."""

    STOPPED = 3
    COMPLETED = 4
    FAILED = 5


class StreamRecord(msgspec.Struct, frozen=True):
    """One record of the warning, verbose, debug, information or progress stream."""

    stream: str
    text: str


class Result(msgspec.Struct, frozen=True):
    """A whole answer; one that may lack messages never becomes a Result (`psbridge.errors.ResultVoid`).

    Attributes:
        output: the objects, in order. An empty output message counts: it is None, as `$null` written by a cmdlet.
        errors: the error stream; a pipeline can be COMPLETED and have some.
        records: the other five streams, in order.
        failure: why the state is FAILED.
        host_time: the host's clock at its last answer, None if it did not say.
    """

    output: tuple[Value, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()
    records: tuple[StreamRecord, ...] = ()
    state: State = State.COMPLETED
    failure: ErrorRecord | None = None
    host_time: Instant | None = None

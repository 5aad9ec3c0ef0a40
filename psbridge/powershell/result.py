"""The complete answer of a pipeline: its objects, error records and stream records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Union

import msgspec

from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant

# DT (7 decimals kept), TS, Version, decimal, URI and XML arrive as their text; a GUID as its text too.
Value = Union[None, bool, int, float, str, bytes, "PSObject", Sequence["Value"], Mapping[str, "Value"]]

_NONE: Mapping[str, Value] = MappingProxyType({})


class PSObject(msgspec.Struct, frozen=True):
    """An object that is more than a primitive, list or dictionary.

    Attributes:
        type_names: the .NET type first, then its bases.
        text: what the host's ToString() gave; all there is of an object below the serialisation depth, and of a struct.
        properties: by name; look up with `get`, which ignores case as PowerShell does.
        repeated: name and values of each property that was given again with another value; `properties` has the last.
    """

    type_names: tuple[str, ...] = ()
    text: str | None = None
    properties: Mapping[str, Value] = _NONE
    repeated: tuple[tuple[str, Value, Value], ...] = ()

    def get(self, name: str) -> Value:
        """Return a property, None if the object has none of that name."""
        if name in self.properties:
            return self.properties[name]
        lower = ascii_lower(name)
        return next((value for key, value in self.properties.items() if ascii_lower(key) == lower), None)

    def has(self, name: str) -> bool:
        """Return whether the object has a property."""
        if name in self.properties:
            return True
        lower = ascii_lower(name)
        return any(ascii_lower(key) == lower for key in self.properties)


def property_of(value: Value, name: str) -> Value:
    """Return a property of an object; None of anything else."""
    return value.get(name) if isinstance(value, PSObject) else None


class ErrorRecord(msgspec.Struct, frozen=True):
    """One record of the error stream, or the reason why a pipeline failed.

    Attributes:
        message: the text that PowerShell would show; for people only, it is localised.
        fully_qualified_error_id: `<id>,<class or function>`; match the part before the comma (`error_id`).
        category: the number of `ErrorCategory`.
        reason: the exception's short type name.
        exception_types: the exception's type and its bases.
        exception_properties: what the exception holds, such as `Code`, `StatusCode` and `RequestId`.
    """

    message: str
    fully_qualified_error_id: str = ""
    category: int = 0
    activity: str = ""
    reason: str = ""
    target_name: str = ""
    exception_types: tuple[str, ...] = ()
    exception_properties: Mapping[str, Value] = _NONE

    @property
    def error_id(self) -> str:
        """The part of the fully qualified id before the first comma."""
        return self.fully_qualified_error_id.partition(",")[0]


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
    """A complete answer; an incomplete one never becomes a Result (`psbridge.errors.ResultVoid`).

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

"""Error records, and how a statement ends with one."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.embedded.exceptions import SYSTEM, NetException
from psbridge.emulator.engines.embedded.values import Value
from psbridge.values import replace


class Category(IntEnum):
    """ErrorCategory, by number; the name is the first word of the category's message."""

    NotSpecified = 0
    CloseError = 2
    InvalidArgument = 5
    InvalidData = 6
    InvalidOperation = 7
    MetadataError = 10
    NotImplemented = 11
    ObjectNotFound = 13
    OperationStopped = 14
    ParserError = 17
    WriteError = 23


class ErrorRecord(msgspec.Struct, frozen=True):
    """An error record.

    Attributes:
        target: the target object; `target_name` and `target_type` are what the category shows of it.
        cmdlet: the cmdlet that failed, None where none was found.
        bound: whether its parameters were bound, so that the invocation has a name.
        written: whether the cmdlet wrote it itself (WriteError).
        thrown: whether the cmdlet ended itself with it (ThrowTerminatingError).
        in_script: whether it arose in a script, so that it has an invocation although no cmdlet failed.
        activity_name: the category's activity, if it is not the cmdlet's name.
        contained: whether the exception was replaced, as happens to a statement that is not the last.
    """

    exception: NetException
    error_id: str
    category: Category
    target: Value = None
    target_name: str = ""
    target_type: str = ""
    cmdlet: Cmdlet | None = None
    bound: bool = True
    written: bool = False
    thrown: bool = False
    in_script: bool = False
    activity_name: str = ""
    contained: bool = False

    @property
    def message(self) -> str:
        """The message shown to people."""
        return self.exception.message

    @property
    def reason(self) -> str:
        """The exception's short type name."""
        return self.exception.types[0].rpartition(".")[2]

    @property
    def activity(self) -> str:
        """The cmdlet's name."""
        return self.activity_name or (self.cmdlet.name if self.cmdlet else "")

    def contain(self) -> ErrorRecord:
        """Return the record as it is written for a failed statement that others follow."""
        if self.thrown:
            return self
        types = ("System.Management.Automation.ParentContainsErrorRecordException", "System.SystemException", *SYSTEM)
        exception = NetException(types, self.message, {"Message": self.message})
        return replace(self, exception=exception, contained=True)


class Terminate(Exception):
    """The statement ends with this record."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class ActionStop(Terminate):
    """The whole pipeline ends with this record: -ErrorAction Stop."""

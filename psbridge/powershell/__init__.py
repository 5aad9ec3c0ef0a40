"""PowerShell's own terms as values, and the `Session` that runs a pipeline. Standard library only.

psbridge sends cmdlets with parameters, never script text (design 2), so a pipeline is a value to compare and log.
"""

from psbridge.powershell.objects import ErrorRecord, PSObject, Value
from psbridge.powershell.pipeline import Argument, Command, Pipeline, Statement
from psbridge.powershell.result import Result, State, StreamRecord
from psbridge.powershell.session import Session, SessionFactory

__all__ = [
    "Argument",
    "Command",
    "ErrorRecord",
    "PSObject",
    "Pipeline",
    "Result",
    "Session",
    "SessionFactory",
    "State",
    "Statement",
    "StreamRecord",
    "Value",
]

"""Error, verbose, warning and progress records as the objects that PSRP carries (engine capture 7.6.9)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.embedded.error_record import ErrorRecord
from psbridge.emulator.engines.embedded.syntax import definition
from psbridge.emulator.engines.embedded.values import (
    OBJECT_DICTIONARY,
    Net,
    NetDict,
    NetList,
    Raw,
    Value,
    array,
    enum,
    generic,
)

DEPTH = 2  # a record's members are themselves kept to depth 1
_HISTORY = Raw("I64", "1")


class Invocation(msgspec.Struct, frozen=True):
    """A cmdlet at its place in a statement.

    Attributes:
        bound: the parameters that the client gave.
        length: how many commands the statement has.
        position: this one's place, from 1.
        called: the name that the client used for it, an alias perhaps.
    """

    cmdlet: Cmdlet
    bound: Mapping[str, Value] = msgspec.field(default_factory=dict)
    length: int = 1
    position: int = 1
    called: str = ""

    @property
    def iterations(self) -> list[Value]:
        """PipelineIterationInfo: a zero, then for each command how many inputs it has had."""
        return [0, *(int(place == self.position) for place in range(1, self.length + 1))]


def _invocation_members(
    invocation: Invocation, bound: NetDict, unbound: NetList, origin: tuple[str, int], iterations: list[Value]
) -> dict[str, Value]:
    running = origin[0] == "Runspace"
    cmdlet = invocation.cmdlet
    return {
        "InvocationInfo_BoundParameters": bound,
        "InvocationInfo_CommandOrigin": enum("System.Management.Automation.CommandOrigin", *origin),
        "InvocationInfo_ExpectingInput": running and invocation.position > 1,
        "InvocationInfo_InvocationName": cmdlet.name,
        "InvocationInfo_Line": "",
        "InvocationInfo_OffsetInLine": 0,
        "InvocationInfo_HistoryId": _HISTORY,
        "InvocationInfo_PipelineIterationInfo": array("System.Int32", iterations),
        "InvocationInfo_PipelineLength": invocation.length if running else 0,
        "InvocationInfo_PipelinePosition": invocation.position if running else 0,
        "InvocationInfo_PSScriptRoot": "",
        "InvocationInfo_PSCommandPath": None,
        "InvocationInfo_PositionMessage": "",
        "InvocationInfo_ScriptLineNumber": 0,
        "InvocationInfo_ScriptName": "",
        "InvocationInfo_UnboundArguments": unbound,
        "SerializeExtent": False,
        "CommandInfo_CommandType": enum("System.Management.Automation.CommandTypes", "Cmdlet", 8),
        "CommandInfo_Definition": definition(cmdlet),
        "CommandInfo_Name": cmdlet.name,
        "CommandInfo_Visibility": enum("System.Management.Automation.SessionStateEntryVisibility", "Public", 0),
    }


def _unbound() -> NetList:
    return NetList((generic("System.Collections.Generic.List", "System.Object"), "System.Object"))


def _iteration_list(iterations: list[Value]) -> NetList:
    kind = generic("System.Collections.ObjectModel.ReadOnlyCollection", "System.Int32")
    return NetList((kind, "System.Object"), iterations)


def error(record: ErrorRecord, invocation: Invocation | None, *, extended: bool) -> Net:
    """Return an ErrorRecord.

    Args:
        record: its content.
        invocation: the cmdlet that wrote it, None for a record that the engine made.
        extended: whether the client asked for the invocation (RemoteStreamOptions) and it is a message of its own.
    """
    members = _error_members(record)
    found = members["InvocationInfo"]
    whole = extended and invocation is not None and isinstance(found, Net) and found.props is not None
    members["SerializeExtendedInfo"] = whole
    if whole and invocation is not None and isinstance(found, Net) and found.props is not None:
        bound, unbound = found.props["BoundParameters"], found.props["UnboundArguments"]
        if isinstance(bound, NetDict) and isinstance(unbound, NetList):
            members |= _invocation_members(invocation, bound, unbound, ("Internal", 1), [])
        members["PipelineIterationInfo"] = _iteration_list(invocation.iterations)
    if record.written:
        members["PSMessageDetails"] = None
    return Net(("System.Management.Automation.ErrorRecord", "System.Object"), record.message, notes=members)


def _error_members(record: ErrorRecord) -> dict[str, Value]:
    category = record.category
    shown = f"{_shortened(record.target_name)}:{_shortened(record.target_type)}"
    return {
        "Exception": record.exception.to_net(),
        "TargetObject": record.target,
        "FullyQualifiedErrorId": record.error_id,
        "InvocationInfo": _invocation_info(record),
        "ErrorCategory_Category": int(category),
        "ErrorCategory_Activity": record.activity,
        "ErrorCategory_Reason": record.reason,
        "ErrorCategory_TargetName": record.target_name,
        "ErrorCategory_TargetType": record.target_type,
        "ErrorCategory_Message": f"{category.name}: ({shown}) [{_shortened(record.activity)}], {record.reason}",
    }


def _shortened(text: str) -> str:
    """Return a text as the category's message has it: of more than 40 characters only both ends."""
    return text if len(text) <= 40 else f"{text[:19]}…{text[-19:]}"


def _invocation_info(record: ErrorRecord) -> Net | None:
    if record.cmdlet is None and not record.in_script:
        return None
    name = record.cmdlet.name if record.cmdlet else None
    props: dict[str, Value] = {
        "MyCommand": Net(boxed=name) if record.contained and name else name,
        "BoundParameters": NetDict((OBJECT_DICTIONARY, "System.Object")),
        "UnboundArguments": _unbound(),
        "ScriptLineNumber": 0,
        "OffsetInLine": 0,
        "HistoryId": _HISTORY,
        "ScriptName": "",
        "Line": "",
        "Statement": "",
        "PositionMessage": "",
        "PSScriptRoot": "",
        "PSCommandPath": None,
        "InvocationName": name if name and record.bound else "",
        "PipelineLength": 0,
        "PipelinePosition": 0,
        "ExpectingInput": False,
        "CommandOrigin": "Internal",
        "DisplayScriptPosition": None,
    }
    kind = "System.Management.Automation.InvocationInfo"
    return Net((kind, "System.Object"), kind, props)


def informational(kind: str, text: str, invocation: Invocation, *, extended: bool) -> Net:
    """Return a VerboseRecord, WarningRecord or DebugRecord; `kind` is the word before `Record`."""
    members: dict[str, Value] = {
        "InformationalRecord_Message": text,
        "InformationalRecord_SerializeInvocationInfo": extended,
    }
    if extended:
        bound = NetDict(
            ("System.Management.Automation.PSBoundParametersDictionary", OBJECT_DICTIONARY, "System.Object"),
            invocation.bound,
        )
        iterations = invocation.iterations
        members |= _invocation_members(invocation, bound, _unbound(), ("Runspace", 0), iterations)
        members["InformationalRecord_PipelineIterationInfo"] = _iteration_list(iterations)
    types = (
        f"System.Management.Automation.{kind}Record",
        "System.Management.Automation.InformationalRecord",
        "System.Object",
    )
    return Net(types, text, notes=members)


def progress(activity: str, status: str, percent: int, *, activity_id: int = 1, completed: bool = False) -> Net:
    """Return a progress record; `percent` is -1 where it is not known."""
    word, number = ("Completed", 1) if completed else ("Processing", 0)
    return Net(
        notes={
            "Activity": activity,
            "ActivityId": activity_id,
            "StatusDescription": status,
            "CurrentOperation": None,
            "ParentActivityId": -1,
            "PercentComplete": percent,
            "Type": enum("System.Management.Automation.ProgressRecordType", word, number),
            "SecondsRemaining": -1,
        }
    )


def state(number: int, failure: Net | None = None) -> Net:
    """Return a PIPELINE_STATE: 3 stopped, 4 completed, 5 failed."""
    members: dict[str, Value] = {"PipelineState": number}
    if failure is not None:
        members["ExceptionAsErrorRecord"] = failure
    return Net(notes=members)

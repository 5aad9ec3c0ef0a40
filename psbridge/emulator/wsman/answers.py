"""The way out: the bodies of answers, shaped as a Windows host's (captures), and the envelope around them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid4
from xml.sax.saxutils import escape, quoteattr

import msgspec

from psbridge.emulator.wsman.errors import Provider, WSManFault
from psbridge.emulator.wsman.names import (
    ADDRESSING,
    ANONYMOUS,
    COMMAND_DONE,
    COMMAND_PENDING,
    ENUMERATION,
    FAULT,
    FAULT_ACTIONS,
    POWERSHELL,
    RESPONSES,
    SHELL,
    SOAP,
    TRANSFER,
    WSMAN,
    WSMV,
)

STREAM_OVERHEAD: Final = 120
"""Bytes of one `rsp:Stream` element with its CommandId, without the base64."""
ENVELOPE_OVERHEAD: Final = 2000
"""Bytes of a ReceiveResponse without its streams, with room for a CommandState and the headers of a robust client."""

_HEAD: Final = (
    f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}" '
    f'xmlns:n="{ENUMERATION}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" xmlns:p="{WSMV}"><s:Header>'
)


class Message(msgspec.Struct, frozen=True):
    """An answer before it is put into an envelope.

    Attributes:
        body: the XML inside `s:Body`.
    """

    action: str
    body: str


class ShellState(msgspec.Struct, frozen=True):
    """The properties of a shell in answers; `idle_timeout`, `max_idle_timeout`, `run_time` and `inactivity` in seconds."""

    shell_id: UUID
    resource_uri: str
    owner: str
    client_ip: str
    name: str
    idle_timeout: float
    max_idle_timeout: float
    input_streams: str
    output_streams: str
    locale: str
    data_locale: str
    profile: bool
    drop: bool
    connected: bool
    run_time: float
    inactivity: float
    process_id: int


def guid(value: UUID) -> str:
    """Return a GUID as WSMan writes it, upper case."""
    return str(value).upper()


def stream_size(fragment: bytes) -> int:
    """Return the bytes that a fragment takes in a ReceiveResponse."""
    return STREAM_OVERHEAD + (len(fragment) + 2) // 3 * 4


def printable(text: str) -> str:
    """Return a text that is valid in XML, with markup escaped."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def envelope(message: Message, relates_to: str, operation_id: str = "") -> bytes:
    """Return a message as the bytes of an envelope; `relates_to` is empty if no MessageID could be read.

    `operation_id` is what a robust client named its request ([MS-WSMV] 3.1.4.1.39); its one answer has the number 1.
    """
    related = f"<a:RelatesTo>{printable(relates_to)}</a:RelatesTo>" if relates_to else ""
    operation = ""
    if operation_id:
        operation = (
            f'<p:OperationID s:mustUnderstand="false">{printable(operation_id)}</p:OperationID>'
            "<p:SequenceId>1</p:SequenceId>"
        )
    return (
        f"{_HEAD}<a:Action>{message.action}</a:Action><a:MessageID>uuid:{guid(uuid4())}</a:MessageID>{operation}"
        f"<p:ActivityId>{guid(uuid4())}</p:ActivityId><a:To>{ANONYMOUS}</a:To>{related}</s:Header>"
        f"<s:Body>{message.body}</s:Body></s:Envelope>"
    ).encode()


def _duration(seconds: float) -> str:
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    return f"P{days}DT{rest // 3600}H{rest // 60 % 60}M{rest % 60}S"


def _shell(state: ShellState, *, full: bool) -> str:
    name = f"<rsp:Name>{printable(state.name)}</rsp:Name>" if state.name else ""
    more = "<rsp:MemoryUsed>58MB</rsp:MemoryUsed><rsp:ChildProcesses>0</rsp:ChildProcesses>" if full else ""
    return (
        f"<rsp:Shell><rsp:ShellId>{guid(state.shell_id)}</rsp:ShellId>{name}"
        f"<rsp:ResourceUri>{printable(state.resource_uri)}</rsp:ResourceUri>"
        f"<rsp:Owner>{printable(state.owner)}</rsp:Owner>"
        f"<rsp:ClientIP>{printable(state.client_ip)}</rsp:ClientIP><rsp:ProcessId>{state.process_id}</rsp:ProcessId>"
        f"<rsp:IdleTimeOut>PT{state.idle_timeout:.3f}S</rsp:IdleTimeOut>"
        f"<rsp:InputStreams>{printable(state.input_streams)}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{printable(state.output_streams)}</rsp:OutputStreams>"
        f"<rsp:MaxIdleTimeOut>PT{state.max_idle_timeout:.3f}S</rsp:MaxIdleTimeOut>"
        f"<rsp:Locale>{printable(state.locale)}</rsp:Locale>"
        f"<rsp:DataLocale>{printable(state.data_locale)}</rsp:DataLocale>"
        "<rsp:CompressionMode>NoCompression</rsp:CompressionMode>"
        f"<rsp:ProfileLoaded>{'Yes' if state.profile else 'No'}</rsp:ProfileLoaded><rsp:Encoding>UTF8</rsp:Encoding>"
        f"<rsp:BufferMode>{'Drop' if state.drop else 'Block'}</rsp:BufferMode>"
        f"<rsp:State>{'Connected' if state.connected else 'Disconnected'}"
        f"</rsp:State><rsp:ShellRunTime>{_duration(state.run_time)}</rsp:ShellRunTime>"
        f"<rsp:ShellInactivity>{_duration(state.inactivity)}</rsp:ShellInactivity>{more}</rsp:Shell>"
    )


def created(state: ShellState, *, address: str) -> Message:
    """Answer a Create."""
    body = (
        f"<x:ResourceCreated><a:Address>{printable(address)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{printable(state.resource_uri)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{guid(state.shell_id)}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated>{_shell(state, full=False)}"
    )
    return Message(RESPONSES["create"], body)


def command(command_id: UUID) -> Message:
    """Answer a Command."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{guid(command_id)}</rsp:CommandId></rsp:CommandResponse>"
    return Message(RESPONSES["command"], body)


def received(command_id: UUID | None, fragments: Iterable[bytes], *, done: bool, pending: bool = False) -> Message:
    """Answer a Receive, one stream a fragment; a CommandState comes with the end, or while a host call waits (capture)."""
    owner = f' CommandId="{guid(command_id)}"' if command_id else ""
    streams = "".join(
        f'<rsp:Stream Name="stdout"{owner}>{base64.b64encode(item).decode("ascii")}</rsp:Stream>' for item in fragments
    )
    state = ""
    if done:
        state = f'<rsp:CommandState{owner} State="{COMMAND_DONE}"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>'
    elif pending:
        state = f'<rsp:CommandState{owner} State="{COMMAND_PENDING}"></rsp:CommandState>'
    return Message(RESPONSES["receive"], f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>")


def plain(action: str) -> Message:
    """Answer a Send, Signal, Delete, Disconnect or Reconnect, or the Connect of a command."""
    bodies = {"send": "<rsp:SendResponse/>", "signal": "<rsp:SignalResponse/>", "connect": "<rsp:ConnectResponse/>"}
    return Message(RESPONSES[action], bodies.get(action, ""))


def connected(state: ShellState, fragments: bytes) -> Message:
    """Answer the Connect of a shell."""
    body = (
        f"<rsp:ConnectResponse><rsp:InputStreams>{printable(state.input_streams)}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{printable(state.output_streams)}</rsp:OutputStreams>"
        f'<connectResponseXml xmlns="{POWERSHELL}">{base64.b64encode(fragments).decode("ascii")}'
        "</connectResponseXml></rsp:ConnectResponse>"
    )
    return Message(RESPONSES["connect"], body)


def shell(state: ShellState) -> Message:
    """Answer a Get of a shell."""
    return Message(RESPONSES["get"], _shell(state, full=True))


def shells(states: Iterable[ShellState]) -> Message:
    """Answer an Enumerate of shells, all in one sequence."""
    return _items("".join(_shell(state, full=True) for state in states))


def commands(command_ids: Iterable[UUID]) -> Message:
    """Answer an Enumerate of a shell's commands."""
    items = (
        f"<rsp:Command><rsp:CommandId>{guid(item)}</rsp:CommandId><rsp:CommandLine></rsp:CommandLine>"
        "<rsp:CommandState>Running</rsp:CommandState></rsp:Command>"
        for item in command_ids
    )
    return _items("".join(items))


def _items(items: str) -> Message:
    listed = f"<w:Items>{items}</w:Items>" if items else ""
    body = (
        "<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext>"
        f"{listed}<w:EndOfSequence/></n:EnumerateResponse>"
    )
    return Message(RESPONSES["enumerate"], body)


_CIM: Final = "http://schemas.dmtf.org/wbem/wscim/1/common"
_CIM_BINDING: Final = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
_WMI_ERROR: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def fault(error: WSManFault, *, machine: str) -> Message:
    """Return a fault's message (to be sent with HTTP 500)."""
    reason = printable(error.reason)
    language = "en-US" if reason else ""
    subcode = f"<s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode>" if error.subcode else ""
    detail = f"<w:FaultDetail>{error.detail}</w:FaultDetail>" if error.detail else ""
    body = (
        f"<s:Fault><s:Code><s:Value>s:{error.blames}</s:Value>{subcode}</s:Code>"
        f'<s:Reason><s:Text xml:lang="{language}">{reason}</s:Text></s:Reason><s:Detail>{detail}'
        f"{_windows_detail(error, machine)}</s:Detail></s:Fault>"
    )
    return Message(FAULT_ACTIONS[error.subcode[:1] or "a"], body)


def _windows_detail(error: WSManFault, machine: str) -> str:
    if not error.code:
        return ""
    return _wmi_error(error) if error.kind.quota else _wsman_fault(error, machine)


def _wsman_fault(error: WSManFault, machine: str) -> str:
    text = printable(error.message)
    if error.kind.provider is not None:
        text = _provided(error.kind.provider, error.code, text, machine)
    return _element(error.code, text, machine)


def _element(code: int, inside: str, machine: str) -> str:
    return (
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{inside}</f:Message></f:WSManFault>"
    )


def _provided(provider: Provider, code: int, text: str, machine: str) -> str:
    inside = _element(code, text, machine) if provider.nested else text
    return (
        f"<f:ProviderFault provider={quoteattr(provider.name)} path={quoteattr(provider.path)}>{inside}"
        "</f:ProviderFault>"
    )


def _wmi_error(error: WSManFault) -> str:
    text = printable(error.message)
    values: tuple[tuple[str, str, str | None], ...] = (
        ("CIMStatusCode", "UnsignedInt", "27"),
        ("CIMStatusCodeDescription", "String", None),
        ("ErrorSource", "String", None),
        ("ErrorSourceFormat", "UnsignedShort", "0"),
        ("ErrorType", "UnsignedShort", "0"),
        ("Message", "String", text),
        ("MessageID", "String", f"HRESULT {error.code:#x}"),
        ("OtherErrorSourceFormat", "String", None),
        ("OtherErrorType", "String", None),
        ("OwningEntity", "String", None),
        ("PerceivedSeverity", "UnsignedShort", "0"),
        ("ProbableCause", "UnsignedShort", "0"),
        ("ProbableCauseDescription", "String", None),
        ("error_Category", "UnsignedInt", "30"),
        ("error_Code", "UnsignedInt", str(error.code)),
        ("error_Type", "String", "HRESULT"),
        ("error_WindowsErrorMessage", "String", text),
    )
    properties = "".join(
        f'<e:{name} xsi:type="cim:cim{kind}" xsi:nil="true"/>'
        if value is None
        else f'<e:{name} xsi:type="cim:cim{kind}">{value}</e:{name}>'
        for name, kind, value in values
    )
    return (
        f'<e:MSFT_WmiError b:IsCIM_Error="true" xmlns:xsi="{_XSI}" xmlns:b="{_CIM_BINDING}" xmlns:e="{_WMI_ERROR}" '
        f'xmlns:cim="{_CIM}" xsi:type="e:MSFT_WmiError_Type">{properties}</e:MSFT_WmiError>'
    )

"""The way out: answers and faults as the bytes of SOAP envelopes, shaped as a Windows host's (pypsrp's recordings)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4
from xml.sax.saxutils import escape, quoteattr

from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.names import (
    ADDRESSING,
    ANONYMOUS,
    COMMAND_DONE,
    CONFIG,
    ENUMERATION,
    FAULT,
    FAULT_ACTION,
    POWERSHELL,
    RESPONSES,
    SHELL,
    SOAP,
    TRANSFER,
    WSMAN,
    WSMV,
)

STREAM_OVERHEAD: Final = 120
"""Bytes of one `rsp:Stream` element with its CommandId, beside the base64."""
ENVELOPE_OVERHEAD: Final = 1600
"""Bytes of a ReceiveResponse without its streams, with room for a CommandState."""

_HEAD: Final = (
    f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}" '
    f'xmlns:n="{ENUMERATION}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" xmlns:p="{WSMV}"><s:Header>'
)


@dataclass(frozen=True, slots=True)
class ShellState:
    """What a host tells of a shell; `idle_timeout`, `run_time` and `inactivity` in seconds."""

    shell_id: UUID
    resource_uri: str
    owner: str
    client_ip: str
    name: str
    idle_timeout: float
    input_streams: str
    output_streams: str
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


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    related = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f"{_HEAD}<a:Action>{action}</a:Action><a:MessageID>uuid:{guid(uuid4())}</a:MessageID>"
        f"<a:To>{ANONYMOUS}</a:To>{related}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault(relates_to: str, error: WSManFault, *, machine: str) -> bytes:
    """Return a fault's envelope (to be sent with HTTP 500)."""
    text, reason = escape(_printable(error.message)), escape(_printable(error.reason))
    detail = f"<w:FaultDetail>{error.detail}</w:FaultDetail>" if error.detail else ""
    body = (
        f"<s:Fault><s:Code><s:Value>s:{'Sender' if error.sender else 'Receiver'}</s:Value>"
        f"<s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>{detail}'
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{text}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope(FAULT_ACTION, _printable(relates_to), body)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _duration(seconds: float) -> str:
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    return f"P{days}DT{rest // 3600}H{rest // 60 % 60}M{rest % 60}S"


def _shell(state: ShellState, *, full: bool) -> str:
    name = f"<rsp:Name>{escape(_printable(state.name))}</rsp:Name>" if state.name else ""
    more = "<rsp:MemoryUsed>58MB</rsp:MemoryUsed><rsp:ChildProcesses>0</rsp:ChildProcesses>" if full else ""
    return (
        f"<rsp:Shell><rsp:ShellId>{guid(state.shell_id)}</rsp:ShellId>{name}"
        f"<rsp:ResourceUri>{escape(state.resource_uri)}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(_printable(state.owner))}</rsp:Owner>"
        f"<rsp:ClientIP>{escape(state.client_ip)}</rsp:ClientIP><rsp:ProcessId>{state.process_id}</rsp:ProcessId>"
        f"<rsp:IdleTimeOut>PT{state.idle_timeout:.3f}S</rsp:IdleTimeOut>"
        f"<rsp:InputStreams>{escape(_printable(state.input_streams))}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{escape(_printable(state.output_streams))}</rsp:OutputStreams>"
        "<rsp:MaxIdleTimeOut>PT2147483.647S</rsp:MaxIdleTimeOut><rsp:Locale>en-US</rsp:Locale>"
        "<rsp:DataLocale>en-US</rsp:DataLocale><rsp:CompressionMode>NoCompression</rsp:CompressionMode>"
        "<rsp:ProfileLoaded>Yes</rsp:ProfileLoaded><rsp:Encoding>UTF8</rsp:Encoding>"
        f"<rsp:BufferMode>Block</rsp:BufferMode><rsp:State>{'Connected' if state.connected else 'Disconnected'}"
        f"</rsp:State><rsp:ShellRunTime>{_duration(state.run_time)}</rsp:ShellRunTime>"
        f"<rsp:ShellInactivity>{_duration(state.inactivity)}</rsp:ShellInactivity>{more}</rsp:Shell>"
    )


def created(relates_to: str, state: ShellState, *, address: str) -> bytes:
    """Answer a Create."""
    body = (
        f"<x:ResourceCreated><a:Address>{escape(address)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{escape(state.resource_uri)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{guid(state.shell_id)}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated>{_shell(state, full=False)}"
    )
    return _envelope(RESPONSES["create"], relates_to, body)


def command(relates_to: str, command_id: UUID) -> bytes:
    """Answer a Command."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{guid(command_id)}</rsp:CommandId></rsp:CommandResponse>"
    return _envelope(RESPONSES["command"], relates_to, body)


def received(relates_to: str, command_id: UUID | None, fragments: Iterable[bytes], *, done: bool) -> bytes:
    """Answer a Receive, one stream a fragment; a CommandState is sent only with the end (capture)."""
    owner = f' CommandId="{guid(command_id)}"' if command_id else ""
    streams = "".join(
        f'<rsp:Stream Name="stdout"{owner}>{base64.b64encode(item).decode("ascii")}</rsp:Stream>' for item in fragments
    )
    state = (
        f'<rsp:CommandState{owner} State="{COMMAND_DONE}"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>'
        if done
        else ""
    )
    return _envelope(RESPONSES["receive"], relates_to, f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>")


def plain(action: str, relates_to: str) -> bytes:
    """Answer a Send, Signal, Delete, Disconnect or Reconnect, or the Connect of a command."""
    bodies = {"send": "<rsp:SendResponse/>", "signal": "<rsp:SignalResponse/>", "connect": "<rsp:ConnectResponse/>"}
    return _envelope(RESPONSES[action], relates_to, bodies.get(action, ""))


def connected(relates_to: str, state: ShellState, fragments: bytes) -> bytes:
    """Answer the Connect of a shell."""
    body = (
        f"<rsp:ConnectResponse><rsp:InputStreams>{escape(_printable(state.input_streams))}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{escape(_printable(state.output_streams))}</rsp:OutputStreams>"
        f'<connectResponseXml xmlns="{POWERSHELL}">{base64.b64encode(fragments).decode("ascii")}'
        "</connectResponseXml></rsp:ConnectResponse>"
    )
    return _envelope(RESPONSES["connect"], relates_to, body)


def shell(relates_to: str, state: ShellState) -> bytes:
    """Answer a Get of a shell."""
    return _envelope(RESPONSES["get"], relates_to, _shell(state, full=True))


def config(relates_to: str, *, max_envelope_kb: int, max_timeout_ms: int, max_shells: int) -> bytes:
    """Answer a Get of the service's configuration: the part that clients read (capture, shortened)."""
    body = (
        f'<cfg:Config xmlns:cfg="{CONFIG}"><cfg:MaxEnvelopeSizekb>{max_envelope_kb}</cfg:MaxEnvelopeSizekb>'
        f"<cfg:MaxTimeoutms>{max_timeout_ms}</cfg:MaxTimeoutms><cfg:MaxBatchItems>32000</cfg:MaxBatchItems>"
        "<cfg:MaxProviderRequests>4294967295</cfg:MaxProviderRequests><cfg:Winrs>"
        "<cfg:AllowRemoteShellAccess>true</cfg:AllowRemoteShellAccess><cfg:IdleTimeout>7200000</cfg:IdleTimeout>"
        f"<cfg:MaxShellsPerUser>{max_shells}</cfg:MaxShellsPerUser></cfg:Winrs></cfg:Config>"
    )
    return _envelope(RESPONSES["get"], relates_to, body)


def shells(relates_to: str, states: Iterable[ShellState]) -> bytes:
    """Answer an Enumerate of shells, all in one sequence."""
    return _items(relates_to, "".join(_shell(state, full=True) for state in states))


def commands(relates_to: str, command_ids: Iterable[UUID]) -> bytes:
    """Answer an Enumerate of a shell's commands."""
    items = (
        f"<rsp:Command><rsp:CommandId>{guid(item)}</rsp:CommandId><rsp:CommandLine></rsp:CommandLine>"
        "<rsp:CommandState>Running</rsp:CommandState></rsp:Command>"
        for item in command_ids
    )
    return _items(relates_to, "".join(items))


def _items(relates_to: str, items: str) -> bytes:
    body = (
        "<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext>"
        f"<w:Items>{items}</w:Items><w:EndOfSequence/></n:EnumerateResponse>"
    )
    return _envelope(RESPONSES["enumerate"], relates_to, body)

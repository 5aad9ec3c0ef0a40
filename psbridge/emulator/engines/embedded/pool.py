"""PSRP's messages in and out of one runspace pool, on psrpcore's server side.

psrpcore reads what the client sends and keeps the session key; the messages to the client are numbered here, because the
object ids of a pool count from 1 over all its messages, for every command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

from psrpcore import PSRPPayload, ServerRunspacePool, StreamType
from psrpcore.types import PSRPMessageType, RunspacePoolState, serialize

from psbridge.emulator.engines.embedded import clixml
from psbridge.emulator.engines.embedded.fragments import BadFragments, Message, pack
from psbridge.emulator.engines.embedded.guard import check
from psbridge.emulator.engines.embedded.values import Net, NetDict, NetList, Raw, Value

_FRAGMENT_OF_ONE = 0x3  # start and end
_CALL_ID = re.compile(rb'N="CI"')  # pypsrp writes it so; psrpcore knows only `ci`

# Messages that a client may send, before the pool is open and after ([MS-PSRP] 2.2.2).
OPENING = frozenset({PSRPMessageType.SessionCapability, PSRPMessageType.InitRunspacePool})
OPENED = frozenset(
    {
        PSRPMessageType.PublicKey,
        PSRPMessageType.SetMaxRunspaces,
        PSRPMessageType.SetMinRunspaces,
        PSRPMessageType.GetAvailableRunspaces,
        PSRPMessageType.ResetRunspaceState,
        PSRPMessageType.GetCommandMetadata,
        PSRPMessageType.CreatePipeline,
        PSRPMessageType.PipelineInput,
        PSRPMessageType.EndOfPipelineInput,
        PSRPMessageType.RunspacePoolHostResponse,
        PSRPMessageType.PipelineHostResponse,
    }
)

Send = Callable[[UUID | None, bytes], None]


def _versions(*numbers: str) -> NetList:
    kind = ("System.Version[]", "System.Array", "System.Object")
    return NetList(kind, [Raw("Version", number) for number in numbers])


def session_capability() -> Net:
    """Return what this side speaks (engine capture 7.6.9)."""
    return Net(
        notes={
            "protocolversion": Raw("Version", "2.3"),
            "PSVersion": Raw("Version", "2.0"),
            "SerializationVersion": Raw("Version", "1.1.0.1"),
        }
    )


def private_data(version: str = "7.6.9") -> Net:
    """Return the application private data of PowerShell 7.6.9 on Linux (engine capture 7.6.9), with another version.

    Windows PowerShell's has other keys too: it lacks Platform, OS and PSSemanticVersion, and has CLRVersion and BuildVersion
    (documentation of $PSVersionTable).
    """
    kind = ("System.Management.Automation.PSPrimitiveDictionary", "System.Collections.Hashtable", "System.Object")
    table: dict[str, Value] = {
        "Platform": "Unix",
        "GitCommitId": "7.6.9",
        "PSRemotingProtocolVersion": Raw("Version", "2.3"),
        "WSManStackVersion": Raw("Version", "3.0"),
        "OS": "Debian GNU/Linux 12 (bookworm)",
        "PSSemanticVersion": "7.6.9",
        "PSEdition": "Core",
        "PSCompatibleVersions": _versions("1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0", "7.0"),
        "PSVersion": Raw("Version", "7.6.9"),
        "SerializationVersion": Raw("Version", "1.1.0.1"),
    }
    if version != "7.6.9":
        table |= {"PSVersion": Raw("Version", version), "GitCommitId": version, "PSSemanticVersion": version}
    if int(version.partition(".")[0]) < 6:
        for name in ("Platform", "GitCommitId", "OS", "PSSemanticVersion"):
            del table[name]
        table |= {"PSEdition": "Desktop", "BuildVersion": Raw("Version", "10.0.17763.6659")}
        table |= {"CLRVersion": Raw("Version", "4.0.30319.42000")}
    return Net(notes={"ApplicationPrivateData": NetDict(kind, {"PSVersionTable": NetDict(kind, table)})})


def init_data(least: int, most: int) -> Net:
    """Return RUNSPACEPOOL_INIT_DATA, the answer to a client that adopts the pool."""
    return Net(notes={"MinRunspaces": least, "MaxRunspaces": most})


class Pool(ServerRunspacePool):
    """psrpcore's server pool, its outgoing side replaced."""

    def __init__(self, send: Send, version: str = "7.6.9") -> None:
        super().__init__()
        self._send = send
        self.version = version
        self._lock = Lock()
        self._sent = 0
        self._silent = False

    def read(self, message: Message, allowed: frozenset[PSRPMessageType]) -> Any:
        """Return a client's message as an event; psrpcore's own answers are sent.

        Raises:
            BadFragments: the client may not send this message now, or its CLIXML can't be read.
        """
        data = message.data
        if message.pool_id != self.runspace_pool_id and self.state != RunspacePoolState.BeforeOpen:
            raise BadFragments(f"a message for the runspace pool {message.pool_id}")
        kind = next((item for item in allowed if item.value == message.type), None)
        if kind is None:
            raise BadFragments(f"a message of type {message.type:#x} now")
        check(data)
        try:
            if kind in (PSRPMessageType.SetMaxRunspaces, PSRPMessageType.SetMinRunspaces):
                data = _CALL_ID.sub(b'N="ci"', data)
            self.receive_data(PSRPPayload(_one_fragment(message, data), StreamType.default, message.pipeline_id))
            return self.next_event()
        except Exception as error:
            raise BadFragments(f"a message of type {message.type:#x} that can't be read: {error!r}") from error

    def post(self, kind: PSRPMessageType, value: Value, pipeline_id: UUID | None = None, *, depth: int = 1) -> None:
        """Send a message; thread-safe, and silent once the pool is closed."""
        self._post(kind, clixml.message(value, depth), pipeline_id)

    def packed(self, kind: PSRPMessageType, value: Value) -> bytes:
        """Return a message of the pool as fragments, its number taken, without sending it."""
        with self._lock:
            return self._number(kind, clixml.message(value, 4), None)

    def silence(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._silent = True

    def _post(self, kind: PSRPMessageType, data: bytes, pipeline_id: UUID | None) -> None:
        with self._lock:
            if not self._silent:
                self._send(pipeline_id, self._number(kind, data, pipeline_id))

    def _number(self, kind: PSRPMessageType, data: bytes, pipeline_id: UUID | None) -> bytes:
        self._sent += 1
        return pack(self._sent, kind.value, self.runspace_pool_id, pipeline_id, data)

    def prepare_message(
        self,
        message: Any,
        message_type: PSRPMessageType | None = None,
        pipeline_id: UUID | None = None,
        stream_type: StreamType = StreamType.default,  # noqa: ARG002 - psrpcore's signature
    ) -> None:
        """Send what psrpcore answers itself, in the engine's form."""
        kind = message_type or PSRPMessageType.get_message_id(type(message))
        own: dict[PSRPMessageType, Callable[[], Net]] = {
            PSRPMessageType.SessionCapability: session_capability,
            PSRPMessageType.ApplicationPrivateData: lambda: private_data(self.version),
        }
        if kind in own:
            self.post(kind, own[kind](), depth=4)
            return
        xml = ET.tostring(serialize(message, self._cipher), encoding="unicode")
        self._post(kind, clixml.BOM + xml.encode(), pipeline_id)


def _one_fragment(message: Message, data: bytes) -> bytes:
    header = (2).to_bytes(4, "little") + message.type.to_bytes(4, "little") + message.pool_id.bytes_le
    whole = header + (message.pipeline_id or UUID(int=0)).bytes_le + data
    numbers = message.object_id.to_bytes(8, "big") + bytes(8) + bytes([_FRAGMENT_OF_ONE])
    return numbers + len(whole).to_bytes(4, "big") + whole

"""pypsrp's WSMan, runspace pool and serialiser, each changed where psbridge needs it otherwise.

What goes out is pypsrp's (but for the escaping of strings); what comes in is read by `clixml` and `integrity`, and only
the four messages that pypsrp's own state machine waits for are handed to it.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from pypsrp.complex_objects import PSCredential
from pypsrp.exceptions import WinRMError, WSManFaultError
from pypsrp.messages import MessageType
from pypsrp.powershell import Fragmenter, PowerShell, RunspacePool
from pypsrp.serializer import Serializer, TaggedValue
from pypsrp.wsman import NAMESPACES, WSMan, WSManAction

from psbridge.errors import DeadlineExceeded, PsbridgeError, Unreachable, UsageError
from psbridge.models.connection import Endpoint
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.objects import PSObject, Value
from psbridge.powershell.pipeline import Argument, Pipeline
from psbridge.remoting.psrp.clixml import deserialize, escape, text_of
from psbridge.remoting.psrp.integrity import BrokenStream, Defragmenter, Message
from psbridge.remoting.winrm.errors.wsman import classed, timed_out
from psbridge.remoting.winrm.transport import DeadlineTransport

SEND_PATIENCE = 5  # seconds that the host may keep a Send, to which it has nothing to say
MAX_POOL = 4 * 1024 * 1024
"""Bytes of all messages that a pool may be sent besides its pipelines' answers; four of some KiB open it."""
TICK = 20  # seconds that the host may keep a Receive; its own limit is 60 (captured from Windows)


class Wire(WSMan):
    """Sends WSMan messages through a `DeadlineTransport`; no operation may outlast its deadline.

    Attributes:
        patience: seconds that the host may keep a Receive to which it has nothing to say; `TICK` at most.
    """

    transport: DeadlineTransport
    patience: float = TICK
    _message_id: str = ""

    def __init__(self, endpoint: Endpoint, transport: DeadlineTransport) -> None:
        super().__init__(
            server=transport.server,
            port=endpoint.port,
            ssl=endpoint.tls is not None,
            auth=transport.auth,
            no_proxy=True,
        )
        self.transport = transport

    def invoke(self, action: str, *args: Any, **kwargs: Any) -> Any:
        """Send one message; the host is told how long it may take."""
        kept = min(TICK, self.transport.deadline.remaining())
        if action == WSManAction.RECEIVE:
            kept = min(kept, self.patience)
        if action == WSManAction.SEND:
            kept = min(kept, SEND_PATIENCE)
        self.operation_timeout = max(1, math.ceil(kept))
        self.transport.action = action
        self.transport.operation_timeout = float(self.operation_timeout)
        return super().invoke(action, *args, **kwargs)

    def _create_header(self, *args: Any, **kwargs: Any) -> tuple[str, ET.Element]:
        """Note what the message is called, so that a fault can be held against it."""
        message_id, header = super()._create_header(*args, **kwargs)
        self._message_id = f"uuid:{message_id}"
        return message_id, header

    def _parse_wsman_fault(self, xml_text: str) -> WSManFaultError:  # type: ignore[override]  # static there, and called on self
        """Read a fault; pypsrp asks of an answer which message it relates to, but not of a fault.

        One that relates to none is taken for an answer, because Windows sends such (captured for quotas), but proves nothing.

        Raises:
            WinRMError: it relates to another message.
        """
        fault = classed(WSMan._parse_wsman_fault(xml_text), xml_text)  # noqa: SLF001 - this is its override
        related = (ET.fromstring(xml_text).findtext("s:Header/wsa:RelatesTo", "", NAMESPACES) or "").strip()
        if related and related.casefold() != self._message_id.casefold():
            raise WinRMError(f"a fault (code {fault.code}) that relates to another message")
        exchange = self.transport.exchange
        exchange.fault, exchange.relates = fault.code, bool(related)
        return fault


class _Escaping(Serializer):
    """pypsrp leaves half surrogate pairs and U+FFFE as they are, which no XML can hold."""

    def _serialize_string(self, value: str | None) -> str | None:
        return None if value is None else escape(value)


def _field(value: Value, name: str) -> Value:
    return value.get(name) if isinstance(value, PSObject) else None


def _capability(value: Value) -> SimpleNamespace:
    versions = {name: text_of(_field(value, name)) for name in ("protocolversion", "PSVersion", "SerializationVersion")}
    if any(not re.fullmatch(r"\d{1,6}(\.\d{1,6}){1,3}", text) for text in versions.values()):
        raise ValueError("the host's SESSION_CAPABILITY has no versions")
    return SimpleNamespace(
        protocol_version=versions["protocolversion"],
        ps_version=versions["PSVersion"],
        serialization_version=versions["SerializationVersion"],
    )


def _pool_state(value: Value) -> SimpleNamespace:
    state = _field(value, "RunspaceState")
    if not isinstance(state, int):
        raise TypeError("a RUNSPACEPOOL_STATE without a state")
    return SimpleNamespace(state=state, error_record=text_of(_field(value, "ExceptionAsErrorRecord")))


# What pypsrp's pool acts on, each as the object that its handler expects.
_FOR_PYPSRP: Mapping[int, Any] = {
    MessageType.SESSION_CAPABILITY: _capability,
    MessageType.APPLICATION_PRIVATE_DATA: lambda value: SimpleNamespace(data=_field(value, "ApplicationPrivateData")),
    MessageType.RUNSPACEPOOL_STATE: _pool_state,
    MessageType.ENCRYPTED_SESSION_KEY: lambda value: SimpleNamespace(
        session_key=text_of(_field(value, "EncryptedSessionKey"))
    ),
}


class _Fragments(Fragmenter):
    """Outgoing as pypsrp's, incoming through the book of object ids."""

    def __init__(self, max_size: int, serializer: Serializer) -> None:
        super().__init__(max_size, serializer)
        self.book = Defragmenter()
        self._taken = 0

    def defragment(self, data: bytes) -> Any:
        """Return the messages to the pool that pypsrp must see.

        Raises:
            BrokenStream: they don't come to an end; the book remembers each message.
        """
        messages = self.book.feed(data)
        self._taken += sum(message.weight for message in messages)
        if self._taken > MAX_POOL:
            raise BrokenStream("the session has too many messages")
        return [_for_pypsrp(message) for message in messages if message.kind in _FOR_PYPSRP]


def _for_pypsrp(message: Message) -> SimpleNamespace:
    return SimpleNamespace(message_type=message.kind, data=_FOR_PYPSRP[message.kind](deserialize(message.body)))


_NO_KEY = (
    "The key exchange of PSRP did not end: the host answered neither the Send of the public key nor gave a key. Sign the "
    "session in on the host, so that `sign_in` has nothing secret to send, or give it more time with --call-timeout."
)


class Pool(RunspacePool):
    """One runspace on the host.

    Attributes:
        book: the book of the ids of this pool's messages.
    """

    def __init__(self, wire: Wire, endpoint: Endpoint) -> None:
        self._wire = wire
        super().__init__(
            wire,
            host=None,
            configuration_name=endpoint.configuration_name,
            min_runspaces=1,
            max_runspaces=1,
            no_profile=True,
            idle_timeout=max(1, math.ceil(endpoint.idle_timeout)),
        )
        self._serializer = _Escaping()
        fragments = _Fragments(wire.max_payload_size, self._serializer)
        self._fragmenter = fragments
        self.book = fragments.book

    def exchange_keys(self) -> None:
        """Agree on the key that secrets are sent under, once for the pool.

        Some hosts (Microsoft's OMI) answer a Send only while a Receive waits. So where the Send's answer does not come, the
        key is asked for all the same: it proves that the Send did.

        Raises:
            psbridge.errors.PsbridgeError: no key came; the hint names the exchange.
        """
        try:
            super().exchange_keys()
        except (Unreachable, DeadlineExceeded) as lost:
            if not self._wire.transport.exchange.transmissions:
                raise
            self._fetch_key(lost)

    def _fetch_key(self, lost: PsbridgeError) -> None:
        try:
            while not self._key_exchanged:
                self._receive()
        except DeadlineExceeded as late:
            raise DeadlineExceeded(
                f"{late.message}, while the key for secrets was agreed on (sign_in)",
                hint=_NO_KEY,
                delivered=late.delivered,
                detail=late.detail | {"send": lost.message},
            ) from late

    def _receive(self, id: str | None = None, timeout: int | None = None) -> Any:
        """Ask for messages to the pool; that none came is no error, which pypsrp forgets while it opens one."""
        try:
            return super()._receive(id, timeout)
        except WSManFaultError as fault:
            if timed_out(fault):
                return []
            raise


_I32 = range(-(2**31), 2**31)
_I64 = range(-(2**63), 2**63)


def wire_value(value: Argument) -> Any:
    """Return what pypsrp must be given so that the host gets the value whole.

    Raises:
        UsageError: if an integer has more than 64 bits.
    """
    if isinstance(value, Secret):
        return TaggedValue("SS", value.reveal())
    if isinstance(value, Credential):
        return PSCredential(  # type: ignore[no-untyped-call]  # pypsrp is typed in part only
            username=value.username, password=value.password.reveal()
        )
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, int) and not isinstance(value, bool) and value not in _I32:
        if value not in _I64:
            raise UsageError(f"an integer of more than 64 bits can't be sent: {value}")
        return TaggedValue("I64", value)
    return value


def powershell(pool: Pool, pipeline: Pipeline) -> PowerShell:
    """Return pypsrp's form of a pipeline: cmdlets and parameters, never a script."""
    shell = PowerShell(pool)
    for index, statement in enumerate(pipeline.statements):
        if index:
            shell.add_statement()
        for command in statement.commands:
            shell.add_cmdlet(command.name)
            for name, value in command.sent:
                shell.add_parameter(name, wire_value(value))
    return shell

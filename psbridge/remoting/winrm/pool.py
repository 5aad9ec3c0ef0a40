"""pypsrp's runspace pool, whose messages are read by psbridge.

`psrp.clixml` and `psrp.integrity` read incoming messages. pypsrp gets only the four messages that its state machine waits
for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import islice
from types import SimpleNamespace
from typing import Any

from pypsrp.exceptions import WSManFaultError
from pypsrp.messages import MessageType
from pypsrp.powershell import Fragmenter, RunspacePool
from pypsrp.serializer import Serializer

from psbridge.errors import DeadlineExceeded, PsbridgeError, Unreachable
from psbridge.models.connection import Endpoint
from psbridge.powershell.result import Value, property_of
from psbridge.remoting.psrp.clixml import deserialize, text_of
from psbridge.remoting.psrp.integrity import BrokenStream, Defragmenter, Message
from psbridge.remoting.psrp.outgoing import EscapingSerializer
from psbridge.remoting.winrm.errors.wsman import timed_out
from psbridge.remoting.winrm.wire import Wire

MAX_WORD, MAX_WORDS = 120, 32  # characters and entries of a table that observers are given
MAX_POOL = 4 * 1024 * 1024
"""Bytes of all messages to the pool itself, without the answers of its pipelines; four of some KiB open it."""


def _capability(value: Value) -> SimpleNamespace:
    versions = {
        name: text_of(property_of(value, name)) for name in ("protocolversion", "PSVersion", "SerializationVersion")
    }
    if any(not re.fullmatch(r"\d{1,6}(\.\d{1,6}){1,3}", text) for text in versions.values()):
        raise ValueError("the host's SESSION_CAPABILITY has no versions")
    return SimpleNamespace(
        protocol_version=versions["protocolversion"],
        ps_version=versions["PSVersion"],
        serialization_version=versions["SerializationVersion"],
    )


def _pool_state(value: Value) -> SimpleNamespace:
    state = property_of(value, "RunspaceState")
    if not isinstance(state, int):
        raise TypeError("a RUNSPACEPOOL_STATE without a state")
    return SimpleNamespace(state=state, error_record=text_of(property_of(value, "ExceptionAsErrorRecord")))


# The messages that pypsrp's pool handles, each as the object that its handler expects.
_FOR_PYPSRP: Mapping[int, Any] = {
    MessageType.SESSION_CAPABILITY: _capability,
    MessageType.APPLICATION_PRIVATE_DATA: lambda value: SimpleNamespace(
        data=property_of(value, "ApplicationPrivateData")
    ),
    MessageType.RUNSPACEPOOL_STATE: _pool_state,
    MessageType.ENCRYPTED_SESSION_KEY: lambda value: SimpleNamespace(
        session_key=text_of(property_of(value, "EncryptedSessionKey"))
    ),
}


def _words(table: Mapping[str, Value]) -> dict[str, str]:
    """Return the entries of a table of the host as text, bounded."""
    return {str(key)[:MAX_WORD]: text_of(value)[:MAX_WORD] for key, value in islice(table.items(), MAX_WORDS)}


def _word(text: str | None) -> str | None:
    return None if text is None else text[:MAX_WORD]


class _Fragments(Fragmenter):
    """Fragments outgoing messages as pypsrp does, and reads incoming ones with `Defragmenter`."""

    def __init__(self, max_size: int, serializer: Serializer) -> None:
        super().__init__(max_size, serializer)
        self.incoming = Defragmenter()
        self._taken = 0

    def defragment(self, data: bytes) -> Any:
        """Return the messages to the pool that pypsrp needs.

        Raises:
            BrokenStream: there are too many; the memory for each id is not released.
        """
        messages = self.incoming.feed(data)
        self._taken += sum(message.weight for message in messages)
        if self._taken > MAX_POOL:
            raise BrokenStream("the session has too many messages")
        return [_for_pypsrp(message) for message in messages if message.kind in _FOR_PYPSRP]


def _for_pypsrp(message: Message) -> SimpleNamespace:
    return SimpleNamespace(message_type=message.kind, data=_FOR_PYPSRP[message.kind](deserialize(message.body)))


_NO_KEY = (
    "The host answered the key exchange of PSRP with neither a confirmation nor a key, so `sign_in` can't send its secret. "
    "Sign in on the host instead (in the profile of the account), or allow more time with --call-timeout."
)


class Pool(RunspacePool):
    """One runspace on the host.

    Attributes:
        incoming: the defragmenter of this pool.
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
        self._serializer = EscapingSerializer()
        fragments = _Fragments(wire.max_payload_size, self._serializer)
        self._fragmenter = fragments
        self.incoming = fragments.incoming

    def facts(self) -> dict[str, Any]:
        """Return what the opening of the pool showed, for observers."""
        private = self.application_private_data
        sent = private.data if private else None
        table = sent.get("PSVersionTable") if isinstance(sent, Mapping) else None
        return {
            "configuration": self.shell.resource_uri.rpartition("/")[2],
            "shell": str(self.shell.id),
            "protocol_version": _word(self.protocol_version),
            "ps_version": _word(self.ps_version),
            "version_table": _words(table) if isinstance(table, Mapping) else None,
        }

    def exchange_keys(self) -> None:
        """Exchange the key that encrypts secrets, once per pool.

        Some hosts (Microsoft's OMI) answer a Send only while a Receive waits. If the answer to the Send does not come, a
        Receive asks for the key anyway: a key proves that the Send was delivered.

        Raises:
            psbridge.errors.PsbridgeError: no key came; the hint names the key exchange.
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
                f"{late.message}, during the key exchange for secrets (sign_in)",
                hint=_NO_KEY,
                delivered=late.delivered,
                detail=late.detail | {"send": lost.message},
            ) from late

    def _receive(self, id: str | None = None, timeout: int | None = None) -> Any:
        """Receive messages to the pool; none is not an error, although pypsrp raises one while it opens the pool."""
        try:
            return super()._receive(id, timeout)
        except WSManFaultError as fault:
            if timed_out(fault):
                return []
            raise

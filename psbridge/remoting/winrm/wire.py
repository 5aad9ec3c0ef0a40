"""pypsrp's WSMan over `DeadlineTransport`: each message has an operation timeout, and faults are read in full."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from typing import Any

from pypsrp.exceptions import WinRMError, WSManFaultError
from pypsrp.wsman import NAMESPACES, WSMan, WSManAction

from psbridge.models.connection import Endpoint
from psbridge.remoting.winrm.errors.wsman import classed
from psbridge.remoting.winrm.transport import DeadlineTransport

SEND_PATIENCE = 5  # seconds that the host may keep a Send
TICK = 20  # seconds that the host may keep a Receive; its own limit is 60 (captured from Windows)


class Wire(WSMan):
    """Sends WSMan messages through a `DeadlineTransport`; no operation may outlast its deadline.

    Attributes:
        patience: seconds that the host may keep a Receive without output; at most `TICK`.
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
        """Send one message with its operation timeout."""
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
        """Note the id of the message, to compare it with RelatesTo of a fault."""
        message_id, header = super()._create_header(*args, **kwargs)
        self._message_id = f"uuid:{message_id}"
        return message_id, header

    def _parse_wsman_fault(self, xml_text: str) -> WSManFaultError:  # type: ignore[override]  # static there, and called on self
        """Read a fault and check its RelatesTo, which pypsrp checks for other answers only.

        A fault without RelatesTo counts as the answer, because Windows sends such faults (captured for quotas), but it is
        not a proof.

        Raises:
            WinRMError: the fault relates to another message.
        """
        fault = classed(WSMan._parse_wsman_fault(xml_text), xml_text)  # noqa: SLF001 - this is its override
        related = (ET.fromstring(xml_text).findtext("s:Header/wsa:RelatesTo", "", NAMESPACES) or "").strip()
        if related and related.casefold() != self._message_id.casefold():
            raise WinRMError(f"a fault (code {fault.code}) that relates to another message")
        exchange = self.transport.exchange
        exchange.fault, exchange.relates = fault.code, bool(related)
        return fault

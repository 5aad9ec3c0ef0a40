"""Effects of servers other than Windows: faults that have SOAP's codes alone, and no code of wsmerror.h.

Microsoft's OMI says `wsa:DestinationUnreachable`, "The requested object cannot be found.", of a shell that is gone and of a
resource that it does not have.
"""

from __future__ import annotations

import re
from typing import Final

from psbridge.emulator.faults.exchange import Exchange
from psbridge.emulator.wsman.errors import FaultKind
from psbridge.emulator.wsman.service import Answer
from psbridge.values import replace

_NOT_FOUND: Final = "The requested object cannot be found."
_WINDOWS: Final = re.compile(rb"<f:WSManFault .*?</f:WSManFault>|<e:MSFT_WmiError .*?</e:MSFT_WmiError>", re.DOTALL)
_GONE: Final = re.compile(rb"<s:Value>w:InvalidSelectors</s:Value>")
_REASON: Final = re.compile(rb"(?<=<s:Reason>)(<s:Text[^>]*>)[^<]*")

_refused: Final = FaultKind(0, f"{_NOT_FOUND} ", "observed: Microsoft's OMI", "a:DestinationUnreachable")
_failed: Final = FaultKind(0, "The operation failed. ", "DSP0226 14.6 (the text is ours)", "w:InternalError")


def refuse(exchange: Exchange, _value: float) -> Answer:
    """Answer with a fault that blames the client."""
    return exchange.service.fault(exchange.envelope.message_id if exchange.envelope else "", _refused())


def fail(exchange: Exchange, _value: float) -> Answer:
    """Answer with a fault that blames the host."""
    return exchange.service.fault(exchange.envelope.message_id if exchange.envelope else "", _failed())


def codeless(_exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Return a fault as OMI words it; an answer that is not a fault stays as it is."""
    if not _WINDOWS.search(answer.body):
        return answer
    body = _WINDOWS.sub(b"", answer.body)
    if _GONE.search(body):
        body = _GONE.sub(b"<s:Value>a:DestinationUnreachable</s:Value>", body)
        body = _REASON.sub(rb"\g<1>" + _NOT_FOUND.encode(), body)
    return replace(answer, body=body)

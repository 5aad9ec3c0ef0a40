"""SOAP envelopes as text that a reader can take in."""

from __future__ import annotations

from typing import Final

from psbridge.clock import Tick
from psbridge.remoting.winrm.errors.exceptions import NotWSMan
from psbridge.remoting.winrm.http_response import MAX_ANSWER
from psbridge.remoting.xmlbounds import Bounds, TooMuchXml, check

ENVELOPE: Final = Bounds(size=MAX_ANSWER, nodes=20_000, depth=64)
"""What an envelope may have, before pypsrp makes a tree of it: its header has some ten elements, and a Receive of 150 KiB
at most a thousand streams."""


def readable(content: bytes, tick: Tick) -> str:
    """Return an answer as text that a reader can take in; `ElementTree` reads text as UTF-8, whatever it declares.

    Raises:
        NotWSMan: it is not UTF-8, or is not within the bounds.
    """
    try:
        check(content, ENVELOPE, tick)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotWSMan("it is not UTF-8") from error
    except TooMuchXml as error:
        raise NotWSMan(f"it has {error}") from error

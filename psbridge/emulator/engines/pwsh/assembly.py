"""Messages put together from fragments, kept only as far as the relay looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from psbridge.emulator.engines.pwsh.fragments import message_type, split

_LOOK = 65536  # states and capabilities are far smaller; the tail of a big object is of no interest


class Assembly:
    """Collects the start of each message of each target. Not thread-safe."""

    def __init__(self) -> None:
        self._open: dict[UUID, bytearray] = {}

    def feed(self, target: UUID, fragments: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield type and bytes (at most the first 64 KiB) of each message that ends in `fragments`."""
        for fragment in split(fragments):
            if fragment.start:
                self._open[target] = bytearray()
            message = self._open.setdefault(target, bytearray())
            message += fragment.data[: max(0, _LOOK - len(message))]
            if fragment.end:
                del self._open[target]
                whole = bytes(message)
                yield message_type(whole), whole

"""What a file is, by its first bytes: psbridge replaces, and adds to, only what it wrote itself."""

from __future__ import annotations

import re
from pathlib import Path

from psbridge.files import read_first

_HEAD = 200


def begins_as(path: Path, kind: str) -> bool:
    """Return whether a file is empty, or begins as a document of a kind, whole or not.

    Raises:
        OSError: it can't be read, or is not a regular file, or has nothing to read yet.
    """
    head = read_first(path, _HEAD)
    begins = re.compile(rf'\s*\{{\s*"schema_version"\s*:\s*\d+\s*,\s*"kind"\s*:\s*"{kind}"'.encode())
    first, _, rest = head.partition(b"\n")
    header = f'{{"schema_version":1,"kind":"{kind}"'.encode()
    if header.startswith(first) and first.startswith(b'{"schema_'):  # torn while it was made, by a kill or a full disk
        head = rest
    return not head.strip() or begins.match(head) is not None

"""Bytes that look random and are always the same, so that a store can be written again, in part, by another process."""

from __future__ import annotations

import hashlib
from uuid import NAMESPACE_OID, uuid5


def stream(seed: str, size: int) -> bytes:
    """Return `size` bytes that are always the same for a seed."""
    return hashlib.shake_256(f"psbridge store {seed}".encode()).digest(size)


def guid(seed: str) -> str:
    """Return the GUID that is always the same for a seed."""
    return str(uuid5(NAMESPACE_OID, f"psbridge store {seed}"))

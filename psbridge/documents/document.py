"""What all documents have."""

from __future__ import annotations

from typing import Literal

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON object that psbridge writes. Each kind gives `kind` its own word as type and default."""

    schema_version: Literal[1] = 1
    kind: str

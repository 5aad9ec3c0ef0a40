"""What `emulate` tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulationDocument:
    """Where `emulate` listens and how to sign in. Its secrets are those of an emulated host, made for this start."""

    schema_version: Literal[1] = 1
    kind: Literal["emulation"] = "emulation"
    url: str
    engine: str
    scenario: str
    speed: float
    username: str
    password: str
    ca_file: str | None
    location: str
    application_id: str
    application_secret: str

"""What can't be emulated, and which of the things that were asked for is to blame."""

from __future__ import annotations

from typing import Literal

About = Literal[
    "scenario",
    "speed",
    "engine",
    "users",
    "auth",
    "keytab",
    "channel_binding",
    "tls",
    "client_ca",
    "late_certificate",
    "basic_charset",
    "bind",
    "faults",
    "full_language",
]
"""The fields of `emulation.Emulating` that can ask for what can't be."""


class Impossible(ValueError):
    """Something that was asked for can't be.

    Args:
        about: what asks for it.
        reason: why not, in one sentence.
    """

    def __init__(self, about: About, reason: str) -> None:
        super().__init__(reason)
        self.about = about

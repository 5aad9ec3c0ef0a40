"""The error of what can't be emulated: it names the option that asks for it."""

from __future__ import annotations

from typing import Literal

OptionName = Literal[
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


class EmulationError(ValueError):
    """Something that was asked for can't be."""

    def __init__(self, option: OptionName, reason: str) -> None:
        super().__init__(reason)
        self.option = option

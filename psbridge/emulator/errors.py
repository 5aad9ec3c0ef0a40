"""The error of an invalid option of an emulation."""

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
    "store",
]
"""The fields of `emulation.Emulating` that can be invalid."""


class EmulationError(ValueError):
    """An option is invalid; `option` names it."""

    def __init__(self, option: OptionName, reason: str) -> None:
        super().__init__(reason)
        self.option = option

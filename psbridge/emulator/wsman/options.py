"""The OptionSet of a request, and which options must not be ignored ([MS-WSMV] 3.1.4.1.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.wsman import errors, shell_errors
from psbridge.emulator.wsman.names import WSMAN

NO_PROFILE: Final = "WINRS_NOPROFILE"
_PROTOCOL_VERSION: Final = "protocolversion"
_OF_POWERSHELL: Final = "PS_"
_KNOWN: Final = frozenset(
    {NO_PROFILE, "WINRS_CODEPAGE", "WINRS_CONSOLEMODE_STDIN", "WINRS_SKIP_CMD_SHELL", "WSMAN_CMDSHELL_OPTION_KEEPALIVE"}
)
"""Those of [MS-WSMV] 3.1.4.5.2, 3.1.4.11 and 3.2.4.1.20. They change nothing here but what a shell says of itself."""
_MAX_OPTIONS: Final = 100


class Option(msgspec.Struct, frozen=True):
    """One option."""

    value: str
    must_comply: bool


Options = Mapping[str, Option]


def read_options(header: Element) -> Options:
    """Return the options of a SOAP header by name."""
    found = header.findall(f"{{{WSMAN}}}OptionSet/{{{WSMAN}}}Option")[:_MAX_OPTIONS]
    return {
        option.get("Name", ""): Option((option.text or "").strip(), option.get("MustComply") in {"true", "1"})
        for option in found
    }


def is_true(options: Options, name: str) -> bool:
    """Return whether a switch is on."""
    return name in options and options[name].value.casefold() in {"true", "1"}


def comply_with_plugin(options: Options) -> None:
    """Check the options of a Create as PowerShell's plugin does (WSManPlugin.cs, EnsureOptionsComply).

    It wants to hear of protocol 2.x, refuses options of its own that it does not know, and ignores all others.

    Raises:
        WSManFault: it would refuse them.
    """
    for name, option in options.items():
        if name == _PROTOCOL_VERSION and not re.fullmatch(r"2\.\d{1,9}(\.\d{1,9}){0,2}", option.value, re.ASCII):
            raise shell_errors.other_protocol_version(option.value)
        if name.startswith(_OF_POWERSHELL) and option.must_comply:
            raise shell_errors.option_not_understood(name)
    if _PROTOCOL_VERSION not in options:
        raise shell_errors.no_protocol_version()


def comply(options: Options) -> None:
    """Check the options of a request that PowerShell's plugin does not see, or sees and ignores.

    Raises:
        WSManFault: one that must be complied with is not known.
    """
    for name, option in options.items():
        if option.must_comply and name not in _KNOWN and name != _PROTOCOL_VERSION:
            raise errors.unknown_option(name)

"""The packages that authentication methods need in addition to the plain install, and whether this machine has them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "kerberos": ("gssapi", "krb5"),
    "credssp": ("requests_credssp",),
    "smb": ("smbprotocol",),
}
"""The modules of each extra `psbridge[NAME]`."""


def lacking(extra: str) -> list[str]:
    """Return the modules of an extra that can't be imported; none for what needs no extra."""
    return [module for module in EXTRAS.get(extra, ()) if not _importable(module)]


def _importable(module: str) -> bool:
    try:
        import_module(module)
    except Exception:  # noqa: BLE001 - a library of C that is not there comes as ImportError, OSError or what its author chose
        return False
    return True

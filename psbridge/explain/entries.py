"""All entries of the catalogue, by category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Final

from psbridge.catalogue.entries.entry import Entry

CATEGORIES: Final = {
    "exit-codes": "How psbridge ends",
    "reasons": "`detail.reason` of an error",
    "connections": "`detail.reason` of a connection or login that failed",
    "evidence": "Rows of a verdict",
    "wsman": "Faults of WSMan (WinRM)",
    "http": "HTTP statuses of the host, of a gateway, and of Azure Stack",
    "tls": "Certificates and handshakes, by OpenSSL's reasons",
    "kerberos": "Kerberos and GSSAPI",
    "logon": "Windows's own codes of a logon (SSPI, NTSTATUS)",
    "stamp": "Errors of the stamp's backup service",
    "arm": "Codes of Azure Resource Manager",
    "sign-in": "`detail.reason` of a sign-in that failed, and identifiers of Entra ID and AD FS",
    "powershell": "Error ids of PowerShell",
    "alerts": "Alerts of the stamp's backup service",
    "win32": "Errors of Windows that the backup share meets",
    "updates": "States of an update that block backups",
}
"""Each category with what it holds, in the order in which entries are listed and ambiguous names are resolved.

The entries of each are in the module of `psbridge.catalogue.entries` of that name."""


@cache
def by_category() -> Mapping[str, tuple[Entry, ...]]:
    """Return the entries of each category."""
    modules = {name: f"psbridge.catalogue.entries.{name.replace('-', '_')}" for name in CATEGORIES}
    return {name: import_module(module).ENTRIES for name, module in modules.items()}


@cache
def category_of() -> Mapping[str, str]:
    """Return the category of each entry by its id."""
    return {entry.id: name for name, entries in by_category().items() for entry in entries}


def every() -> Iterator[Entry]:
    """Yield all entries."""
    for entries in by_category().values():
        yield from entries

"""Kerberos' part: the host's own keys, through python-krb5 and python-gssapi, which are imported only for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import spnego
from spnego._context import ContextProxy, GSSMech
from spnego.channel_bindings import GssChannelBindings

from psbridge.emulator.auth.contexts.context import words
from psbridge.emulator.auth.contexts.ntlmssp import WINRM
from psbridge.emulator.errors import EmulationError


class NoKerberos(ImportError):
    """The packages of `psbridge[kerberos]` are not installed."""


class Keytab:
    """The host's own keys, by which tickets are opened.

    Args:
        path: a keytab with at least one `host/NAME@REALM`.

    Raises:
        NoKerberos: python-gssapi or python-krb5 is missing.
        EmulationError: the file can't be used; the text says why.

    Attributes:
        hosts: the names by which clients may call this host, in the file's order.
        realm: that of the first key.
    """

    def __init__(self, path: Path) -> None:
        if any(importlib.util.find_spec(name) is None for name in ("gssapi", "krb5")):
            raise NoKerberos("Kerberos needs python-gssapi and python-krb5")
        import gssapi
        import krb5

        try:
            table = krb5.kt_resolve(krb5.init_context(), f"FILE:{path}".encode())
            names = [entry.principal.name.decode() for entry in table]
            store = {"keytab": f"FILE:{path}"}
            self._credential = gssapi.Credentials(usage="accept", store=store, mechs=[_kerberos_oid()])
        except (krb5.Krb5Error, gssapi.exceptions.GSSError) as error:
            raise EmulationError("keytab", f"keytab {path}: {words(error)}") from error
        hosts = [name.removeprefix("host/").rpartition("@")[0] for name in names if name.startswith("host/")]
        if not hosts:
            raise EmulationError("keytab", f"keytab {path}: no key for a host/NAME principal")
        self.hosts = tuple(dict.fromkeys(hosts))
        self.realm = names[0].rpartition("@")[2]

    def context(self, bindings: GssChannelBindings | None) -> ContextProxy:
        """Return a new acceptor; with bindings, a client that sends others is refused."""
        return spnego.server(
            protocol="kerberos",
            channel_bindings=bindings,
            options=WINRM,
            _gssapi_credential=self._credential,
        )


def _kerberos_oid() -> Any:
    import gssapi

    return gssapi.OID.from_int_seq(GSSMech.kerberos.value)

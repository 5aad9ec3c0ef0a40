"""Security contexts on the accepting side: the only place that knows pyspnego, and python-gssapi beneath it.

pyspnego's acceptors depend on the environment and on installed packages. Here a host offers the
mechanisms that it was given, no other: NTLM by a file of accounts, Kerberos by a keytab. Read in pyspnego 0.12.4.
"""

from __future__ import annotations

import functools
import logging
import ssl
import tempfile
from collections.abc import Callable
from typing import Any

import spnego
from spnego._context import ContextProxy, GSSMech
from spnego.channel_bindings import GssChannelBindings
from spnego.tls import CredSSPTLSContext, default_tls_context, generate_tls_certificate

from psbridge.emulator.auth.contexts import ntlmssp
from psbridge.emulator.auth.contexts.context import Context, Negotiate
from psbridge.emulator.auth.contexts.keytab import Keytab
from psbridge.emulator.auth.contexts.ntlmssp import WINRM

# It warns of each refused login, and at DEBUG writes tokens.
logging.getLogger("spnego").addHandler(logging.NullHandler())
logging.getLogger("spnego").propagate = False


def ntlm() -> Context:
    """Return an acceptor of bare NTLM; the accounts must be lent already."""
    return Context(ntlmssp.acceptor())


def kerberos(keytab: Keytab, bindings: bytes | None) -> Context:
    """Return an acceptor of bare Kerberos; with bindings, a client that sends others is refused."""
    return Context(keytab.context(_gss(bindings) if bindings else None))


def negotiate(keytab: Keytab | None, bindings: bytes | None) -> Context:
    """Return an acceptor of SPNEGO: NTLM, and Kerberos before it where there is a keytab."""
    proxy = _spnego(keytab, bindings)
    return Context(proxy, proxy)


def credssp(tls: CredSSPTLSContext, keytab: Keytab | None, status: Callable[[str], int | None]) -> Context:
    """Return an acceptor of CredSSP, with SPNEGO inside; it binds to a TLS session of its own, not to the connection's.

    `status`: returns the NTSTATUS with which a user is refused who has proved the password; None if the user may log in.
    """
    inner = _spnego(keytab, None, status)
    proxy = spnego.server(protocol="credssp", options=WINRM, credssp_negotiate_context=inner, credssp_tls_context=tls)
    return Context(proxy, inner)


def _spnego(
    keytab: Keytab | None, bindings: bytes | None, status: Callable[[str], int | None] = lambda _: None
) -> Negotiate:
    mechanisms: dict[GSSMech, Callable[[], ContextProxy]] = {}
    if keytab is not None:
        mechanisms[GSSMech.kerberos] = functools.partial(keytab.context, _gss(bindings) if bindings else None)
    mechanisms[GSSMech.ntlm] = ntlmssp.acceptor
    return Negotiate(mechanisms, status)


def _gss(bindings: bytes) -> GssChannelBindings:
    return GssChannelBindings(application_data=bindings)


class _StrictTls(ssl.SSLObject):
    """Raises when the peer has closed, because pyspnego would otherwise read for ever."""

    def read(self, *arguments: Any, **named: Any) -> Any:
        data = super().read(*arguments, **named)
        if not data:
            raise ssl.SSLEOFError("closed inside CredSSP")
        return data


def credssp_tls() -> CredSSPTLSContext:
    """Return a TLS context with a certificate made now: any will do, it is not verified."""
    certificate, key, public_key = generate_tls_certificate()
    made = default_tls_context(usage="accept")
    with tempfile.NamedTemporaryFile(prefix="psbridge-emulator-", suffix=".pem") as file:
        file.write(certificate + key)
        file.flush()
        made.context.load_cert_chain(file.name)
    made.context.sslobject_class = _StrictTls
    made.public_key = public_key
    return made

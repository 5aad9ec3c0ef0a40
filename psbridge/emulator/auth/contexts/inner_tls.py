"""The TLS that CredSSP speaks inside HTTP."""

from __future__ import annotations

import ssl
import tempfile
from typing import Any

from spnego.tls import CredSSPTLSContext, default_tls_context, generate_tls_certificate


class _StrictTls(ssl.SSLObject):
    """Says that the peer has closed: pyspnego reads until there is no more, and would read nothing for ever."""

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

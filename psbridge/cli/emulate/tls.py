"""The six options of `psbridge emulate` about TLS, as one value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.emulate.errors import explained
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.emulator.tls.server import TlsFault, TlsFiles, TlsLegacy

KEY_PASSWORD = "PSBRIDGE_EMULATE_TLS_KEY_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds


def chosen_tls(
    *,
    wanted: bool,
    certificate: Path | None,
    key: Path | None,
    ca: Path | None,
    fault: str | None,
    legacy: str | None,
    key_password: str | None,
) -> bool | TlsFault | TlsLegacy | TlsFiles:
    """Return the one thing that the options mean.

    Raises:
        UsageError: they contradict one another, or the certificate can't be read.
    """
    from psbridge.emulator.tls.server import TlsFault, TlsFiles, TlsLegacy

    if key is not None and certificate is None:
        raise UsageError("--tls-key without --tls-cert", hint="A key alone is no certificate.")
    if ca is not None and certificate is None:
        raise UsageError("--tls-ca without --tls-cert", hint="`--tls` alone makes an authority and a certificate.")
    if fault is not None and certificate is not None:
        raise UsageError("--tls-fault with --tls-cert", hint="What is broken is made for the start; leave one out.")
    if legacy is not None and (certificate is not None or fault is not None):
        raise UsageError("--tls-legacy with another certificate", hint="What is out of date is made for the start.")
    if fault is not None:
        if fault not in set(TlsFault):
            raise UsageError(f"--tls-fault: no such fault: {fault}", hint=f"There are {', '.join(TlsFault)}.")
        return TlsFault(fault)
    if legacy is not None:
        if legacy not in set(TlsLegacy):
            raise UsageError(f"--tls-legacy: no such thing: {legacy}", hint=f"There are {', '.join(TlsLegacy)}.")
        return TlsLegacy(legacy)
    if certificate is None:
        return wanted
    with explained():
        return TlsFiles.given(certificate, key, key_password, ca)

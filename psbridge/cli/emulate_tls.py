"""What `psbridge emulate` is told of TLS, by five options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.emulate_problems import explained
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.emulator.tls import TlsFault, TlsFiles

KEY_PASSWORD = "PSBRIDGE_EMULATE_TLS_KEY_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds


def chosen_tls(
    *,
    wanted: bool,
    certificate: Path | None,
    key: Path | None,
    ca: Path | None,
    fault: str | None,
    key_password: str | None,
) -> bool | TlsFault | TlsFiles:
    """Return the one thing that the options mean.

    Raises:
        UsageError: they contradict one another, or the certificate can't be read.
    """
    from psbridge.emulator.tls import TlsFault, TlsFiles

    if key is not None and certificate is None:
        raise UsageError("--tls-key without --tls-cert", hint="A key alone is no certificate.")
    if ca is not None and certificate is None:
        raise UsageError("--tls-ca without --tls-cert", hint="`--tls` alone makes an authority and a certificate.")
    if fault is not None and certificate is not None:
        raise UsageError("--tls-fault with --tls-cert", hint="What is broken is made for the start; leave one out.")
    if fault is not None:
        if fault not in set(TlsFault):
            raise UsageError(f"--tls-fault: no such fault: {fault}", hint=f"There are {', '.join(TlsFault)}.")
        return TlsFault(fault)
    if certificate is None:
        return wanted
    with explained():
        return TlsFiles.given(certificate, key, key_password, ca)

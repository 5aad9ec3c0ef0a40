"""What `config init` finds out before there is a config: where a host listens, how it proves itself, which logins it offers."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.errors import PsbridgeError
from psbridge.models.connection import Endpoint
from psbridge.powershell.stages import Stage, StageEvent

HTTPS, HTTP = 5986, 5985
"""WinRM's ports (Microsoft Learn, "Installation and configuration for Windows Remote Management")."""
SECONDS: Final = 15.0
"""The time limit of one way to a host."""
CONNECT_SECONDS: Final = 5.0


class Reached(msgspec.Struct, frozen=True):
    """What was found on one way to a host.

    Attributes:
        facts: of each stage that was seen, as in `psbridge.powershell.stages.FACTS`.
        offered: the schemes that its listener offers, such as `Negotiate`.
        refused: the host's certificate in PEM, if it was refused.
        fingerprint: SHA-256 of that certificate.
        error: why the listener was not reached, None if it was.
    """

    endpoint: Endpoint
    facts: Mapping[Stage, Mapping[str, Any]]
    offered: tuple[str, ...] = ()
    refused: str | None = None
    fingerprint: str | None = None
    error: PsbridgeError | None = None

    @property
    def certificate(self) -> Mapping[str, Any]:
        """The facts of the host's certificate; empty without one."""
        chain: Sequence[Mapping[str, Any]] = self.facts.get(Stage.TLS, {}).get("chain") or ({},)
        return chain[0]

    @property
    def may_use_http(self) -> bool:
        """Whether http may be tried after https: something is there that does not speak TLS, or nothing listens.

        Never after a certificate was refused.
        """
        return self.error is not None and self.refused is None and Stage.TCP in self.facts

    @property
    def self_signed(self) -> bool:
        """Whether the certificate is signed by itself, so that it can be trusted as its own authority."""
        return "subject" in self.certificate and self.certificate["subject"] == self.certificate["issuer"]


def reach(endpoint: Endpoint, clock: Clock) -> Reached:
    """Go one way to a host as far as it gets without a login."""
    from psbridge.remoting import offered_logins

    facts: dict[Stage, Mapping[str, Any]] = {}

    def see(event: StageEvent) -> None:
        facts[event.stage] = event.facts

    deadline = Deadline.after(clock, SECONDS)
    offered, chain, error = offered_logins(endpoint, CONNECT_SECONDS, clock, deadline, see)
    first = chain[0] if chain else None
    return Reached(
        endpoint,
        facts,
        offered,
        refused=ssl.DER_cert_to_PEM_cert(first) if first else None,
        fingerprint="-".join(f"{byte:02X}" for byte in hashlib.sha256(first).digest()) if first else None,
        error=error,
    )

"""How a host is reached, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from psbridge.models.secret import Credential, Secret


class Auth(StrEnum):
    """How psbridge proves to the host who it is; the words of pypsrp."""

    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    NTLM = "ntlm"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the host.

    Attributes:
        ca: path of a PEM file that holds the authorities to trust instead of the machine's own.
        verify: False trusts any certificate; refused with basic and credssp.
    """

    ca: str | None = None
    verify: bool = True
    client_cert: str | None = None
    client_key: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to one host.

    Attributes:
        tls: None for plain http.
        configuration_name: the session configuration, as in `New-PSSession -ConfigurationName`.
    """

    host: str
    port: int
    tls: Tls | None = None
    auth: Auth = Auth.NEGOTIATE
    username: str | None = None
    password: Secret | None = None
    configuration_name: str = "Microsoft.PowerShell"
    path: str = "wsman"

    @property
    def url(self) -> str:
        """The endpoint's address, for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/{self.path}"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign the host's session in to the stamp, if it is not already.

    Attributes:
        service_principal: the application id as user name, its secret as password.
        arm_endpoint: the stamp's administrator endpoint, for a host that does not know the environment yet.
    """

    environment: str
    tenant: str
    service_principal: Credential
    arm_endpoint: str | None = None

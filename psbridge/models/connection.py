"""How a host is reached, as frozen values."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from psbridge import defaults
from psbridge.models.secret import Credential, Secret


class Auth(StrEnum):
    """How psbridge proves to the host who it is; the words of pypsrp."""

    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    NTLM = "ntlm"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"
    BASIC = "basic"


class Tls(msgspec.Struct, frozen=True):
    """TLS to the host.

    Attributes:
        ca: path of a PEM file that holds the authorities to trust instead of the machine's own.
        verify: False trusts any certificate; refused with basic and credssp.
        server_name: what the certificate must name, and what the host is asked for (SNI), where the address is another.
    """

    ca: str | None = None
    verify: bool = True
    client_cert: str | None = None
    client_key: str | None = None
    server_name: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One way to one host.

    Attributes:
        tls: None for plain http.
        configuration_name: the session configuration, as in `New-PSSession -ConfigurationName`.
        service: the first part of the host's service principal name; pypsrp's `negotiate_service`.
        service_host: the second part, where Kerberos knows the host by another name; `negotiate_hostname_override`.
        channel_binding: bind a login to the certificate of the TLS that carries it; `negotiate_send_cbt`.
        proxy: `http://HOST:PORT` of a proxy that is asked for a tunnel; None goes straight to the host.
        idle_timeout: seconds after which the host removes a shell that nobody asks.
    """

    host: str
    port: int
    tls: Tls | None = None
    auth: Auth = Auth(defaults.AUTH)
    username: str | None = None
    password: Secret | None = None
    configuration_name: str = defaults.CONFIGURATION_NAME
    path: str = "wsman"
    service: str = defaults.SERVICE
    service_host: str | None = None
    channel_binding: bool = defaults.CHANNEL_BINDING
    proxy: str | None = None
    idle_timeout: float = defaults.IDLE_TIMEOUT

    @property
    def url(self) -> str:
        """The endpoint's address, for people."""
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/{self.path}"


class SignIn(msgspec.Struct, frozen=True):
    """How to sign the host's session in to the stamp, if it is not already.

    Attributes:
        service_principal: the application id as user name, its secret as password.
        arm_endpoint: the stamp's administrator endpoint, for a host that does not know the environment yet.
    """

    environment: str
    tenant: str
    service_principal: Credential
    arm_endpoint: str | None = None

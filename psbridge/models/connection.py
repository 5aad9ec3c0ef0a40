"""How a host is reached, as frozen values."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

import msgspec

from psbridge import defaults
from psbridge.models.secret import Credential, Secret


class Auth(StrEnum):
    """The authentication method; the words of pypsrp."""

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
        idle_timeout: seconds after which the host removes an idle shell.
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


class CertificateOnHost(msgspec.Struct, frozen=True):
    """A service principal whose certificate is on the host: no secret leaves this machine.

    Attributes:
        thumbprint: of a certificate with its private key, in the store of the account on the host or of the machine; 40
            hexadecimal digits.
    """

    application_id: str
    thumbprint: str


class SignIn(msgspec.Struct, frozen=True):
    """How to sign the host's session in to the stamp, if it is not already.

    Attributes:
        tenant: of the stamp; with AD FS Az uses its own word for it (`adfs`), whatever stands here (its source).
        service_principal: the application id as user name and its secret as password, or its certificate on the host.
        arm_endpoint: the stamp's administrator endpoint, for a host that does not know the environment yet.
    """

    environment: str
    tenant: str
    service_principal: Credential | CertificateOnHost
    arm_endpoint: str | None = None

    @property
    def application_id(self) -> str:
        """Who signs in."""
        who = self.service_principal
        return who.username if isinstance(who, Credential) else who.application_id


class Address(msgspec.Struct, frozen=True):
    """One host.

    Attributes:
        dialled: what is looked up and connected to: as configured (a scope id and the root's dot included), without the
            brackets of an IPv6 address, and in ASCII (IDNA).
        name: what the host is called in the URL, in TLS and by Kerberos: in lower case, without the root's dot, which no
            certificate has (RFC 6066, 3), and without the scope id, which means nothing to another machine (RFC 6874, 1).
    """

    dialled: str
    name: str

    @property
    def in_url(self) -> str:
        """The name as a URL and the Host header have it."""
        return f"[{self.name}]" if ":" in self.name else self.name


def address(host: str) -> Address:
    """Return a host of the config in its forms.

    Raises:
        ValueError: it is neither a name nor an address; the text says why.
    """
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if ":" in bare:
        found = ipaddress.IPv6Address(bare)
        plain = ipaddress.IPv6Address(int(found)).compressed
        return Address(f"{plain}%{found.scope_id}" if found.scope_id else plain, plain)
    named = bare if bare.isascii() else _in_ascii(bare)
    return Address(named, named.lower().removesuffix("."))


def _in_ascii(name: str) -> str:
    """Return an internationalised name as DNS, certificates and HTTP have it (RFC 5891, with the mapping of UTS 46)."""
    import idna  # requests brings it; most names do not need it

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"not a host name: {error}") from error

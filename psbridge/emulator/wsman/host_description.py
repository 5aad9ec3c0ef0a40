"""The description of a host: Identify (DSP0226 11, [MS-WSMV] 3.1.4.1.23), and `winrm/config` as a Windows host's (capture)."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.wsman.answers import Message
from psbridge.emulator.wsman.names import CONFIG, IDENTITY, RESPONSES, SOAP, WSMAN
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE, MAX_TIMEOUT, Quotas
from psbridge.emulator.wsman.xml import BadXml, read_xml


class HostDescription(msgspec.Struct, frozen=True):
    """The properties of a host.

    Attributes:
        address: the URL that Create answers name.
        cbt: the check of channel bindings: `none`, `relaxed`, `strict`.
    """

    address: str
    machine: str
    configuration_names: tuple[str, ...]
    methods: tuple[str, ...] = ()
    cbt: str = "relaxed"
    encryption_required: bool = False


_Section = tuple[tuple[str, "str | _Section"], ...]

_PORTS: Final[_Section] = (("HTTP", "5985"), ("HTTPS", "5986"))
_CLIENT: Final[_Section] = (
    ("NetworkDelayms", "5000"),
    ("URLPrefix", "wsman"),
    ("AllowUnencrypted", "false"),
    (
        "Auth",
        (
            ("Basic", "true"),
            ("Digest", "true"),
            ("Kerberos", "true"),
            ("Negotiate", "true"),
            ("Certificate", "true"),
            ("CredSSP", "false"),
        ),
    ),
    ("DefaultPorts", _PORTS),
    ("TrustedHosts", ""),
)
_UNLIMITED: Final = "2147483647"


def configuration(quotas: Quotas, about: HostDescription) -> Message:
    """Answer a Get of the service's configuration."""
    offered = {
        "Basic": "basic",
        "Kerberos": "kerberos",
        "Negotiate": "negotiate",
        "Certificate": "certificate",
        "CredSSP": "credssp",
    }
    auth = tuple((name, "true" if method in about.methods else "false") for name, method in offered.items())
    service: _Section = (
        ("RootSDDL", "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"),
        ("MaxConcurrentOperations", "4294967295"),
        ("MaxConcurrentOperationsPerUser", str(quotas.operations_per_user)),
        ("EnumerationTimeoutms", "240000"),
        ("MaxConnections", "300"),
        ("MaxPacketRetrievalTimeSeconds", "120"),
        ("AllowUnencrypted", "false" if about.encryption_required else "true"),
        ("Auth", (*auth, ("CbtHardeningLevel", about.cbt.capitalize()))),
        ("DefaultPorts", _PORTS),
        ("IPv4Filter", "*"),
        ("IPv6Filter", "*"),
        ("EnableCompatibilityHttpListener", "false"),
        ("EnableCompatibilityHttpsListener", "false"),
        ("CertificateThumbprint", ""),
        ("AllowRemoteAccess", "true"),
    )
    winrs: _Section = (
        ("AllowRemoteShellAccess", "true"),
        ("IdleTimeout", str(int(quotas.idle_timeout * 1000))),
        ("MaxConcurrentUsers", str(quotas.users)),
        ("MaxShellRunTime", _UNLIMITED),
        ("MaxProcessesPerShell", _UNLIMITED),
        ("MaxMemoryPerShellMB", _UNLIMITED),
        ("MaxShellsPerUser", str(quotas.shells_per_user)),
    )
    config: _Section = (
        ("MaxEnvelopeSizekb", str(MAX_ENVELOPE // 1024)),
        ("MaxTimeoutms", str(int(MAX_TIMEOUT * 1000))),
        ("MaxBatchItems", "32000"),
        ("MaxProviderRequests", "4294967295"),
        ("Client", _CLIENT),
        ("Service", service),
        ("Winrs", winrs),
    )
    return Message(RESPONSES["get"], f'<cfg:Config xmlns:cfg="{CONFIG}">{_xml(config)}</cfg:Config>')


def _xml(section: _Section) -> str:
    return "".join(
        f"<cfg:{name}>{value if isinstance(value, str) else _xml(value)}</cfg:{name}>" for name, value in section
    )


_PROFILES: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile"
_PROFILES_OF: Final = {
    "basic": ("http/basic", "https/basic"),
    "kerberos": ("http/spnego-kerberos", "https/spnego-kerberos"),
    "negotiate": ("http/spnego-kerberos", "https/spnego-kerberos"),
    "certificate": ("https/mutual",),
}
"""The security profiles of [MS-WSMV] 3.1.4.1.23 by login method."""
_VERSION: Final = "OS: 10.0.14393 SP: 0.0 Stack: 3.0"
"""As a Windows Server 2016, the host of the captures, reports to authenticated clients."""
_VERSION_TO_STRANGERS: Final = "OS: 0.0.0 SP: 0.0 Stack: 3.0"
"""The stack as `Test-WSMan` shows it; unauthenticated clients get no more than that ([MS-WSMV] appendix B <72>)."""


def asks_to_identify(root: Element) -> bool:
    """Return whether an envelope is an Identify."""
    return root.find(f"{{{SOAP}}}Body/{{{IDENTITY}}}Identify") is not None


def stranger_asks_to_identify(data: bytes) -> bool:
    """Return whether a body that came without a login is an Identify, and nothing else."""
    try:
        return asks_to_identify(read_xml(data))
    except BadXml:
        return False


def identity(methods: tuple[str, ...], *, stranger: bool) -> bytes:
    """Return the envelope that answers an Identify."""
    offered = dict.fromkeys(profile for method in methods for profile in _PROFILES_OF.get(method, ()))
    names = "".join(
        f"<wsmid:SecurityProfileName>{_PROFILES}/{profile}</wsmid:SecurityProfileName>" for profile in offered
    )
    profiles = "" if stranger or not names else f"<wsmid:SecurityProfiles>{names}</wsmid:SecurityProfiles>"
    version = _VERSION_TO_STRANGERS if stranger else _VERSION
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}">'
        f"<wsmid:ProtocolVersion>{WSMAN}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{version}</wsmid:ProductVersion>{profiles}</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()

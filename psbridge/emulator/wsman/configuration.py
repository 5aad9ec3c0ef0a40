"""What a Get of `winrm/config` tells: the elements of a Windows host's, with this host's values (capture)."""

from __future__ import annotations

from typing import Final

from psbridge.emulator.wsman.answers import Message
from psbridge.emulator.wsman.names import CONFIG, RESPONSES
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE, MAX_TIMEOUT, Quotas

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


def configuration(
    quotas: Quotas, methods: tuple[str, ...], *, cbt: str = "relaxed", encryption_required: bool
) -> Message:
    """Answer a Get of the service's configuration.

    Args:
        quotas: the host's limits.
        methods: the logins that it offers.
        cbt: what it asks of the channel bindings of a login, in small letters.
        encryption_required: whether bodies must be sealed or inside TLS.
    """
    offered = {
        "Basic": "basic",
        "Kerberos": "kerberos",
        "Negotiate": "negotiate",
        "Certificate": "certificate",
        "CredSSP": "credssp",
    }
    auth = tuple((name, "true" if method in methods else "false") for name, method in offered.items())
    service: _Section = (
        ("RootSDDL", "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"),
        ("MaxConcurrentOperations", "4294967295"),
        ("MaxConcurrentOperationsPerUser", str(quotas.operations_per_user)),
        ("EnumerationTimeoutms", "240000"),
        ("MaxConnections", "300"),
        ("MaxPacketRetrievalTimeSeconds", "120"),
        ("AllowUnencrypted", "false" if encryption_required else "true"),
        ("Auth", (*auth, ("CbtHardeningLevel", cbt.capitalize()))),
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

"""Identify: which protocol, which vendor, which version (DSP0226 11, [MS-WSMV] 3.1.4.1.23).

The one request that needs no Action, no MessageID and, asked for in the right way, no login.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from psbridge.emulator.wsman.names import IDENTITY, SOAP, WSMAN
from psbridge.emulator.wsman.xml import BadXml, read_xml

_PROFILES: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile"
_PROFILES_OF: Final = {
    "basic": ("http/basic", "https/basic"),
    "kerberos": ("http/spnego-kerberos", "https/spnego-kerberos"),
    "negotiate": ("http/spnego-kerberos", "https/spnego-kerberos"),
    "certificate": ("https/mutual",),
}
"""The security profiles of [MS-WSMV] 3.1.4.1.23 by login method."""
_VERSION: Final = "OS: 10.0.14393 SP: 0.0 Stack: 3.0"
"""As a Windows Server 2016, the host of the captures, says to whoever is signed in."""
_VERSION_TO_STRANGERS: Final = "OS: 0.0.0 SP: 0.0 Stack: 3.0"
"""The stack as `Test-WSMan` shows it; to strangers no more than that ([MS-WSMV] appendix B <72>)."""


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
    """Return the envelope that answers an Identify.

    Args:
        methods: the logins that the host offers.
        stranger: the client is not signed in: it is told neither the version nor the logins.
    """
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

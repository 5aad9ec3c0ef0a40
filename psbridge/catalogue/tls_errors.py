"""What OpenSSL's reasons mean: of a refused certificate (x509_vfy.h) and of a handshake that failed (sslerr.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Untrusted(NamedTuple):
    """Why the host's certificate is refused.

    Attributes:
        name: OpenSSL's constant.
        hint: what to do; the command that shows `field` of the certificate follows.
        in_full: OpenSSL's text adds nothing to the sentence.
    """

    name: str
    says: str
    hint: str
    field: str
    in_full: bool = False


_NAME_THE_CA: Final = "Set `tls: {ca: FILE}` to the PEM file of the CA that signed it"
_NAME: Final = "Set `host`, or `tls: {server_name: NAME}`, to a name in the certificate"
_NO_CA: Final = "its certificate is not signed by a trusted CA"
_OTHER_NAME: Final = "its certificate is for another name"

UNTRUSTED: Final[Mapping[int, Untrusted]] = {
    9: Untrusted(
        "X509_V_ERR_CERT_NOT_YET_VALID",
        "its certificate is not valid yet",
        "Check the clocks of this machine and of the host",
        "startdate",
        in_full=True,
    ),
    10: Untrusted(
        "X509_V_ERR_CERT_HAS_EXPIRED",
        "its certificate has expired",
        "Renew the certificate of the host's WinRM listener",
        "enddate",
        in_full=True,
    ),
    18: Untrusted("X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT", _NO_CA, _NAME_THE_CA, "issuer"),
    19: Untrusted("X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN", _NO_CA, _NAME_THE_CA, "issuer"),
    20: Untrusted("X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY", _NO_CA, _NAME_THE_CA, "issuer"),
    21: Untrusted("X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE", _NO_CA, _NAME_THE_CA, "issuer"),
    62: Untrusted("X509_V_ERR_HOSTNAME_MISMATCH", _OTHER_NAME, _NAME, "ext subjectAltName"),
    63: Untrusted("X509_V_ERR_EMAIL_MISMATCH", _OTHER_NAME, _NAME, "ext subjectAltName"),
    64: Untrusted("X509_V_ERR_IP_ADDRESS_MISMATCH", _OTHER_NAME, _NAME, "ext subjectAltName"),
}
"""By the verify code."""

WEAK: Final[Mapping[int, tuple[str, str]]] = {
    66: ("X509_V_ERR_EE_KEY_TOO_SMALL", "its key is too short"),
    67: ("X509_V_ERR_CA_KEY_TOO_SMALL", "its CA's key is too short"),
    68: ("X509_V_ERR_CA_MD_TOO_WEAK", "its signature is too weak"),
}
"""Verify codes of a certificate that this machine's crypto policy refuses: the constant, and a clause."""

STRICT: Final[Mapping[int, str]] = {
    79: "X509_V_ERR_INVALID_CA",
    80: "X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA",
    81: "X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN",
    82: "X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA",
    83: "X509_V_ERR_ISSUER_NAME_EMPTY",
    84: "X509_V_ERR_SUBJECT_NAME_EMPTY",
    85: "X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER",
    86: "X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER",
    87: "X509_V_ERR_EMPTY_SUBJECT_ALT_NAME",
    88: "X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL",
    89: "X509_V_ERR_CA_BCONS_NOT_CRITICAL",
    90: "X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL",
    91: "X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL",
    92: "X509_V_ERR_CA_CERT_MISSING_KEY_USAGE",
    93: "X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3",
    94: "X509_V_ERR_EC_KEY_EXPLICIT_PARAMS",
}
"""The checks of VERIFY_X509_STRICT, which Python sets from 3.13 on."""
STRICTLY: Final = (
    "Python 3.13 and later require a critical basicConstraints, keyUsage with keyCertSign and a subjectKeyIdentifier in a "
    "CA's certificate, and an authorityKeyIdentifier in the host's. Issue the certificates again with these extensions, or "
    "run psbridge with Python 3.11 or 3.12, which do not require them."
)

REFUSED_BY_HOST: Final[Mapping[str, str]] = {
    "TLSV1_ALERT_UNKNOWN_CA": "the host does not trust the CA that signed it",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is invalid",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is not valid for client authentication",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the host does not accept it",
    "TLSV1_ALERT_ACCESS_DENIED": "the host denies access with it",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the host received none",
}
"""Why a host refused the client certificate."""
CLIENT_CERTIFICATE: Final = "Check tls.client_cert of the target, and the CAs that the host trusts for clients."

FORBIDDEN: Final[Mapping[str, str]] = {
    "UNSUPPORTED_PROTOCOL": "the host offers only a version of TLS that is too old for this machine",
    "NO_PROTOCOLS_AVAILABLE": "this machine allows no version of TLS",
    "NO_CIPHERS_AVAILABLE": "this machine allows no cipher for the TLS versions that it allows",
    "LIBRARY_HAS_NO_CIPHERS": "this machine allows no cipher",
    "DH_KEY_TOO_SMALL": "the host's Diffie-Hellman key is too short for this machine",
    "EE_KEY_TOO_SMALL": "a certificate's key is too short for this machine",
    "CA_KEY_TOO_SMALL": "a CA's key is too short for this machine",
    "CA_MD_TOO_WEAK": "a CA's signature is too weak for this machine",
    "WRONG_SIGNATURE_TYPE": "this machine does not allow the host's signature algorithm",
    "WRONG_CURVE": "this machine does not allow the curve of the host's key",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "the host lacks secure renegotiation (RFC 5746), which this machine requires",
}
"""What this machine's own OpenSSL refuses."""
POLICY: Final = (
    "Update the TLS settings and the certificate of the host, or check this machine's crypto policy (openssl.cnf, "
    "`update-crypto-policies --show`)."
)

NOTHING_SHARED: Final = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
)
"""The host shares no TLS version or cipher with this machine."""
NOTHING_SHARED_SAYS: Final = "it shares no TLS version or cipher with this machine"
NOTHING_SHARED_HINT: Final = f"psbridge uses TLS 1.2 or newer: enable it on the host. {POLICY}"
NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"})
"""The port speaks another protocol."""
NOT_TLS_SAYS: Final = "the service on this port does not speak TLS"
NOT_TLS_HINT: Final = (
    "Check `port`: WinRM uses 5986 for https. If the host has only plain http (5985), set `tls: false`."
)
VERIFY_FAILED: Final = "CERTIFICATE_VERIFY_FAILED"
"""Any other reason to refuse the host's certificate."""

NAMES: Final = frozenset(
    {
        *(it.name for it in UNTRUSTED.values()),
        *(name for name, _ in WEAK.values()),
        *STRICT.values(),
        *REFUSED_BY_HOST,
        *FORBIDDEN,
        *NOTHING_SHARED,
        *NOT_TLS,
        VERIFY_FAILED,
    }
)
"""All reasons that psbridge knows."""

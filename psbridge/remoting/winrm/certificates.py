"""The certificates that a host presents, as facts for people; what is trusted is decided by OpenSSL alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509

from psbridge.models.text import shortened

MAX_CERTIFICATES: Final = 8
MAX_NAMES: Final = 24
MAX_TEXT: Final = 200
"""Certificates of a chain, names of a certificate, and characters of a name that are shown."""
_DAY: Final = 86_400


def chain_of(sock: ssl.SSLSocket, *, verified: bool) -> list[bytes]:
    """Return the chain of the host's certificate in DER, its own first; also after a handshake that failed.

    `SSLSocket.get_verified_chain` and its sibling are public from Python 3.13 on; before that, only the object behind the
    socket has them. OpenSSL 3.0 and later keep the chain of a handshake that they refuse.

    Args:
        sock: a socket whose handshake has ended, well or not.
        verified: the chain that OpenSSL trusted, with its root; else the one that the host presented.
    """
    name = "get_verified_chain" if verified else "get_unverified_chain"
    source: Any = sock if hasattr(sock, name) else getattr(sock, "_sslobj", None)
    found = getattr(source, name, lambda: None)() or ()
    return [each if isinstance(each, bytes) else ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in found]


def described(chain: Iterable[bytes], now: datetime) -> list[dict[str, Any]]:
    """Return the facts of certificates, bounded in number and length.

    Args:
        chain: certificates in DER, the host's first.
        now: when the days left are counted.
    """
    return [_described(der, now) for der in list(chain)[:MAX_CERTIFICATES]]


def _described(der: bytes, now: datetime) -> dict[str, Any]:
    try:
        found = x509.load_der_x509_certificate(der)
        begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
        return {
            "subject": _bounded(found.subject.rfc4514_string()),
            "issuer": _bounded(found.issuer.rfc4514_string()),
            "names": _names(found)[:MAX_NAMES],
            "not_before": _instant(begins),
            "not_after": _instant(ends),
            "days_left": int((ends - now).total_seconds() // _DAY),
        }
    except (ValueError, TypeError) as problem:
        return {"unreadable": _bounded(str(problem))}


def _names(certificate: x509.Certificate) -> list[str]:
    """Return the names that a client compares with the host: those of subjectAltName only (RFC 9525, 6.4)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [_bounded(name) for name in [*hosts, *addresses]]


def _bounded(text: str) -> str:
    return shortened(text, MAX_TEXT)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Certificates in logins: the user of a client's, and the channel binding of the host's (RFC 5929)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from psbridge.emulator.errors import EmulationError

UPN: Final = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""Microsoft's User Principal Name, an otherName of the subject's alternative names."""
_UTF8_STRING: Final = 0x0C


def principal_of(der: bytes) -> str | None:
    """Return the user principal name of a certificate, None if it has none that can be read."""
    try:
        names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return None
    for other in names.value.get_values_for_type(x509.OtherName):
        if other.type_id == UPN:
            return _decoded(other.value)
    return None


def encoded(name: str) -> bytes:
    """Return a name of at most 127 bytes as the DER of a UTF8String.

    Raises:
        EmulationError: it is longer.
    """
    text = name.encode()
    if len(text) > 127:
        raise EmulationError("users", f"user name too long for a certificate: {name[:40]}…")
    return bytes([_UTF8_STRING, len(text)]) + text


def _decoded(der: bytes) -> str | None:
    if len(der) < 2 or der[0] != _UTF8_STRING or der[1] != len(der) - 2:
        return None
    try:
        return der[2:].decode()
    except UnicodeDecodeError:
        return None


_WEAK: Final = frozenset({"md5", "sha1"})


class CbtLevel(StrEnum):
    """Channel binding of logins over TLS: the values of WinRM's CbtHardeningLevel, whose default is Relaxed.

    As Microsoft documents them: None checks nothing; Relaxed refuses a wrong token and lets a missing one pass; Strict
    refuses both.
    """

    NONE = "none"
    RELAXED = "relaxed"
    STRICT = "strict"


def end_point(pem: bytes) -> bytes:
    """Return the tls-server-end-point binding of a certificate: its hash by its own algorithm, SHA-256 for weak ones."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is None or algorithm.name in _WEAK:
        algorithm = hashes.SHA256()
    return b"tls-server-end-point:" + certificate.fingerprint(algorithm)

"""Channel bindings: whether a login is tied to the TLS session that it goes over (RFC 5929, WinRM's CbtHardeningLevel)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

_WEAK: Final = frozenset({"md5", "sha1"})


class CbtLevel(StrEnum):
    """What is asked of a login over TLS; the words of WinRM's CbtHardeningLevel, whose default is Relaxed.

    As Microsoft documents them: None asks nothing; Relaxed refuses a wrong token and lets a missing one pass; Strict
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

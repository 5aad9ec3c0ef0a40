"""The encryption certificates of emulated stamps, with their keys. The keys are public and protect nothing.

`first.pem` is the certificate that the stamp's settings show, `second.pem` the one that the event `certificate: changed`
brings. Another certificate, as a client has set it, is known without its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_FOLDER: Final = Path(__file__).parent
_STEMS: Final = ("first", "second")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key to encrypt with."""

    modulus: int
    exponent: int

    @property
    def size(self) -> int:
        """Bytes of the modulus."""
        return (self.modulus.bit_length() + 7) // 8


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate with its key."""

    certificate: Certificate
    key: RSAPrivateKey = field(repr=False)

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate in 40 hexadecimal digits, as Windows shows it."""
        from cryptography.hazmat.primitives.hashes import SHA1

        return self.certificate.fingerprint(SHA1()).hex().upper()  # noqa: S303 - a name, not a protection

    @property
    def public(self) -> PublicKey:
        """Its key to encrypt with."""
        numbers = self.key.public_key().public_numbers()
        return PublicKey(numbers.n, numbers.e)

    def pfx(self, password: str) -> bytes:
        """Return both as a PKCS #12 file."""
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

        return pkcs12.serialize_key_and_certificates(
            b"psbridge rehearsal", self.key, self.certificate, None, BestAvailableEncryption(password.encode())
        )


@cache
def held(thumbprint: str) -> Held | None:
    """Return the certificate of a thumbprint, if its key is the emulator's own."""
    return next((each for stem in _STEMS if (each := _read(stem)).thumbprint == thumbprint), None)


@cache
def _read(stem: str) -> Held:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    content = (_FOLDER / f"{stem}.pem").read_bytes()
    key = load_pem_private_key(content, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{stem}.pem has no RSA key")
    return Held(load_pem_x509_certificate(content), key)


def public_key(thumbprint: str | None, given: Mapping[str, bytes]) -> PublicKey:
    """Return the key that a stamp encrypts with, by its certificate's thumbprint.

    Args:
        thumbprint: as the settings show it.
        given: certificates that clients have set, DER by thumbprint.

    Of a thumbprint without a certificate it is a key that opens with none: nobody holds it.
    """
    own = held(thumbprint or "")
    if own is not None:
        return own.public
    return _given(given.get(thumbprint or "")) or nobodys(thumbprint or "")


def _given(der: bytes | None) -> PublicKey | None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_der_x509_certificate

    if der is None:
        return None
    try:
        key = load_der_x509_certificate(der).public_key()
    except ValueError:
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    numbers = key.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def nobodys(seed: str) -> PublicKey:
    """Return a key of 2048 bits whose other half does not exist."""
    content = hashlib.shake_256(f"psbridge nobody {seed}".encode()).digest(256)
    return PublicKey(int.from_bytes(content, "big") | (1 << 2047) | 1, 65537)

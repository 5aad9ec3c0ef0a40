"""How a stamp encrypts: the wrapped key and the data file, as Microsoft's Unprotect-AzsBackup.psm1 opens them.

OAEP is written out here (RFC 8017, 7.1.1), because with a given seed its result is always the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from psbridge.emulator.store.certificates import PublicKey

KEY_BYTES = 64  # 32 for AES, 32 for the HMAC


@dataclass(frozen=True, slots=True)
class Header:
    """The numbers at the start of a data file."""

    magic: int = 1
    encryption: int = 0
    authentication: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a backup's data files."""

    both: bytes = field(repr=False)

    @property
    def text(self) -> bytes:
        """What is wrapped: the base64 text of the key."""
        return base64.b64encode(self.both)


def wrapped(key: Key, public: PublicKey, digest: str, seed: bytes) -> str:
    """Return the wrapped key in base64, RSA-OAEP with one digest for both hash and mask.

    Args:
        key: of the data.
        public: of the certificate.
        digest: `sha256` or `sha1`.
        seed: at least as long as the digest.
    """
    length = hashlib.new(digest, usedforsecurity=False).digest_size
    padding = bytes(public.size - len(key.text) - 2 * length - 2)
    block = hashlib.new(digest, usedforsecurity=False).digest() + padding + b"\x01" + key.text
    masked = _xor(block, _mask(seed[:length], len(block), digest))
    masked_seed = _xor(seed[:length], _mask(masked, length, digest))
    number = int.from_bytes(b"\x00" + masked_seed + masked, "big")
    result = pow(number, public.exponent, public.modulus)
    return base64.b64encode(result.to_bytes(public.size, "big")).decode()


def _mask(seed: bytes, size: int, digest: str) -> bytes:
    blocks = b""
    counter = 0
    while len(blocks) < size:
        blocks += hashlib.new(digest, seed + counter.to_bytes(4, "big"), usedforsecurity=False).digest()
        counter += 1
    return blocks[:size]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def data_file(plain: bytes, key: Key, iv: bytes, header: Header) -> bytes:
    """Return an encrypted data file: AES-256-CBC with PKCS #7, and HMAC-SHA-512 over the encrypted part alone."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    over = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key.both[:32]), modes.CBC(iv)).encryptor()
    secret = encryptor.update(plain + bytes([over]) * over) + encryptor.finalize()
    tag = hmac.digest(key.both[32:], secret, "sha512")
    numbers = struct.pack("<5h", header.magic, header.encryption, header.authentication, len(iv), len(tag))
    return numbers + iv + tag + secret

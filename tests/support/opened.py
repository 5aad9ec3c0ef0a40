"""Opens what the emulated stamp encrypted, with `cryptography` alone: neither the emulator's code nor psbridge's.

Written after Microsoft's Unprotect-AzsBackup.psm1, as each step is there.
"""

from __future__ import annotations

import base64
import hmac
import io
import struct
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7


class Mismatch(Exception):
    """The tag of the data is another."""


def data_key(wrapped: str, key: rsa.RSAPrivateKey) -> bytes:
    """Return the 64 bytes; OAEP with SHA-256, else with SHA-1."""
    secret = base64.b64decode(wrapped)
    try:
        text = key.decrypt(secret, _oaep(hashes.SHA256()))
    except ValueError:
        text = key.decrypt(secret, _oaep(hashes.SHA1()))
    return base64.b64decode(text.decode())


def _oaep(digest: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(digest), digest, None)


def opened(data: Path, key: rsa.RSAPrivateKey) -> zipfile.ZipFile:
    """Return the archive in a data file, by the metadata next to it."""
    root = ET.parse(data.with_suffix(".xml")).getroot()
    both = data_key(root.findtext("EncryptedBackupEncryptionKey"), key)
    content = data.read_bytes()
    magic, encryption, authentication, iv_length, tag_length = struct.unpack_from("<5h", content)
    assert (magic, encryption, authentication) == (1, 0, 0)
    iv = content[10 : 10 + iv_length]
    tag = content[10 + iv_length : 10 + iv_length + tag_length]
    secret = content[10 + iv_length + tag_length :]
    if not hmac.compare_digest(tag, hmac.digest(both[32:], secret, "sha512")):
        raise Mismatch
    decryptor = Cipher(algorithms.AES(both[:32]), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    plain = unpadder.update(decryptor.update(secret) + decryptor.finalize()) + unpadder.finalize()
    return zipfile.ZipFile(io.BytesIO(plain))

"""The certificate that opens backups: a .pfx file of the operator, and the keys of data files that it unwraps.

How keys are wrapped is known from Microsoft's open decryption script: RSA-OAEP with SHA-256, before December 2023 with
SHA-1; inside is base64 text of 64 bytes, the first half for AES-256, the second for HMAC-SHA-512.

Key material stays in this process, and nothing here can print it. Python can't wipe memory reliably, so a key is held for
as short as its file is read; `without_core_dumps` keeps it out of a core file.
"""

from __future__ import annotations

import base64
import binascii
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from psbridge.errors import PrerequisiteError
from psbridge.files import read_regular
from psbridge.models.secret import Secret
from psbridge.models.time import Instant

if TYPE_CHECKING:  # loaded where a key is opened: the library's names are loaded without it
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

_LARGEST: Final = 1 << 20
"""Bytes of a .pfx file; one with its chain has some ten thousand."""
_KEY: Final = 32
"""Bytes of each half."""


class KeyUnusable(PrerequisiteError):
    """The key file or its password can't be used; it says nothing of a backup."""


class WrongKey(Exception):
    """The wrapped key was not made for this certificate, or is damaged."""


class DataKey:
    """The keys of one data file. It shows nothing of them and can't be pickled."""

    __slots__ = ("__aes", "__mac")

    def __init__(self, plain: bytes) -> None:
        self.__aes = plain[:_KEY]
        self.__mac = plain[_KEY:]

    def for_decryption(self) -> bytes:
        """Return the AES-256 key; call it only where it is used."""
        return self.__aes

    def for_authentication(self) -> bytes:
        """Return the HMAC-SHA-512 key; call it only where it is used."""
        return self.__mac

    def __repr__(self) -> str:
        return "DataKey('***')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key can't be pickled or copied out of its process")


class HeldKey:
    """An opened .pfx file.

    Attributes:
        path: the file.
        thumbprint: SHA-1 of the certificate, upper-case hexadecimal, as Azure Stack writes it.
        subject: as in RFC 4514.
        serial: its serial number, upper-case hexadecimal of an even length, as Windows shows it.
        not_before, not_after: when the certificate is valid; an expired one still opens backups.
    """

    __slots__ = ("__private", "not_after", "not_before", "path", "serial", "subject", "thumbprint")

    def __init__(self, private: rsa.RSAPrivateKey, certificate: x509.Certificate, path: Path) -> None:
        from cryptography.hazmat.primitives import hashes

        self.__private = private
        self.path = path
        self.thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a name, not a protection
        self.subject = certificate.subject.rfc4514_string()
        digits = f"{certificate.serial_number:X}"
        self.serial = digits.zfill(len(digits) + len(digits) % 2)
        self.not_before = Instant.of(certificate.not_valid_before_utc)
        self.not_after = Instant.of(certificate.not_valid_after_utc)

    def __repr__(self) -> str:
        return f"HeldKey({self.thumbprint!r}, '***')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key can't be pickled or copied out of its process")

    def unwrap(self, wrapped: str) -> DataKey:
        """Return the keys in a wrapped key, base64 as the metadata has it.

        Raises:
            WrongKey: this private key does not open it; the text is a clause for users.
        """
        try:
            data = base64.b64decode(wrapped, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise WrongKey("its wrapped key is not base64") from wrong
        if len(data) != (self.__private.key_size + 7) // 8:
            raise WrongKey(f"its wrapped key has {len(data)} bytes, not those of this certificate's key")
        from cryptography.hazmat.primitives import hashes

        for algorithm in (hashes.SHA256(), hashes.SHA1()):  # noqa: S303 - as the stamp wrapped it
            opened = self._opened(data, algorithm)
            if opened is not None:
                return _data_key(opened)
        raise WrongKey("this private key does not open its wrapped key")

    def _opened(self, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes | None:
        from cryptography.hazmat.primitives.asymmetric import padding

        oaep = padding.OAEP(mgf=padding.MGF1(algorithm), algorithm=algorithm, label=None)
        try:
            return self.__private.decrypt(data, oaep)
        except ValueError:
            return None


def open_key(path: Path, password: Secret) -> HeldKey:
    """Open a .pfx file.

    Args:
        path: PKCS#12, as Windows exports a certificate with its private key.
        password: empty for one without a password.

    Raises:
        KeyUnusable: it can't be read, is not a .pfx, the password is wrong, or it has no RSA private key with its certificate.
    """
    try:
        data = read_regular(path, _LARGEST)
    except OSError as wrong:
        raise KeyUnusable(
            f"{path}: the key file can't be read: {wrong.strerror}", hint="Name the .pfx file."
        ) from wrong
    if not data.startswith(b"\x30"):
        raise KeyUnusable(
            f"{path}: {_kind(data)}", hint="Export the certificate from Windows with its private key, as .pfx."
        )
    return _held(path, _loaded(path, data, password))


def without_core_dumps() -> None:
    """Let this process, and those it starts, leave no core file: it would hold keys."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _loaded(path: Path, data: bytes, password: Secret) -> pkcs12.PKCS12KeyAndCertificates:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    text = password.reveal().encode("utf-8", "surrogatepass")
    try:
        return pkcs12.load_pkcs12(data, text or None)
    except UnsupportedAlgorithm as wrong:
        raise KeyUnusable(
            f"{path}: the .pfx file is encrypted in a way that this machine's OpenSSL does not know",
            hint="Export it again from Windows with AES256-SHA256.",
        ) from wrong
    except ValueError as wrong:
        if _looks_like_pfx(data):
            raise KeyUnusable(
                f"{path}: the password does not open the .pfx file, or the file is damaged",
                hint="Name the file with its password: --key-password-file FILE.",
            ) from wrong
        raise KeyUnusable(
            f"{path}: {_der_kind(data)}", hint="Export the certificate from Windows with its private key, as .pfx."
        ) from wrong


def _held(path: Path, found: pkcs12.PKCS12KeyAndCertificates) -> HeldKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    private: Any = found.key
    if private is None:
        raise KeyUnusable(
            f"{path}: the .pfx file has no private key", hint="Export it again with `Yes, export the private key`."
        )
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeyUnusable(f"{path}: its private key is not RSA", hint="Azure Stack Hub encrypts backups with RSA only.")
    if found.cert is None:
        raise KeyUnusable(
            f"{path}: the .pfx file has no certificate of its private key", hint="Export both from Windows."
        )
    return HeldKey(private, found.cert.certificate, path)


def _kind(data: bytes) -> str:
    """Return what a file is that is not DER."""
    if not data:
        return "the key file is empty"
    if data.lstrip()[:11] == b"-----BEGIN ":
        return "the key file is PEM, not a .pfx (PKCS#12)"
    return "the key file is not a .pfx (PKCS#12)"


def _der_kind(data: bytes) -> str:
    from cryptography import x509

    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        return "the key file is not a .pfx (PKCS#12), or it is cut off"
    return "the key file is a certificate without its private key (.cer)"


def _looks_like_pfx(data: bytes) -> bool:
    """Return whether DER is as long as it says and begins as PKCS#12 does: a sequence with version 3."""
    if len(data) < 4 or data[1] < 0x80:
        return False
    count = data[1] & 0x7F
    head = 2 + count
    return len(data) == head + int.from_bytes(data[2:head], "big") and data[head : head + 3] == b"\x02\x01\x03"


def _data_key(plain: bytes) -> DataKey:
    try:
        keys = base64.b64decode(plain.decode("utf-8"), validate=True)
    except ValueError as wrong:  # binascii.Error and UnicodeDecodeError are of it
        raise WrongKey("its wrapped key opens, but holds no base64") from wrong
    if len(keys) != 2 * _KEY:
        raise WrongKey(f"its wrapped key opens, but holds {len(keys)} bytes, not {2 * _KEY}")
    return DataKey(keys)

"""A certificate authority in memory, for certificates that exist as long as the emulated host."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from psbridge.emulator.auth.certificates import UPN, encoded

_LEEWAY: Final = dt.timedelta(minutes=5)
_LIFE: Final = dt.timedelta(days=90)
_MAX_NAME: Final = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when, seen from now."""

    begins: dt.timedelta = -_LEEWAY
    ends: dt.timedelta = _LIFE


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key = field(repr=False)

    def write(self, folder: Path, stem: str) -> tuple[Path, Path]:
        """Write both as PEM, the key for its owner alone; return the certificate's path and the key's."""
        certificate, key = folder / f"{stem}.pem", folder / f"{stem}-key.pem"
        certificate.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        key.touch(mode=0o600)
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, key


class Authority:
    """Signs certificates for hosts and for users; its key is not stored.

    Args:
        bare: without key usage and key identifiers and with basic constraints that are not critical, as older tools make
            them; RFC 5280 requires them, and Python 3.13 and later check (VERIFY_X509_STRICT).
    """

    def __init__(self, name: str, *, bare: bool = False) -> None:
        self._bare = bare
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(name)
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            _begun(key, subject, Validity(), bare=bare)
            .issuer_name(subject)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None if bare else 0), critical=not bare)
        )
        builder = builder if bare else builder.add_extension(usage, critical=True)
        self._own = KeyPair(builder.sign(key, hashes.SHA256()), key)

    @property
    def pem(self) -> bytes:
        """Its certificate, for clients that trust it."""
        return self._own.certificate.public_bytes(serialization.Encoding.PEM)

    def for_host(self, names: Iterable[str], validity: Validity | None = None, *, weak: bool = False) -> KeyPair:
        """Return a server's certificate for DNS names and IP addresses; a weak one has a key of RSA with 1024 bits."""
        alternatives = [_general(name) for name in names]
        key = rsa.generate_private_key(65537, 1024) if weak else None  # noqa: S505 - what it is there to show
        purpose = ExtendedKeyUsageOID.SERVER_AUTH
        return self._issue("psbridge emulated operator host", alternatives, purpose, validity, key)

    def for_user(self, principal: str, validity: Validity | None = None) -> KeyPair:
        """Return a client certificate with the UPN `user@domain`, as WinRM expects it."""
        alternatives = [x509.OtherName(UPN, encoded(principal))]
        return self._issue(principal, alternatives, ExtendedKeyUsageOID.CLIENT_AUTH, validity)

    def _issue(
        self,
        name: str,
        alternatives: Iterable[x509.GeneralName],
        purpose: x509.ObjectIdentifier,
        validity: Validity | None,
        key: Key | None = None,
    ) -> KeyPair:
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = (
            _begun(key, _named(name), validity or Validity(), bare=self._bare)
            .issuer_name(self._own.certificate.subject)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        if not self._bare:
            signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._own.key.public_key())
            builder = builder.add_extension(signer, critical=False)
        return KeyPair(builder.sign(self._own.key, hashes.SHA256()), key)


def _begun(key: Key, subject: x509.Name, validity: Validity, *, bare: bool = False) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + validity.begins)
        .not_valid_after(now + validity.ends)
    )
    if bare:
        return builder
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_MAX_NAME])])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

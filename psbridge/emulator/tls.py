"""TLS for the emulated host: given files, or a certificate made for the one start."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files; `ca` is what a client needs to trust the certificate (the certificate itself if None)."""

    certificate: Path
    key: Path
    ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a server's context; TLS 1.2 at least."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


class SelfSigned:
    """A key and a self-signed certificate, made on the spot; the files are gone after `close`.

    Args:
        names: DNS names and IP addresses that the certificate is for.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="psbridge-emulator-")
        folder = Path(self._folder.name)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(key, list(names))
        self.files = TlsFiles(folder / "certificate.pem", folder / "key.pem", folder / "certificate.pem")
        self.files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.files.key.touch(mode=0o600)
        self.files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[str]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "psbridge emulated operator host")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

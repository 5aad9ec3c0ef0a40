"""TLS for the emulated host: given files, or an authority and certificates made for the one start, broken on demand."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from psbridge.emulator.auth.certificates import end_point
from psbridge.emulator.errors import EmulationError
from psbridge.emulator.tls.authority import Authority, Validity


class TlsFault(StrEnum):
    """A fault of the certificate that is made for this start."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_NAME = "wrong-name"
    UNKNOWN_CA = "unknown-ca"


class TlsLegacy(StrEnum):
    """How the TLS that is made for this start is out of date, though nothing in it is wrong."""

    OLD_VERSION = "old-version"
    WEAK_KEY = "weak-key"
    OLD_AUTHORITY = "old-authority"


_DAY = dt.timedelta(days=1)
_VALIDITY = {
    TlsFault.EXPIRED: Validity(-2 * _DAY, -_DAY),
    TlsFault.NOT_YET_VALID: Validity(_DAY, 2 * _DAY),
}


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of a server.

    Attributes:
        ca: the CA file for clients; None: clients trust the CA already.
        key_password: the password of an encrypted key.
    """

    certificate: Path
    key: Path
    ca: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    legacy: TlsLegacy | None = None

    @classmethod
    def given(cls, certificate: Path, key: Path | None, key_password: str | None, ca: Path | None = None) -> TlsFiles:
        """Return a user's files: without a key it is in the same file, and a chain that ends self-signed has its authority.

        Raises:
            EmulationError: a file holds no certificate.
        """
        chain = _certificates(certificate)
        if ca is not None:
            _certificates(ca)
        elif chain[-1].subject == chain[-1].issuer:
            ca = certificate
        return cls(certificate, key or certificate, ca, key_password)

    def names(self) -> frozenset[str]:
        """Return the DNS names and IP addresses that the certificate is for."""
        try:
            own = _certificates(self.certificate)[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
            return frozenset()
        addresses = map(str, own.value.get_values_for_type(x509.IPAddress))
        return frozenset((*own.value.get_values_for_type(x509.DNSName), *addresses))

    def context(self, client_ca: Path | None = None, *, late: bool = False) -> ssl.SSLContext:
        """Return a server's context; TLS 1.2 at least, unless it is out of date.

        Args:
            client_ca: request client certificates, and refuse those of other CAs. (Windows ends
                such a login with a 401, as clients report it; OpenSSL can only break the handshake off.)
            late: request them after the handshake, which needs TLS 1.3 (RFC 8446, 4.6.2).

        Raises:
            EmulationError: a file can't be used; the message says which.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.legacy is not None:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL refuses short keys and TLS 1.1 itself otherwise
        if self.legacy is TlsLegacy.OLD_VERSION:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # old versions on purpose
                context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        else:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key, password=self._password)
        except OSError as error:
            raise EmulationError("tls", f"tls: {self._what_is_wrong() or _said(error)}") from error
        if client_ca is not None:
            context.verify_mode = ssl.CERT_OPTIONAL
            if late:
                context.minimum_version = ssl.TLSVersion.TLSv1_3
                context.post_handshake_auth = True
            for authority in _certificates(client_ca, "client_ca"):
                context.load_verify_locations(cadata=authority.public_bytes(Encoding.DER))
        return context

    def _what_is_wrong(self) -> str:
        """Return why certificate and key don't match, because OpenSSL's error is always `PEM lib`; empty if they match."""
        shown = _certificates(self.certificate)[0]
        try:
            key = load_pem_private_key(self.key.read_bytes(), (self.key_password or "").encode() or None)
        except OSError as error:
            return f"{self.key} can't be read: {_said(error)}"
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return f"{self.key} is not a private key in PEM" + (", or its password is wrong" * bool(self.key_password))
        return "" if key.public_key() == shown.public_key() else f"{self.key} is not the key of {self.certificate}"

    def _password(self) -> str:
        if self.key_password is None:
            raise EmulationError("tls", f"tls: {self.key} is encrypted, and no password is set for it")
        return self.key_password


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """PEM files of a client who may sign in by certificate."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Secured:
    """A host's side of TLS.

    Attributes:
        bindings: the tls-server-end-point of its certificate.
        ca: the CA file for clients; None if clients trust the CA already.
        names: the names in a given certificate; None for one that was made, because its names are right or wrong on purpose.
    """

    context: ssl.SSLContext
    bindings: bytes
    ca: Path | None
    client: ClientFiles | None
    names: frozenset[str] | None


class CertificateFactory:
    """Makes certificates in a folder of its own, made when the first is and gone after `close`."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def _path(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="psbridge-emulator-")
        return Path(self._folder.name)

    def secure(
        self,
        shown: TlsFiles | TlsFault | TlsLegacy | None,
        names: Iterable[str],
        *,
        user: str | None,
        client_ca: Path | None,
        late: bool = False,
    ) -> Secured:
        """Return a host's side of TLS: its certificate is given, or made: valid (None), broken or out of date.

        `user` (`user@domain`) signs in by certificate; without `client_ca` an authority is made, with a certificate of theirs.

        Raises:
            EmulationError: a file can't be used; the message says which.
        """
        files = shown if isinstance(shown, TlsFiles) else self.server(dict.fromkeys(names), shown)
        client = None
        if user is not None and client_ca is None:
            client_ca, client = self.client(user)
        known = files.names() if isinstance(shown, TlsFiles) else None
        context = files.context(client_ca, late=late)
        return Secured(context, end_point(files.certificate.read_bytes()), files.ca, client, known)

    def server(self, names: Iterable[str], fault: TlsFault | TlsLegacy | None = None) -> TlsFiles:
        """Return a certificate for DNS names and IP addresses, and the authority that a client is to trust."""
        trusted = Authority("psbridge emulated operator host CA", bare=fault is TlsLegacy.OLD_AUTHORITY)
        signer = Authority("an authority that nobody knows") if fault is TlsFault.UNKNOWN_CA else trusted
        shown = ["elsewhere.invalid"] if fault is TlsFault.WRONG_NAME else names
        validity = _VALIDITY.get(fault) if isinstance(fault, TlsFault) else None
        pair = signer.for_host(shown, validity, weak=fault is TlsLegacy.WEAK_KEY)
        certificate, key = pair.write(self._path, "host")
        legacy = fault if isinstance(fault, TlsLegacy) else None
        return TlsFiles(certificate, key, self._written("ca.pem", trusted.pem), legacy=legacy)

    def client(self, principal: str) -> tuple[Path, ClientFiles]:
        """Return the authority of client certificates, and one that names `user@domain`."""
        authority = Authority("psbridge emulated client CA")
        files = ClientFiles(*authority.for_user(principal).write(self._path, "client"))
        return self._written("client-ca.pem", authority.pem), files

    def _written(self, name: str, pem: bytes) -> Path:
        path = self._path / name
        path.write_bytes(pem)
        return path

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()


def _certificates(file: Path, about: Literal["tls", "client_ca"] = "tls") -> list[x509.Certificate]:
    subject = about.replace("_ca", " CA")
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise EmulationError(about, f"{subject}: {file} can't be read: {_said(error)}") from error
    except ValueError as error:
        raise EmulationError(about, f"{subject}: {file} is not a certificate in PEM") from error


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

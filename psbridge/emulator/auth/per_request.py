"""The mechanisms that authenticate each request separately: Basic, and a client certificate of the TLS session."""

from __future__ import annotations

from enum import StrEnum

from psbridge.emulator.auth.acceptor import Accepted, Outcome, Refused
from psbridge.emulator.auth.certificates import UPN, principal_of
from psbridge.emulator.auth.users import Users


class BasicCharset(StrEnum):
    """How a host decodes non-ASCII characters in Basic.

    Windows' behaviour is unknown; Microsoft's OMI reads UTF-8 and does not say so.
    """

    ANY = "any"
    UTF_8 = "utf-8"
    UTF_8_UNNAMED = "utf-8-unnamed"
    LATIN_1 = "latin-1"


class _PerRequest:
    """No sealed bodies, nothing that lasts."""

    seal = None
    lasting = False
    expired = False


class BasicAcceptor(_PerRequest):
    """A name and a password in every request."""

    def __init__(self, users: Users, charset: BasicCharset = BasicCharset.ANY) -> None:
        self._users = users
        self._charset = charset

    def step(self, token: bytes) -> Outcome:
        """Check what `Basic` carries."""
        name, colon, password = _text(token, self._charset).partition(":")
        if not colon:
            return Refused("basic credentials without a colon")
        user = self._users.check(name, password)
        if user is not None and (barred := self._users.barred(name)):
            return Refused(f"the account is barred: {barred}", name)
        return Accepted(user) if user is not None else Refused("unknown user or wrong password", name)


class CertificateAcceptor(_PerRequest):
    """The client's certificate, mapped to an account by its user principal name.

    As WinRM maps it: the issuer is one of the trusted authorities, the subject is the UPN among the alternative names.
    Clients report a 401 for a certificate without an account (pywinrm's issue 311).
    """

    def __init__(self, users: Users, certificate: bytes | None) -> None:
        self._users = users
        self._certificate = certificate

    def step(self, token: bytes) -> Outcome:
        """Check the certificate; the header only asks for that."""
        del token
        if self._certificate is None:
            return Refused("no client certificate")
        name = principal_of(self._certificate)
        if name is None:
            return Refused(f"the client certificate has no user principal name (UPN); {self._expected()}")
        user = self._users.find_principal(name)
        if user is None:
            return Refused(
                f"the client certificate's user principal name (UPN) does not match an account; {self._expected()}",
                name,
            )
        return Accepted(user)

    def _expected(self) -> str:
        return f"expected an otherName {UPN.dotted_string} of {' or '.join(self._users.principals())}"


def _text(token: bytes, charset: BasicCharset) -> str:
    """Decode the client's text; with `any`, as UTF-8 or as the Latin-1 of RFC 2617's clients (requests)."""
    if charset is BasicCharset.LATIN_1:
        return token.decode("latin-1")
    if charset is not BasicCharset.ANY:
        return token.decode("utf-8", "replace")
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return token.decode("latin-1")

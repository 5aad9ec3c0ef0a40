"""Security contexts on the accepting side: the only place that knows pyspnego, and python-gssapi beneath it.

pyspnego's acceptors are made to be told what to do by the environment and by what is installed. Here a host offers the
mechanisms that it was given, no other: NTLM by a file of accounts, Kerberos by a keytab. Read in pyspnego 0.12.4.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import re
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import spnego
from spnego._context import ContextProxy, GSSMech
from spnego._negotiate import NegotiateProxy
from spnego._ntlm_raw.crypto import md5, ntowfv1
from spnego._ntlm_raw.messages import Authenticate, AvId, NTClientChallengeV2
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadMechanismError, InvalidTokenError, NegotiateOptions
from spnego.tls import CredSSPTLSContext, default_tls_context, generate_tls_certificate

KERBEROS, NTLM = "kerberos", "ntlm"
_AUTHENTICATE: Final = b"NTLMSSP\x00\x03\x00\x00\x00"
_CHANNEL_BOUND: Final = 0x800  # GSS_C_CHANNEL_BOUND_FLAG: both sides gave the same bindings; MIT krb5 1.19 and later
_FAILED: Final = "Authentication failure"  # the stage in which pyspnego's CredSSP sends its error
_PLAIN: Final = {
    "Invalid NTLM response": "wrong password",
    "any matching credential in NTLM_USER_FILE": "unknown user",
    "Incorrect channel bindings": "the channel bindings are wrong",
}
"""What pyspnego and GSSAPI say of it: what it means."""
_MINOR: Final = re.compile(r"Minor \(\d+\): (?!Success|Unknown error)(.*?)(?:, Context: .*)?$")
_CONTEXT: Final = re.compile(r", Context: (.*)$")
_WINRM: Final = NegotiateOptions.wrapping_winrm

# It warns of each refused login, and at DEBUG writes tokens.
logging.getLogger("spnego").addHandler(logging.NullHandler())
logging.getLogger("spnego").propagate = False


class Failed(Exception):
    """A token is not what the mechanism can go on with; the text says why, for the log."""

    def __init__(self, reason: str, token: bytes = b"") -> None:
        super().__init__(reason)
        self.token = token


class NoKerberos(ImportError):
    """The packages of `psbridge[kerberos]` are not installed."""


class Keytab:
    """The host's own keys, by which tickets are opened.

    Args:
        path: a keytab with at least one `host/NAME@REALM`.

    Raises:
        NoKerberos: python-gssapi or python-krb5 is missing.
        ValueError: the file can't be used; the text says why.

    Attributes:
        hosts: the names by which clients may call this host, in the file's order.
        realm: that of the first key.
    """

    def __init__(self, path: Path) -> None:
        if any(importlib.util.find_spec(name) is None for name in ("gssapi", "krb5")):
            raise NoKerberos("Kerberos needs python-gssapi and python-krb5")
        import gssapi
        import krb5

        try:
            table = krb5.kt_resolve(krb5.init_context(), f"FILE:{path}".encode())
            names = [entry.principal.name.decode() for entry in table]
            store = {"keytab": f"FILE:{path}"}
            self._credential = gssapi.Credentials(usage="accept", store=store, mechs=[_kerberos_oid()])
        except (krb5.Krb5Error, gssapi.exceptions.GSSError) as error:
            raise ValueError(f"keytab {path}: {_words(error)}") from error
        hosts = [name.removeprefix("host/").rpartition("@")[0] for name in names if name.startswith("host/")]
        if not hosts:
            raise ValueError(f"keytab {path}: no key of a host/NAME principal")
        self.hosts = tuple(dict.fromkeys(hosts))
        self.realm = names[0].rpartition("@")[2]

    def context(self, bindings: GssChannelBindings | None) -> ContextProxy:
        """Return a new acceptor; with bindings, a client that sends others is refused."""
        return spnego.server(
            protocol="kerberos", channel_bindings=bindings, options=_WINRM, _gssapi_credential=self._credential
        )


class Context:
    """One login under way, and then what seals its messages."""

    def __init__(self, proxy: ContextProxy, inner: _Negotiate | None = None) -> None:
        self._proxy = proxy
        self._inner = inner
        self._bound: bytes | None = None

    def step(self, token: bytes) -> bytes:
        """Take the client's token, return ours.

        Raises:
            Failed: it makes no sense here, or proves nothing.
        """
        try:
            answer: bytes = self._proxy.step(token) or b""
        except Exception as error:  # noqa: BLE001 - pyspnego raises its own and others on tokens that make no sense
            raise Failed(self._reason(error)) from None
        if self._proxy.get_extra_info("auth_stage") == _FAILED:
            raise Failed(self._reason(InvalidTokenError()), answer)
        self._bound = _ntlm_bindings(token) or self._bound
        return answer

    @property
    def complete(self) -> bool:
        """Tell whether the client is who it says."""
        return bool(self._proxy.complete)

    @property
    def mechanism(self) -> str:
        """Return `kerberos` or `ntlm`."""
        return str(self._proxy.negotiated_protocol)

    @property
    def principal(self) -> str:
        """Return who the client is, or says it is; empty if that is not known yet."""
        try:
            return str(self._proxy.client_principal or "")
        except Exception:  # noqa: BLE001 - GSSAPI has no name for a context that did not come so far
            return ""

    def bound_to(self, bindings: bytes) -> bool | None:
        """Tell whether the client bound its login to this channel, None if it bound it to none."""
        if self.mechanism == KERBEROS:
            # Other bindings than ours were refused by GSSAPI itself.
            return True if int(self._gssapi.actual_flags) & _CHANNEL_BOUND else None
        return None if self._bound is None else self._bound == md5(_gss(bindings).pack())

    @property
    def expired(self) -> bool:
        """Tell whether the ticket that the context rests on has ended; MIT adds the clock skew that it tolerates."""
        if self.mechanism != KERBEROS:
            return False
        import gssapi

        try:
            return int(self._gssapi.lifetime) <= 0
        except gssapi.exceptions.ExpiredContextError:
            return True

    def wrap(self, message: bytes) -> tuple[bytes, bytes, int]:
        """Return signature, sealed message and the padding's length."""
        sealed = self._proxy.wrap_winrm(message)
        return sealed.header, sealed.data, sealed.padding_length

    def unwrap(self, signature: bytes, sealed: bytes) -> bytes:
        """Return the message; raises pyspnego's errors and others."""
        message: bytes = self._proxy.unwrap_winrm(signature, sealed)
        return message

    @property
    def _gssapi(self) -> Any:
        """The context of python-gssapi, where the mechanism is Kerberos."""
        found: Any = self._inner or self._proxy
        while isinstance(found, ContextProxy):
            # Neither the lifetime nor the bound flag has a public name in pyspnego.
            found = found._context  # type: ignore[attr-defined]  # noqa: SLF001 - SPNEGO's is Kerberos', whose is GSSAPI's
        return found

    def _reason(self, error: Exception) -> str:
        error = (self._inner.failure if self._inner else None) or error
        if isinstance(error, AttributeError):
            # python-gssapi keeps an acceptor's error for the next step, and pyspnego asks for flags that never came.
            error = getattr(self._gssapi, "_last_err", None) or error
        return _words(error)


class _Negotiate(NegotiateProxy):
    """SPNEGO with the mechanisms that the host offers, best first; pyspnego's own takes whatever is installed.

    Attributes:
        failure: what ended it.
    """

    def __init__(self, mechanisms: Mapping[GSSMech, Any]) -> None:
        super().__init__(usage="accept", protocol="negotiate", options=_WINRM | NegotiateOptions.use_negotiate)
        self._mechanisms = mechanisms
        self._guessed_wrong = False
        self.failure: Exception | None = None

    def step(
        self, in_token: bytes | None = None, *, channel_bindings: GssChannelBindings | None = None
    ) -> bytes | None:
        try:
            answer: bytes | None = super().step(in_token, channel_bindings=channel_bindings)
        except Exception as error:
            self.failure = error
            # Whatever it was: CredSSP tells the client, and whether a user exists is nobody's business.
            raise InvalidTokenError(context_msg="the login failed") from error
        return answer

    def _preferred_mech_list(self) -> list[GSSMech]:
        return list(self._mechanisms)

    def _rebuild_context_list(
        self, mech_types: Sequence[str] | None = None, channel_bindings: GssChannelBindings | None = None
    ) -> list[str]:
        del channel_bindings
        offered = mech_types or []
        common = [mech for mech in self._mechanisms if any(self._is_same_mech(mech, oid) for oid in offered)]
        if not common:
            raise BadMechanismError(context_msg="no mechanism in common")
        # RFC 4178 4.2.1: the first token is for the client's first mechanism; if that is not ours, it is passed over.
        self._guessed_wrong = not self._is_same_mech(common[0], offered[0])
        self._context_list = {mech: (self._mechanisms[mech](), None) for mech in common}
        for context, _ in self._context_list.values():
            context._is_wrapped = True  # noqa: SLF001 - as pyspnego does in the method that this one replaces
        return [mech.value for mech in common]

    def _step_spnego_token(
        self, in_token: bytes | None = None, *, channel_bindings: GssChannelBindings | None = None
    ) -> bytes | None:
        if self._guessed_wrong:
            self._guessed_wrong = False
            return None
        token: bytes | None = super()._step_spnego_token(in_token, channel_bindings=channel_bindings)
        return token


class _StrictTls(ssl.SSLObject):
    """Says that the peer has closed: pyspnego reads until there is no more, and would read nothing for ever."""

    def read(self, *arguments: Any, **named: Any) -> Any:
        data = super().read(*arguments, **named)
        if not data:
            raise ssl.SSLEOFError("closed inside CredSSP")
        return data


def ntlm() -> Context:
    """Return an acceptor of bare NTLM; the accounts must be lent already."""
    return Context(_ntlm())


def kerberos(keytab: Keytab, bindings: bytes | None) -> Context:
    """Return an acceptor of bare Kerberos; with bindings, a client that sends others is refused."""
    return Context(keytab.context(_gss(bindings) if bindings else None))


def negotiate(keytab: Keytab | None, bindings: bytes | None) -> Context:
    """Return an acceptor of SPNEGO: NTLM, and Kerberos before it where there is a keytab."""
    proxy = _spnego(keytab, bindings)
    return Context(proxy, proxy)


def credssp(tls: CredSSPTLSContext, keytab: Keytab | None) -> Context:
    """Return an acceptor of CredSSP, with SPNEGO inside; it binds to a TLS session of its own, not to the connection's."""
    inner = _spnego(keytab, None)
    return Context(
        spnego.server(
            protocol="credssp", options=_WINRM, credssp_negotiate_context=inner, credssp_tls_context=tls
        ),
        inner,
    )  # fmt: skip


def credssp_tls() -> CredSSPTLSContext:
    """Return the TLS that CredSSP speaks inside HTTP, with a certificate made now: any will do, it is not verified."""
    certificate, key, public_key = generate_tls_certificate()
    made = default_tls_context(usage="accept")
    with tempfile.NamedTemporaryFile(prefix="psbridge-emulator-", suffix=".pem") as file:
        file.write(certificate + key)
        file.flush()
        made.context.load_cert_chain(file.name)
    made.context.sslobject_class = _StrictTls
    made.public_key = public_key
    return made


def nt_hash(password: str) -> bytes:
    """Return what NTLM knows of a password."""
    made: bytes = ntowfv1(password)
    return made


def _ntlm() -> ContextProxy:
    return spnego.server(protocol="ntlm", options=_WINRM | NegotiateOptions.use_ntlm)


def _spnego(keytab: Keytab | None, bindings: bytes | None) -> _Negotiate:
    mechanisms: dict[GSSMech, Any] = {}
    if keytab is not None:
        mechanisms[GSSMech.kerberos] = functools.partial(keytab.context, _gss(bindings) if bindings else None)
    mechanisms[GSSMech.ntlm] = _ntlm
    return _Negotiate(mechanisms)


def _gss(bindings: bytes) -> GssChannelBindings:
    return GssChannelBindings(application_data=bindings)


def _kerberos_oid() -> Any:
    import gssapi

    return gssapi.OID.from_int_seq(GSSMech.kerberos.value)


def _ntlm_bindings(token: bytes) -> bytes | None:
    """Return the MD5 of the bindings in an AUTHENTICATE_MESSAGE, bare or inside SPNEGO; None if there are none.

    Looked at only after the response proved good, which covers them ([MS-NLMP] 3.1.5.1.2: none are 16 zeros).
    """
    start = token.find(_AUTHENTICATE)
    if start < 0:
        return None
    response = Authenticate.unpack(token[start:]).nt_challenge_response or b""
    if len(response) <= 24:
        return None  # NTLMv1 has no such field
    sent: bytes | None = NTClientChallengeV2.unpack(response[16:]).av_pairs.get(AvId.channel_bindings)
    return sent if sent and any(sent) else None


def _words(error: Exception) -> str:
    """Return an error's own words without those that say nothing, for the log."""
    text = " ".join(str(error).split())
    plain = next((words for mark, words in _PLAIN.items() if mark in text), None)
    if plain is not None:
        return plain
    said = _MINOR.search(text) or _CONTEXT.search(text)
    return said[1] if said else f"{type(error).__name__}: {text}"

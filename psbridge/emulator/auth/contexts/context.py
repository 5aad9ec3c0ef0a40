"""One login under way, whatever the mechanism, SPNEGO among them, and what went wrong with it in words for the log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from spnego._context import ContextProxy, GSSMech
from spnego._negotiate import NegotiateProxy
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadMechanismError, InvalidTokenError, NegotiateOptions

from psbridge.emulator.auth.contexts import ntlmssp
from psbridge.emulator.auth.contexts.ntlmssp import WINRM

_OPTIONS = WINRM | NegotiateOptions.use_negotiate


class Negotiate(NegotiateProxy):
    """SPNEGO with the mechanisms that the host offers, best first; pyspnego's own takes whatever is installed."""

    def __init__(
        self,
        mechanisms: Mapping[GSSMech, Callable[[], ContextProxy]],
        status: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._status = status
        super().__init__(usage="accept", protocol="negotiate", options=_OPTIONS)
        self._mechanisms = mechanisms
        self._guessed_wrong = False
        self.failure: Exception | None = None

    def step(
        self, in_token: bytes | None = None, *, channel_bindings: GssChannelBindings | None = None
    ) -> bytes | None:
        """Take the client's token, return ours."""
        try:
            answer: bytes | None = super().step(in_token, channel_bindings=channel_bindings)
        except Exception as error:
            self.failure = error
            # One text for every reason: CredSSP sends it to the client, which must not learn whether a user exists.
            raise InvalidTokenError(context_msg="the login failed") from error
        status = self._status(str(self.client_principal)) if self.complete else None
        if status is not None:
            self.failure = denied = InvalidTokenError(context_msg=f"the account is barred (NTSTATUS 0x{status:08X})")
            denied._SSPI_CODE = status - (1 << 32)  # type: ignore[assignment]  # noqa: SLF001 - what pyspnego's CredSSP sends, a signed number
            raise denied
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


_PLAIN: Final = {
    "Invalid NTLM response": "wrong password",
    "any matching credential in NTLM_USER_FILE": "unknown user",
    "Incorrect channel bindings": "the channel bindings are wrong",
}
"""Texts of pyspnego and GSSAPI, and their meaning."""
_MINOR: Final = re.compile(r"Minor \(\d+\): (?!Success|Unknown error)(.*?)(?:, Context: .*)?$")
_CONTEXT: Final = re.compile(r", Context: (.*)$")


def words(error: Exception) -> str:
    """Return the informative part of an error's text, for the log."""
    text = " ".join(str(error).split())
    plain = next((said for mark, said in _PLAIN.items() if mark in text), None)
    if plain is not None:
        return plain
    said = _MINOR.search(text) or _CONTEXT.search(text)
    return said[1] if said else f"{type(error).__name__}: {text}"


KERBEROS: Final = "kerberos"
_CHANNEL_BOUND: Final = 0x800  # GSS_C_CHANNEL_BOUND_FLAG: both sides gave the same bindings; MIT krb5 1.19 and later
_FAILED: Final = "Authentication failure"  # the stage in which pyspnego's CredSSP sends its error


class Failed(Exception):
    """The mechanism can't use a token; the message gives the reason for the log."""

    def __init__(self, reason: str, token: bytes = b"") -> None:
        super().__init__(reason)
        self.token = token


class Context:
    """One login under way, and then what seals its messages."""

    def __init__(self, proxy: ContextProxy, inner: Negotiate | None = None) -> None:
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
        self._bound = ntlmssp.sent_bindings(token) or self._bound
        return answer

    @property
    def complete(self) -> bool:
        """Return whether the client is authenticated."""
        return bool(self._proxy.complete)

    @property
    def mechanism(self) -> str:
        """Return `kerberos` or `ntlm`."""
        return str(self._proxy.negotiated_protocol)

    @property
    def principal(self) -> str:
        """Return the client's name, authenticated or claimed; empty if unknown."""
        try:
            return str(self._proxy.client_principal or "")
        except Exception:  # noqa: BLE001 - GSSAPI has no name for a context that did not come so far
            return ""

    def bound_to(self, bindings: bytes) -> bool | None:
        """Return whether the client bound its login to this channel, None if it bound it to none."""
        if self.mechanism == KERBEROS:
            # Other bindings than ours were refused by GSSAPI itself.
            return True if int(self._gssapi.actual_flags) & _CHANNEL_BOUND else None
        if self._bound is None:
            return None
        return ntlmssp.same_bindings(self._bound, GssChannelBindings(application_data=bindings))

    @property
    def expired(self) -> bool:
        """Return whether the ticket that the context rests on has ended; MIT adds the clock skew that it tolerates."""
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
        return words(error)

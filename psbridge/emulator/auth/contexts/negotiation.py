"""SPNEGO on the accepting side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from spnego._context import ContextProxy, GSSMech
from spnego._negotiate import NegotiateProxy
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadMechanismError, InvalidTokenError, NegotiateOptions

from psbridge.emulator.auth.contexts.ntlmssp import WINRM

_OPTIONS = WINRM | NegotiateOptions.use_negotiate


class Negotiate(NegotiateProxy):
    """SPNEGO with the mechanisms that the host offers, best first; pyspnego's own takes whatever is installed.

    Attributes:
        failure: what ended it.
    """

    def __init__(self, mechanisms: Mapping[GSSMech, Callable[[], ContextProxy]]) -> None:
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

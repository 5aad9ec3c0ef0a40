"""The login state of one TCP connection."""

from __future__ import annotations

import base64
import binascii
from typing import Final

import msgspec

from psbridge.emulator.auth.acceptor import Accepted, Acceptor, Channel, Continue, Outcome, Refused
from psbridge.emulator.auth.methods import Authenticator
from psbridge.emulator.auth.sealing import Seal

_MAX_TOKEN: Final = 32_768
NO_LOGIN: Final = Refused("")
"""The request brought no login and the connection has none: what every client begins with."""


class Step(msgspec.Struct, frozen=True):
    """The outcome of an Authorization header, and the WWW-Authenticate headers of the answer."""

    outcome: Outcome
    challenges: tuple[str, ...] = ()


class Login:
    """The state of one connection. Not thread-safe."""

    def __init__(self, authenticator: Authenticator, channel: Channel) -> None:
        self._authenticator = authenticator
        self._channel = channel
        self._scheme = ""
        self._acceptor: Acceptor | None = None
        self._accepted: Accepted | None = None

    @property
    def seal(self) -> Seal | None:
        """The seal of the current login; None if there is none."""
        return self._acceptor.seal if self._acceptor is not None and self._accepted is not None else None

    def forget(self) -> None:
        """Drop the login, as when a ticket expires."""
        self._scheme = ""
        self._acceptor = None
        self._accepted = None

    def authorize(self, header: str | None) -> Step:
        """Authenticate a request by its Authorization header, or without one by the connection's login."""
        if not header:
            return self._as_before()
        scheme, _, text = header.strip().partition(" ")
        token = _decode(text)
        if token is None:
            return self._refuse(Refused(f"{scheme[:80]}: token is not base64, or too long"))
        acceptor = self._stepping(scheme.casefold())
        if acceptor is None:
            return self._refuse(Refused(f"{scheme[:80]}: not offered"))
        outcome = acceptor.step(token)
        match outcome:
            case Accepted():
                self._accepted = Accepted(outcome.user, outcome.allowed) if acceptor.lasting else None
                return Step(outcome, _challenge(scheme, outcome.token))
            case Continue():
                return Step(outcome, _challenge(scheme, outcome.token))
            case Refused():
                return self._refuse(outcome, scheme)

    def _as_before(self) -> Step:
        if self._acceptor is not None and self._accepted is not None:
            if not self._acceptor.expired:
                return Step(self._accepted)
            # That Windows asks for a new login with a 401 is inferred.
            return self._refuse(Refused("the ticket has expired", self._accepted.user))
        return self._refuse(NO_LOGIN)

    def _stepping(self, scheme: str) -> Acceptor | None:
        """Return the current login if the header continues it, otherwise a new one."""
        if self._acceptor is None or self._accepted is not None or scheme != self._scheme:
            self.forget()
            self._acceptor = self._authenticator.acceptor(scheme, self._channel)
            self._scheme = scheme
        return self._acceptor

    def _refuse(self, refused: Refused, scheme: str = "") -> Step:
        self.forget()
        return Step(refused, _challenge(scheme, refused.token) or tuple(self._authenticator.challenges()))


def _challenge(scheme: str, token: bytes) -> tuple[str, ...]:
    return (f"{scheme} {base64.b64encode(token).decode('ascii')}",) if token else ()


def _decode(text: str) -> bytes | None:
    if len(text) > _MAX_TOKEN:
        return None
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None

"""Who speaks on one TCP connection: Basic for each request, NTLM and Negotiate once for the connection."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

import spnego
from spnego import NegotiateOptions

from psbridge.emulator.auth.users import NtlmUsers, Users

METHODS: Final = ("basic", "negotiate", "ntlm")
_HEADER: Final = {"negotiate": "Negotiate", "ntlm": "NTLM", "basic": 'Basic realm="WSMAN"'}
_MAX_TOKEN: Final = 16_384


@dataclass(frozen=True, slots=True)
class Accounts:
    """What all connections of a host share.

    Attributes:
        methods: those offered, in the order of the WWW-Authenticate headers.
    """

    users: Users
    ntlm: NtlmUsers | None
    methods: tuple[str, ...]

    @classmethod
    def of(cls, users: Users, methods: tuple[str, ...]) -> Accounts:
        """Return the accounts; those for NTLM are written out only where NTLM is offered."""
        needs_file = bool({"negotiate", "ntlm"} & set(methods))
        return cls(users, NtlmUsers(users) if needs_file else None, methods)

    def challenges(self) -> list[str]:
        """Return the WWW-Authenticate headers of a bare 401."""
        return [_HEADER[method] for method in self.methods]

    def close(self) -> None:
        """Remove what was written out."""
        if self.ntlm is not None:
            self.ntlm.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an Authorization header came to.

    Attributes:
        user: the account; None: answer 401.
        challenges: WWW-Authenticate headers of the answer (with a 200: the acceptor's last token, if any).
    """

    user: str | None
    challenges: tuple[str, ...] = ()


class Login:
    """The state of one connection. Not thread-safe."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._context: Any = None
        self._user: str | None = None

    @property
    def context(self) -> Any:
        """The finished security context for sealed bodies, None if there is none."""
        return self._context if self._user is not None else None

    def forget(self) -> None:
        """Drop the context, as when a ticket expires."""
        self._context = None
        self._user = None

    def authorize(self, header: str | None) -> Outcome:
        """Judge a request by its Authorization header, or without one by what the connection already is."""
        if not header:
            return Outcome(self._user) if self._user is not None else self._refuse()
        scheme, _, text = header.strip().partition(" ")
        method = scheme.casefold()
        token = _decode(text)
        if method not in self._accounts.methods or token is None:
            return self._refuse()
        return self._basic(token) if method == "basic" else self._negotiate(method, scheme, token)

    def _refuse(self) -> Outcome:
        self.forget()
        return Outcome(None, tuple(self._accounts.challenges()))

    def _basic(self, token: bytes) -> Outcome:
        self.forget()
        name, _, password = _text(token).partition(":")
        user = self._accounts.users.check(name, password)
        return Outcome(user) if user is not None else self._refuse()

    def _negotiate(self, method: str, scheme: str, token: bytes) -> Outcome:
        if self._user is not None:
            self.forget()
        try:
            answer = self._step(method, token)
        except Exception:  # noqa: BLE001 - any token that pyspnego can't take is a refused login
            return self._refuse()
        reply = f"{scheme} {base64.b64encode(answer).decode('ascii')}" if answer else ""
        if not self._context.complete:
            return Outcome(None, (reply,)) if reply else self._refuse()
        self._user = self._accounts.users.find(self._context.client_principal or "")
        if self._user is None:
            return self._refuse()
        return Outcome(self._user, (reply,) if reply else ())

    def _step(self, method: str, token: bytes) -> bytes | None:
        assert self._accounts.ntlm is not None  # noqa: S101 - a host that offers the method has written the file
        with self._accounts.ntlm.lent():
            if self._context is None:
                # pyspnego's own mechanisms: the system's GSSAPI would look for a keytab and for accounts of its own.
                own = NegotiateOptions.use_negotiate if method == "negotiate" else NegotiateOptions.use_ntlm
                self._context = spnego.server(protocol=method, options=own | NegotiateOptions.wrapping_winrm)
            answer: bytes | None = self._context.step(token)
        return answer


def _text(token: bytes) -> str:
    """Return what a client meant: UTF-8, or the Latin-1 that RFC 2617's clients (requests among them) send."""
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return token.decode("latin-1")


def _decode(text: str) -> bytes | None:
    if len(text) > _MAX_TOKEN:
        return None
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None

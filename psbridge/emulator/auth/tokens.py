"""The mechanisms that exchange tokens and then hold for the connection: NTLM, Kerberos, SPNEGO, CredSSP."""

from __future__ import annotations

from contextlib import nullcontext

import msgspec

from psbridge.emulator.auth.acceptor import Accepted, Continue, Outcome, Refused
from psbridge.emulator.auth.bindings import CbtLevel
from psbridge.emulator.auth.contexts import KERBEROS, Context, Failed
from psbridge.emulator.auth.ntlm_file import NtlmUsers
from psbridge.emulator.auth.sealing import Seal
from psbridge.emulator.auth.users import Users


class Binding(msgspec.Struct, frozen=True):
    """What the login must be bound to.

    Attributes:
        expected: the connection's tls-server-end-point; None where nothing is asked.
    """

    level: CbtLevel = CbtLevel.NONE
    expected: bytes | None = None

    def objection(self, context: Context) -> str:
        """Return why a finished login is not bound as it must be, empty if it is."""
        if self.expected is None:
            return ""
        bound = context.bound_to(self.expected)
        if bound is None:
            return "the channel bindings are missing" if self.level is CbtLevel.STRICT else ""
        return "" if bound else "the channel bindings are wrong"


class TokenAcceptor:
    """Steps one security context until the client is in.

    Args:
        protocol: how sealed bodies name the mechanism.
        ntlm: the accounts, lent to the context at each step; None where NTLM is not offered.
    """

    lasting = True

    def __init__(
        self, context: Context, protocol: str, *, users: Users, ntlm: NtlmUsers | None, binding: Binding | None = None
    ) -> None:
        self._context = context
        self._users = users
        self._ntlm = ntlm
        self._binding = binding or Binding()
        self._protocol = protocol

    @property
    def seal(self) -> Seal | None:
        """What opens and closes the login's bodies; None before the client is in."""
        return Seal(self._context, self._protocol) if self._context.complete else None

    @property
    def expired(self) -> bool:
        """Return whether the ticket has ended."""
        return self._context.complete and self._context.expired

    def step(self, token: bytes) -> Outcome:
        """Take the client's next token."""
        try:
            with self._ntlm.lent() if self._ntlm is not None else nullcontext():
                answer = self._context.step(token)
        except Failed as failure:
            return Refused(str(failure), self._context.principal, failure.token)
        if not self._context.complete:
            return Continue(answer) if answer else Refused("the login stopped half way", self._context.principal)
        return self._judged(answer)

    def _judged(self, answer: bytes) -> Outcome:
        name = self._context.principal
        if objection := self._binding.objection(self._context):
            return Refused(objection, name)
        by_ticket = self._context.mechanism == KERBEROS
        user = self._users.find_principal(name) if by_ticket else self._users.find(name)
        if user is not None:
            return Accepted(user, token=answer)
        # The realm vouches for them, so Windows lets them in and WinRM denies them access; NTLM knows accounts only.
        return Accepted(name, allowed=False, token=answer) if by_ticket else Refused("unknown user", name)

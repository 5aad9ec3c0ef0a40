"""The mechanisms that exchange tokens and then hold for the connection: NTLM, Kerberos, SPNEGO, CredSSP."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import msgspec

from psbridge.emulator.auth.acceptor import Accepted, Continue, Outcome, Refused
from psbridge.emulator.auth.certificates import CbtLevel
from psbridge.emulator.auth.contexts.context import KERBEROS, Context, Failed
from psbridge.emulator.auth.contexts.ntlmssp import nt_hash
from psbridge.emulator.auth.sealing import Seal
from psbridge.emulator.auth.users import Users

_ENVIRONMENT: Final = "NTLM_USER_FILE"
_environment_lock: Final = threading.Lock()


def smbpasswd(users: Users) -> str:
    """Return the accounts in smbpasswd's form: NAME:UID:LM:NT:FLAGS:TIME. A password with a colon has no other."""
    # Random, because a known value would allow an LM response without the password.
    no_lm = secrets.token_hex(16)
    lines = (
        f"{form.lstrip(chr(92))}:1000:{no_lm}:{nt_hash(password).hex().upper()}:[U]:LCT-0\n"
        for form, password in users.down_level_names()
    )
    return "".join(lines)


class NtlmUsers:
    """Lends accounts to pyspnego's NTLM acceptor, which knows them only by a file that an environment variable names.

    The variable also is a source of credentials for *clients* of this process (the `demo` target's are), so it is set
    only while an acceptor looks an account up, under one lock for the process, and put back at once. The file holds
    hashes, is readable by its owner alone, and is gone after `close`.
    """

    def __init__(self, users: Users) -> None:
        handle, path = tempfile.mkstemp(prefix="psbridge-emulator-", suffix=".ntlm")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(smbpasswd(users))
        self._path = Path(path)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let the acceptor of this thread find the accounts inside the block."""
        with _environment_lock:
            before = os.environ.get(_ENVIRONMENT)
            os.environ[_ENVIRONMENT] = str(self._path)
            try:
                yield
            finally:
                if before is None:
                    os.environ.pop(_ENVIRONMENT, None)
                else:
                    os.environ[_ENVIRONMENT] = before

    def close(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


class Binding(msgspec.Struct, frozen=True):
    """The required channel binding of a login.

    Attributes:
        expected: the connection's tls-server-end-point; None: none is required.
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
            return (
                Continue(answer)
                if answer
                else Refused("the login ended before it was complete", self._context.principal)
            )
        return self._judged(answer)

    def _judged(self, answer: bytes) -> Outcome:
        name = self._context.principal
        if objection := self._binding.objection(self._context):
            return Refused(objection, name)
        by_ticket = self._context.mechanism == KERBEROS
        user = self._users.find_principal(name) if by_ticket else self._users.find(name)
        if user is not None and not by_ticket and (barred := self._users.barred(name)):
            return Refused(f"the account is barred: {barred}", name)
        if user is not None:
            return Accepted(user, token=answer)
        # The realm vouches for them, so Windows lets them in and WinRM denies them access; NTLM knows accounts only.
        return Accepted(name, allowed=False, token=answer) if by_ticket else Refused("unknown user", name)

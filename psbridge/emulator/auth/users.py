"""The accounts of the emulated host, in the forms in which clients name them."""

from __future__ import annotations

import hmac
import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spnego._ntlm_raw.crypto import ntowfv1  # the file needs the hash: a password with a colon has no other form

_ENVIRONMENT: Final = "NTLM_USER_FILE"
_environment_lock: Final = threading.Lock()


def _split(name: str) -> tuple[str, str]:
    domain, separator, user = name.rpartition("\\")
    return (domain, user) if separator else ("", name)


class Users:
    r"""Names and passwords. A name without a domain is also known under `.` and the machine's own name.

    Args:
        accounts: password by name; a name is `user`, `DOMAIN\user` or `user@domain`.

    Raises:
        ValueError: a name that no client could send.
    """

    def __init__(self, accounts: Mapping[str, str]) -> None:
        for name in accounts:
            if not name or ":" in name or not name.isprintable():
                raise ValueError(f"not a user name: {name!r} (no colon, no control characters)")
        self._accounts = dict(accounts)
        self._forms: dict[str, str] = {}
        host = socket.gethostname()
        for name in accounts:
            domain, user = _split(name)
            for form in {domain} if domain else {"", ".", host, host.partition(".")[0], "WORKSTATION"}:
                self._forms[f"{form}\\{user}".casefold()] = name

    def find(self, given: str) -> str | None:
        """Return the account that a client means by `given`, None if there is none."""
        domain, user = _split(given)
        return self._forms.get(f"{domain}\\{user}".casefold())

    def check(self, given: str, password: str) -> str | None:
        """Return the account if `password` is its own, else None."""
        name = self.find(given)
        expected = self._accounts[name] if name is not None else ""
        same = hmac.compare_digest(expected.encode(), password.encode())
        return name if same else None

    def ntlm_lines(self) -> str:
        """Return the accounts in smbpasswd's form, which pyspnego reads: NAME:UID:LM:NT:FLAGS:TIME."""
        hashes = {name: ntowfv1(password).hex().upper() for name, password in self._accounts.items()}
        # Random, for with any known value there an LM response could be made without the password.
        no_lm = secrets.token_hex(16)
        return "".join(
            f"{form.lstrip(chr(92))}:1000:{no_lm}:{hashes[name]}:[U]:LCT-0\n" for form, name in self._forms.items()
        )


class NtlmUsers:
    """Lends accounts to pyspnego's NTLM acceptor, which knows them only by a file that an environment variable names.

    The variable also is a source of credentials for *clients* of this process (the `demo` target's are), so it is set
    only while an acceptor looks an account up, under one lock for the process, and put back at once. The file holds
    hashes, is readable by its owner alone, and is gone after `close`.
    """

    def __init__(self, users: Users) -> None:
        handle, path = tempfile.mkstemp(prefix="psbridge-emulator-", suffix=".ntlm")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(users.ntlm_lines())
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

"""The accounts in the one form in which pyspnego's NTLM acceptor takes them."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psbridge.emulator.auth.contexts import nt_hash
from psbridge.emulator.auth.users import Users

_ENVIRONMENT: Final = "NTLM_USER_FILE"
_environment_lock: Final = threading.Lock()


def smbpasswd(users: Users) -> str:
    """Return the accounts in smbpasswd's form: NAME:UID:LM:NT:FLAGS:TIME. A password with a colon has no other."""
    # Random, for with any known value there an LM response could be made without the password.
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

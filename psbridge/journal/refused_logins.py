"""The memory of refused logins, so that checks that run every few minutes do not lock an account.

A refused login has a file in the state folder, named by a fingerprint of what was sent. The fingerprint is a slow, salted
hash: it shows that a login is the same, and not what it is. The salt belongs to the state folder, so fingerprints of two
folders can't be compared. Every command writes and deletes these files; only checks and metrics act on them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from psbridge.bounded_json import loads
from psbridge.clock import Clock
from psbridge.errors import AuthError, Warn
from psbridge.files import private_folder, read_regular, write_whole
from psbridge.models.secret import Credential
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.values import replace
from psbridge.wellformed import well_formed

AGAIN: Final = timedelta(hours=1)
"""How long after the last refusal checks do not send the login again."""
_KEPT: Final = timedelta(days=1)
_SALT_BYTES: Final = 32
_LARGEST: Final = 4096
_MOST: Final = 1000
_TEXT: Final = 600


class Refusal(msgspec.Struct, frozen=True):
    """A login that was refused.

    Attributes:
        since: the first refusal.
        tried: the last one.
        message: what the first error said.
        detail: of that error, what leads to its explanation: `reason` and `code`.
    """

    since: datetime
    tried: datetime
    message: str
    detail: Mapping[str, str] = {}

    def plain(self) -> dict[str, Any]:
        """Return it as its file keeps it."""
        times = {"since": str(Instant.of(self.since)), "tried": str(Instant.of(self.tried))}
        return {"schema_version": 1, **times, "message": self.message, "detail": dict(self.detail)}


class RefusedLogins:
    """What is known of one target's login in one state folder.

    Args:
        folder: the state folder.
        target: whose login it is. A target without a secret, such as one with a Kerberos ticket, is never remembered,
            because a refused ticket locks no account.
        warn: is told if a refusal can't be written.
        hold: whether `check` refuses what was refused before; False for a command that a person runs.
    """

    def __init__(
        self, folder: Path, target: Target, clock: Clock, *, warn: Warn = lambda _: None, hold: bool = False
    ) -> None:
        self._folder = folder / "refused-logins"
        self._target = target
        self._clock = clock
        self._warn = warn
        self._hold = hold
        self._known_name: str | None = None

    def check(self) -> None:
        """Let a login pass, unless this is a check and the same login was refused within the last hour.

        Raises:
            psbridge.errors.AuthError: it was; nothing was sent.
        """
        if not self._hold or not _has_secret(self._target) or not self._any():
            return
        name = self._name(create=False)
        found = self._read(name) if name else None
        now = self._clock.now()
        if found is None or not timedelta(0) <= now - found.tried < AGAIN:
            return
        again = _text(found.tried + AGAIN)
        raise AuthError(
            f"the login was not tried, because it was refused at {_text(found.since)}: {found.message}",
            hint=f"Failed logins lock accounts, so checks try this login again at {again}, or when the secret in the config "
            f"changes. To try at once: `{self._target.command} status`",
            detail={**found.detail, "refused_since": _text(found.since), "next_try": again},
        )

    def refused(self, problem: AuthError) -> None:
        """Remember that this login was refused. A failure to write it is a warning."""
        if not _has_secret(self._target):
            return
        try:
            private_folder(self._folder)
            self._prune()
            now = self._clock.now()
            if (name := self._name(create=True)) is not None:
                found = self._read(name) or Refusal(now, now, _one_line(problem.message), _explained(problem.detail))
                write_whole(self._path(name), json.dumps(replace(found, tried=now).plain()).encode(), 0o600)
        except OSError as failure:
            self._warn(f"the refused login can't be remembered, so checks will send it again: {failure.strerror}")

    def accepted(self) -> None:
        """Forget this login's refusal, because the host accepted it."""
        if _has_secret(self._target) and self._any() and (name := self._name(create=False)) is not None:
            with contextlib.suppress(OSError):
                self._path(name).unlink(missing_ok=True)

    def _any(self) -> bool:
        """Return whether a login was refused at all: without one no fingerprint is computed, which takes 0.1 s."""
        return next(self._files(), None) is not None

    def _files(self) -> Iterator[Path]:
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            yield from (Path(it.path) for it in islice(entries, _MOST) if it.name.endswith(".json"))

    def _prune(self) -> None:
        """Delete what is older than a day, or is not a record."""
        for path in list(self._files()):
            found = self._read(path.stem)
            if found is None or abs(self._clock.now() - found.tried) > _KEPT:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> Refusal | None:
        try:
            value = loads(read_regular(self._path(name), _LARGEST))
            since, tried = (Instant.parse(value[key]).as_datetime() for key in ("since", "tried"))
            return Refusal(since, tried, _one_line(str(value["message"])), _explained(value.get("detail")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _name(self, *, create: bool) -> str | None:
        """Return the fingerprint of the target's login; None if the folder has no salt and none is to be made."""
        if self._known_name is None and (salt := self._salt(create=create)) is not None:
            self._known_name = _fingerprint(self._target, salt)
        return self._known_name

    def _salt(self, *, create: bool) -> bytes | None:
        path = self._folder / "salt"
        with contextlib.suppress(OSError):
            salt = read_regular(path, _SALT_BYTES)
            if len(salt) == _SALT_BYTES:
                return salt
        if not create:
            return None
        # Of two processes that make one at the same time, the later wins; the other's record then matches nothing, and the
        # login is tried once more.
        write_whole(path, secrets.token_bytes(_SALT_BYTES), 0o600)
        return read_regular(path, _SALT_BYTES)


def _has_secret(target: Target) -> bool:
    return target.sign_in is not None or any(it.password is not None for it in target.endpoints)


def _fingerprint(target: Target, salt: bytes) -> str:
    """Return a salted hash of all that the target logs in with: hosts, user, method and secret, and those of its sign-in."""
    sent: list[object] = [
        [it.host.casefold(), it.port, it.username, it.auth, it.password.reveal() if it.password else None]
        for it in target.endpoints
    ]
    if (sign_in := target.sign_in) is not None:
        who = sign_in.service_principal
        proof = who.password.reveal() if isinstance(who, Credential) else who.thumbprint
        sent.append([sign_in.environment, sign_in.tenant, sign_in.application_id, proof])
    text = json.dumps(sent).encode()
    try:
        return hashlib.scrypt(text, salt=salt, n=1 << 15, r=8, p=1, maxmem=64 << 20, dklen=16).hex()
    except (AttributeError, ValueError):  # an OpenSSL whose policy has no scrypt, such as in FIPS mode
        return hashlib.pbkdf2_hmac("sha256", text, salt, 600_000, 16).hex()


def _explained(detail: object) -> dict[str, str]:
    """Return what leads to the explanation of an error, as far as its detail has it."""
    known = detail if isinstance(detail, Mapping) else {}
    return {key: _one_line(known[key]) for key in ("reason", "code") if isinstance(known.get(key), str)}


def _text(moment: datetime) -> str:
    return str(Instant.of(moment.replace(microsecond=0)))


def _one_line(text: str) -> str:
    return " ".join(well_formed(text).split())[:_TEXT]

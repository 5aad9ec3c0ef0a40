"""What this machine can't compute: digests and ciphers that its crypto policy (FIPS, for one) has switched off."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from collections.abc import Callable, Iterator, Mapping

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from psbridge.remoting.winrm.errors.translation import causes

_CRYPTO = (
    "hashlib",
    "hmac",
    "cryptography",
    *(f"spnego._ntlm_raw.{name}" for name in ("crypto", "des", "md4", "security")),
)
_POLICY = "because its crypto policy does not allow {} "


def _rc4() -> None:
    from spnego._ntlm_raw.crypto import rc4init

    rc4init(b"0123456789abcdef")


# What NTLM is made of ([MS-NLMP] 3.3.2, 3.4); MD4 is pyspnego's own code, which no policy reaches.
_NEEDED: Mapping[str, Callable[[], object]] = {
    "MD5": lambda: hashlib.new("md5", b""),  # noqa: S324 - tried, not relied on
    "HMAC-MD5": lambda: hmac.new(b"key", b"", "md5").digest(),
    "RC4": _rc4,
}


def blocked(error: BaseException) -> str | None:
    """Return what this machine's crypto policy took from a login, as the part of a sentence; None if that is not it.

    Decided by classes, by where an error was raised, and by trying what a login needs; texts differ by OpenSSL's version.
    """
    found = list(causes(error))
    if any(isinstance(cause, UnsupportedAlgorithm | InternalError) or _raised_by_crypto(cause) for cause in found):
        lacking = list(_lacking())
        return _POLICY.format(", ".join(lacking) or "it")
    return None


def _raised_by_crypto(error: BaseException) -> bool:
    """Return whether an error came out of a library of digests and ciphers; tokens of the host are read elsewhere."""
    if not isinstance(error, ValueError | RuntimeError | TypeError | AttributeError):
        return False
    modules = (str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(module == known or module.startswith(f"{known}.") for module in modules for known in _CRYPTO)


def _lacking() -> Iterator[str]:
    for name, attempt in _NEEDED.items():
        try:
            attempt()
        except Exception:  # noqa: BLE001 - whatever a policy makes of it, it can't be computed
            yield name

"""What the libraries say when a login fails, in words for the log."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = {
    "Invalid NTLM response": "wrong password",
    "any matching credential in NTLM_USER_FILE": "unknown user",
    "Incorrect channel bindings": "the channel bindings are wrong",
}
"""What pyspnego and GSSAPI say of it: what it means."""
_MINOR: Final = re.compile(r"Minor \(\d+\): (?!Success|Unknown error)(.*?)(?:, Context: .*)?$")
_CONTEXT: Final = re.compile(r", Context: (.*)$")


def words(error: Exception) -> str:
    """Return an error's own words without those that say nothing, for the log."""
    text = " ".join(str(error).split())
    plain = next((said for mark, said in _PLAIN.items() if mark in text), None)
    if plain is not None:
        return plain
    said = _MINOR.search(text) or _CONTEXT.search(text)
    return said[1] if said else f"{type(error).__name__}: {text}"

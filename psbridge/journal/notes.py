"""What a person writes into a record: bounded, and checked before anything is done."""

from __future__ import annotations

import re
from typing import Final

from psbridge.errors import UsageError
from psbridge.wellformed import well_formed

LONGEST: Final = 500
"""Characters of a note or a reason."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def checked_note(note: str | None) -> str | None:
    """Return what `start --note` says, without blanks around it; None for none.

    Raises:
        psbridge.errors.UsageError: it is empty, too long, no text, or has control characters.
    """
    return None if note is None else _checked("--note", note, plain=True)


def checked_reason(reason: str) -> str:
    """Return what `run close --reason` says, without blanks around it.

    Raises:
        psbridge.errors.UsageError: it is empty, too long, or no text.
    """
    return _checked("--reason", reason, plain=False)


def _checked(option: str, text: str, *, plain: bool) -> str:
    words = text.strip()
    if not words:
        raise UsageError(f"{option} is empty", hint="Is the variable that holds it set?")
    if len(words) > LONGEST:
        raise UsageError(f"{option} has {len(words)} characters; {LONGEST} are allowed")
    if well_formed(words) != words:
        raise UsageError(f"{option} is not UTF-8 text")
    if plain and _CONTROL.search(words):
        raise UsageError(f"{option} has control characters, such as a line break", hint="Write it on one line.")
    return words

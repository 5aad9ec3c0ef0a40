"""Faults of WSMan. What psbridge does by one, and its sentence, is in `psbridge.catalogue.wsman_faults`."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry
from psbridge.catalogue.entries.wsman_known import KNOWN, QUOTA_LONG
from psbridge.catalogue.entries.wsman_others import MORE
from psbridge.catalogue.entries.wsman_parts import Long
from psbridge.catalogue.wsman_faults import FAULTS, OTHERS, QUOTAS, code_of

_SOURCE: Final = "wsmerror.h of the Windows SDK"


def _numbers(number: int) -> tuple[str, ...]:
    """Return the decimal spellings of a number: unsigned and, as Windows also shows it, signed."""
    return (str(number), str(number - (1 << 32))) if number >= 1 << 31 else (f"wsman-{number}",)


def _entry(number: int, name: str, more: Long, says: str, hint: tuple[str, ...], exit_code: str) -> Entry:
    return Entry(
        code_of(number) or "",
        says,
        more.backup,
        more.causes,
        (*hint, *more.steps),
        see=more.see,
        aliases=(name, *_numbers(number), *more.aliases),
        exit_code=exit_code,
        source=_SOURCE,
    )


ENTRIES: Final = (
    *(
        _entry(
            number,
            fault.name,
            QUOTA_LONG if number in QUOTAS else KNOWN[number],
            fault.says,
            (fault.hint,),
            fault.exit_code,
        )
        for number, fault in FAULTS.items()
    ),
    *(_entry(number, name, it := MORE[number], it.title, (), it.exit_code) for number, name in OTHERS.items()),
)

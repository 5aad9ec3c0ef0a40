"""Faults of WSMan. What psbridge does by one, and its sentence, is in `psbridge.catalogue.wsman_faults`."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do
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


_OTHER: Final = Entry(
    "wsman_other",
    "a fault of WSMan that has no entry of its own",
    "A fault that blames the request is permanent, any other is retried. As the answer to a start request it proves nothing: "
    "psbridge searches for the backup and ends with 0, 6 or 11.",
    ("The text after the number says why; it is in the host's language.",),
    (
        do("Let Windows explain the number, on any Windows machine.", "PS> winrm helpmsg 0x80338000"),
        do(
            "Read WinRM's event log on the host.",
            "PS> Get-WinEvent -LogName Microsoft-Windows-WinRM/Operational -MaxEvents 20",
        ),
        do("Check the way to the stamp, step by step; one login, only reads.", "$ psbridge doctor"),
    ),
    see=("troubleshooting#the-connection-is-refused-or-nothing-answers",),
    exit_code="unreachable",
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
    _OTHER,
)

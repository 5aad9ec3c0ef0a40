"""The form of an entry."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """What `psbridge explain` says about one code, row or name.

    Attributes:
        id: how it is named, unique among all entries (case and the marks `-`, `_` and blanks aside).
        title: what it is, as one clause.
        backup: what it means for the backup.
        causes: likely ones, the most likely first.
        steps: what to do, in order; `do` adds commands to one.
        outcomes: of a row of the evidence: each outcome and what it says.
        runbook: what a script does; empty if that follows from the exit code.
        see: where to read on: `PAGE` or `PAGE#HEADING` of the manual, or the id of another entry after `explain:`.
        aliases: other spellings: numbers in decimal or hex, names of constants, quoted messages.
        exit_code: the name of psbridge's exit code that it leads to; empty if it depends on the command or leads to none.
        source: where the fact is from; empty for what psbridge itself defines.
        inferred: whether its meaning is inferred rather than documented or measured.
    """

    id: str
    title: str
    backup: str
    causes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    runbook: str = ""
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    exit_code: str = ""
    source: str = ""
    inferred: bool = False
    outcomes: tuple[tuple[str, str], ...] = ()


def do(text: str, *commands: str) -> str:
    """Return a step with the commands to paste: `$ ` is the prompt of this machine's shell, `PS> ` of the host's PowerShell."""
    return "\n".join((text, *commands))

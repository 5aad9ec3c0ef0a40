"""The standard streams: closed by the caller, on a full disk, or with a reader that has exited."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from psbridge.errors import ConfigError


class Unwritten(ConfigError):
    """A result can't be written to stdout: a fault of this machine, not of the host, and not a bug."""

    explain = None  # its hint says all


def unwritten(stream: TextIO, problem: OSError) -> Unwritten:
    """Return the error for a result that can't be written to stdout; the rest of it is dropped."""
    silence(stream)
    return Unwritten(
        f"the result can't be written to stdout: {problem.strerror}",
        hint="Free some space or redirect stdout to another place, and run the command again.",
    )


def silence(stream: TextIO) -> None:
    """Drop what a stream still holds: the interpreter would try to write it again when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def prepare() -> None:
    """Make stdin, stdout and stderr usable, even if the caller closed them.

    A closed stream (`2>&-`) is replaced; else the next socket or file would take its number. Output to such a stderr is
    dropped. Writing to such a stdout fails, because a lost result is not a success.
    """
    for number, (mode, how) in enumerate((("r", os.O_RDONLY), ("w", os.O_RDONLY), ("w", os.O_RDWR))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # takes the lowest free number, which is this one
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a character that the stream can't encode must not lose the result


def drop_unread() -> None:
    """Drop what a stream holds for a reader that has exited: else the interpreter would turn any exit code into 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)

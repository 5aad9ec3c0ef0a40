"""The standard streams: closed by the caller, on a full disk, or with a reader that has gone."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from psbridge.errors import ConfigError


class Unwritten(ConfigError):
    """Stdout did not take a result: this machine's fault, and neither the host's nor a bug."""


def unwritten(stream: TextIO, problem: OSError) -> Unwritten:
    """Return the error for a result that stdout did not take; what is left of it is dropped."""
    silence(stream)
    return Unwritten(
        f"the result can't be written to stdout: {problem.strerror}",
        hint="Make room, or write it elsewhere, and ask again.",
    )


def silence(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: the interpreter would try to write it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def prepare() -> None:
    """Make stdin, stdout and stderr usable, whatever the caller has done to them.

    A stream that the caller closed (`2>&-`) gets its place filled; else the next socket or file would take its number. What
    goes to such a stderr is dropped. Such a stdout refuses to be written to: a result that nobody gets is not a success.
    """
    for number, (mode, how) in enumerate((("r", os.O_RDONLY), ("w", os.O_RDONLY), ("w", os.O_RDWR))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # takes the lowest number that is free, this one
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a stream can't encode must not cost a result


def drop_unread() -> None:
    """Drop what a stream still holds for a reader that has gone: at its end the interpreter would make 120 of any code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)

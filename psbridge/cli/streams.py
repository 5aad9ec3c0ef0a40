"""Streams that take nothing any more: a full disk, a reader that has gone."""

from __future__ import annotations

import os
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

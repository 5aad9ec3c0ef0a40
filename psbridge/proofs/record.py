"""Make the record of a report (what its verdict rests on, who made it, when and with what), and keep it in a file."""

from __future__ import annotations

import getpass
import os
import platform
from pathlib import Path

from psbridge.clock import Clock
from psbridge.documents.encoding import begins_as, to_json
from psbridge.documents.proof import MakerBody, ProofDocument
from psbridge.errors import UsageError
from psbridge.files import write_whole
from psbridge.models.report import Report
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.values import replace
from psbridge.verdict.fold import RULES
from psbridge.verdict.judge import trimmed
from psbridge.version import __version__


def record(target: Target, report: Report, clock: Clock) -> ProofDocument:
    """Return the record of a report.

    Raises:
        ValueError: the report has no case.
    """
    case = trimmed(report.case) if report.case else None
    decided = [it.decided_at for it in (case, case and case.last_good) if it is not None]
    made_at = max([Instant.of(clock.now()), *decided])  # a clock may have been set back since
    return ProofDocument.of(target, replace(report, case=case), str(made_at), _maker(), rules=RULES)


def _maker() -> MakerBody:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())  # a container's user that has no name
    return MakerBody(__version__, platform.python_version(), user, platform.node())


def check_destination(path: Path) -> None:
    """Refuse a file that could not be written, before anything is sent.

    Raises:
        UsageError: its folder is not there or can't be written, or what is there is no file, a link, or no record: a config,
            a secret or a journal is never replaced.
    """
    try:
        _check(path)
    except OSError as problem:
        raise UsageError(f"--proof: {path} can't be used: {problem.strerror}", hint="Name another file.") from problem


def _check(path: Path) -> None:
    hint = "Name a file in a folder that is there and can be written."
    if path.is_symlink():
        raise UsageError(f"--proof: {path} is a link", hint="Name the file itself: the record replaces it.")
    if path.exists() and not path.is_file():
        raise UsageError(f"--proof: {path} exists and is not a regular file", hint=hint)
    if path.exists() and not begins_as(path, "proof"):
        raise UsageError(f"--proof: {path} exists and is not a proof record", hint="Name another, or remove it first.")
    if not path.parent.is_dir():
        raise UsageError(f"--proof: the folder {path.parent} does not exist", hint=hint)
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"--proof: the folder {path.parent} can't be written", hint=hint)


def save(path: Path, made: ProofDocument) -> None:
    """Write a record whole: a file of that name is replaced at once, or stays as it was.

    Raises:
        OSError: it can't be written.
    """
    write_whole(path, (to_json(made) + "\n").encode())

"""Make the record of a report (what its verdict rests on, who made it, when and with what), and keep it in a file."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from psbridge.clock import Clock
from psbridge.documents.encoding import begins_as, to_json
from psbridge.documents.proof import MakerBody, ProofDocument
from psbridge.documents.verification import VerificationDocument
from psbridge.errors import UsageError
from psbridge.files import write_whole
from psbridge.models.report import Report
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.models.verification import VerificationReport
from psbridge.values import replace
from psbridge.verdict.fold import RULES
from psbridge.verdict.judge import trimmed
from psbridge.version import __version__

RECORDS: Final = ("proof", "verification")
"""The kinds of documents that `proof verify` judges again."""


def record(target: Target, report: Report, clock: Clock) -> ProofDocument:
    """Return the record of a report.

    Raises:
        ValueError: the report has no case.
    """
    case = trimmed(report.case) if report.case else None
    decided = [it.decided_at for it in (case, case and case.last_good) if it is not None]
    made_at = max([Instant.of(clock.now()), *decided])  # a clock may have been set back since
    return ProofDocument.of(target, replace(report, case=case), str(made_at), maker(), rules=RULES)


def verification_record(target: Target | None, report: VerificationReport, clock: Clock) -> VerificationDocument:
    """Return the document of a verification, which is its record too."""
    name, emulated = (None, False) if target is None else (target.name, target.emulated)
    return VerificationDocument.of(name, report, str(Instant.of(clock.now())), maker(), emulated=emulated)


def maker() -> MakerBody:
    """Return who makes a record now, and with what."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())  # a container's user that has no name
    return MakerBody(__version__, platform.python_version(), user, platform.node())


def check_destination(path: Path, option: str = "--proof", kinds: Sequence[str] = RECORDS) -> None:
    """Refuse a file that could not be written, before anything is sent.

    Args:
        path: the file.
        option: that names it, for the message.
        kinds: of the documents that it may replace.

    Raises:
        UsageError: its folder is not there or can't be written, or what is there is no file, a link, or another document: a
            config, a secret or a journal is never replaced.
    """
    try:
        _check(path, option, kinds)
    except OSError as problem:
        raise UsageError(f"{option}: {path} can't be used: {problem.strerror}", hint="Name another file.") from problem


def _check(path: Path, option: str, kinds: Sequence[str]) -> None:
    hint = "Name a file in a folder that is there and can be written."
    if path.is_symlink():
        raise UsageError(f"{option}: {path} is a link", hint="Name the file itself: the record replaces it.")
    if path.exists() and not path.is_file():
        raise UsageError(f"{option}: {path} exists and is not a regular file", hint=hint)
    if path.exists() and not any(begins_as(path, kind) for kind in kinds):
        what = "a proof record" if kinds == RECORDS else "what it would replace"
        raise UsageError(f"{option}: {path} exists and is not {what}", hint="Name another, or remove it first.")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: the folder {path.parent} does not exist", hint=hint)
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{option}: the folder {path.parent} can't be written", hint=hint)


def save(path: Path, made: ProofDocument | VerificationDocument) -> None:
    """Write a record whole: a file of that name is replaced at once, or stays as it was.

    Raises:
        OSError: it can't be written.
    """
    write_whole(path, (to_json(made) + "\n").encode())

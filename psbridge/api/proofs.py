"""Proof records on disk: written beside a verdict, and judged again from the file alone, with no stamp and no config."""

from __future__ import annotations

import contextlib
import getpass
import math
import os
import platform
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psbridge.bounded_json import loads
from psbridge.clock import Clock
from psbridge.errors import ExitCode, UsageError
from psbridge.files import read_regular

if TYPE_CHECKING:
    from psbridge.documents import MakerBody, ProofCheckDocument, ProofDocument
    from psbridge.models import Report, Target

_LARGEST: Final = 16 << 20
"""Bytes; a record of a wait of days has some hundred thousand."""


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
    from psbridge.documents import begins_as

    hint = "Name a file in a folder that is there and can be written."
    if path.is_symlink():
        raise UsageError(f"--proof: {path} is a link", hint="Name the file itself: a record takes its place whole.")
    if path.exists() and not path.is_file():
        raise UsageError(f"--proof: {path} is there and is no file", hint=hint)
    if path.exists() and not begins_as(path, "proof"):
        raise UsageError(f"--proof: {path} is there and is no record", hint="Name another, or remove it first.")
    if not path.parent.is_dir():
        raise UsageError(f"--proof: there is no folder {path.parent}", hint=hint)
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"--proof: the folder {path.parent} can't be written", hint=hint)


def record(target: Target, report: Report, clock: Clock) -> ProofDocument:
    """Return the record of a report.

    Raises:
        ValueError: the report rests on nothing that was seen.
    """
    from psbridge.documents import proof
    from psbridge.models import Instant

    return proof(target, report, str(Instant.of(clock.now())), _maker())


def save(path: Path, made: ProofDocument) -> None:
    """Write a record whole: a file of that name is replaced at once, or stays as it was.

    Raises:
        OSError: it can't be written.
    """
    from psbridge.documents import to_json

    fresh = path.with_name(f".{secrets.token_hex(8)}.new")  # no longer than most names, for there is a limit to them
    try:
        with fresh.open("x", encoding="utf-8") as file:
            file.write(to_json(made) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def verify_proof(path: str | Path) -> ProofCheckDocument:
    """Judge a record again, from the file alone.

    Args:
        path: what `--proof` wrote, or a run's file of the journal; of that, its last record.

    Returns:
        What the record says, and what its observations lead to. Its `exit_code` is that of the verdict, and 14 where the
        record is damaged or its verdict is not what its observations lead to.

    Raises:
        psbridge.UsageError: the file can't be read.
    """
    from psbridge.documents import ProofDocument, from_plain

    file = Path(path)
    try:
        plain = _found(_read(file))
        document = from_plain(plain)
        if not isinstance(document, ProofDocument):
            raise TypeError("it is a document of another kind")
    except (ValueError, TypeError, RecursionError) as wrong:
        return _no_record(file, str(wrong) or "it is nested too deeply")
    return _checked(file, plain, document)


def _read(file: Path) -> str:
    try:
        return read_regular(file, _LARGEST).decode("utf-8")
    except OSError as problem:
        raise UsageError(
            f"the record {file} can't be read: {problem.strerror}", hint="Name the file that --proof wrote."
        ) from problem


def _found(text: str) -> Mapping[str, Any]:
    """Return a record's values: those of the whole text, or of the last line of a journal that has one."""
    try:
        value = _loads(text)
    except ValueError:
        value = next(filter(None, map(_record_of_line, reversed(text.splitlines()))), None)
    if isinstance(value, dict) and value.get("kind") == "proof":
        return value
    raise ValueError("there is no whole record in it")


def _loads(text: str) -> Any:
    """Return the values of JSON, which has no number that is none or too large for a float, and no key twice.

    Raises:
        ValueError: it is no such JSON.
    """
    return loads(text, number=_finite, pairs=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of JSON")
    return number


def _record_of_line(line: str) -> Mapping[str, Any] | None:
    try:
        value = _loads(line)
    except ValueError:
        return None
    found = value.get("record") if isinstance(value, dict) and value.get("event") == "proof" else None
    return found if isinstance(found, dict) else None


def _checked(file: Path, plain: Mapping[str, Any], said: ProofDocument) -> ProofCheckDocument:
    from psbridge.documents import EvidenceBody, ProofCheckDocument, backup_body, checksum, grounds_of
    from psbridge.verdict import decide, exit_code_of

    try:
        grounds = grounds_of(said)
    except ValueError as wrong:
        return _no_record(file, str(wrong))
    found, code = decide(grounds.case), exit_code_of(grounds)
    evidence = tuple(EvidenceBody(row.check, row.outcome.value, row.detail) for row in found.evidence)
    intact = checksum(plain) == said.sha256
    differing = [
        f"the record says {name} {theirs}, its observations lead to {ours}"
        for name, theirs, ours in (
            ("the verdict", said.verdict, found.judgement.value),
            ("exit code", said.exit_code, int(code)),
            ("the upload's proof", said.upload_proof, found.upload_proof),
        )
        if theirs != ours
    ]
    # Sentences may be worded otherwise by another release, and rows be added; what a row found may not change.
    outcomes = {row.check: row.outcome for row in evidence}
    differing += [
        f"the record says {row.check} {row.outcome}, its observations lead to {outcomes[row.check]}"
        for row in said.evidence
        if outcomes.get(row.check, row.outcome) != row.outcome
    ]
    damage = [] if intact else ["the record is damaged: its SHA-256 is not that of its content"]
    return ProofCheckDocument(
        file=str(file),
        intact=intact,
        agrees=not differing,
        exit_code=int(ExitCode.UNKNOWN if damage or differing else code),
        problems=(*damage, *differing),
        target=said.target,
        emulated=said.emulated,
        made_at=said.made_at,
        made_by=said.made_by,
        host=said.host,
        run=said.run,
        backup=backup_body(found.backup) if found.backup else None,
        recorded_verdict=said.verdict,
        recorded_exit_code=said.exit_code,
        verdict=found.judgement.value,
        evidence=evidence,
        note=said.note,
    )


def _no_record(file: Path, why: str) -> ProofCheckDocument:
    from psbridge.documents import ProofCheckDocument

    return ProofCheckDocument(
        file=str(file),
        intact=False,
        agrees=False,
        exit_code=int(ExitCode.UNKNOWN),
        problems=(f"not a record that can be judged: {why}",),
        target=None,
        emulated=None,
        made_at=None,
        made_by=None,
        host=None,
        run=None,
        backup=None,
        recorded_verdict=None,
        recorded_exit_code=None,
        verdict=None,
        evidence=(),
    )


def _maker() -> MakerBody:
    from psbridge.documents import MakerBody
    from psbridge.version import __version__

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())  # a container's user that has no name
    return MakerBody(__version__, platform.python_version(), user, platform.node())

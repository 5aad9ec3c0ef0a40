"""Open the .pfx file that the command line names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from psbridge.api.verification import Verify
    from psbridge.cli.context import Context
    from psbridge.journal.keys import KeyBook
    from psbridge.models.report import Report
    from psbridge.models.secret import Secret
    from psbridge.models.target import Target
    from psbridge.models.verification import VerificationReport
    from psbridge.store.key import HeldKey


def opened_key(context: Context, key: str | Path, password_file: str | Path | None) -> HeldKey:
    """Return the opened certificate. From now on this process leaves no core file.

    The password is in the file that was named, else it is asked for on a terminal. In a pipe without a file, an empty one is
    tried, because a .pfx file may have none.

    Raises:
        psbridge.UsageError: a path is not one.
        psbridge.ConfigError: the file with the password can't be used.
        psbridge.PrerequisiteError: the .pfx file or its password can't be used.
    """
    from psbridge.files import whole
    from psbridge.store.key import open_key, without_core_dumps

    without_core_dumps()
    try:
        path = whole(key)
    except FileNotFoundError as wrong:
        raise UsageError(f"--key: {key}: {wrong.strerror}", hint="Name the .pfx file by its absolute path.") from wrong
    return open_key(path, _password(context, path, password_file))


def _password(context: Context, path: Path, file: str | Path | None) -> Secret:
    if file is not None:
        from psbridge.config.secrets import FromFile, read

        where = Path(file)
        if not where.is_absolute():
            where = Path.cwd() / where
        try:
            return read(FromFile(str(where)), context.env, None, "--key-password-file", context.warn)
        except ConfigError as wrong:
            raise wrong.replace(hint="Name a file whose only line is the password of the .pfx file.") from None
    from psbridge.models.secret import Secret

    prompt = context.prompt()
    return Secret("" if prompt is None else prompt(f"password of {path}"))


def remember(context: Context, key: HeldKey, backup_id: str) -> None:
    """Remember that a key opened a backup; never the key. A failure is a warning."""
    import platform

    from psbridge.models.keys import OpenedKey
    from psbridge.models.time import Instant

    opened = OpenedKey(
        thumbprint=key.thumbprint,
        subject=key.subject,
        serial=key.serial,
        not_after=key.not_after,
        path=str(key.path),
        machine=platform.node(),
        opened_at=Instant.of(context.clock.now()),
        backup_id=backup_id,
    )
    _kept(context, lambda book: book.opened(opened))


def remember_verification(
    context: Context, target: Target | None, report: VerificationReport, key: HeldKey | None
) -> None:
    """Remember how a verification ended, and that its key opened the backup. A failure is a warning."""
    from psbridge.models.keys import LastVerification
    from psbridge.models.time import Instant
    from psbridge.models.verification import Level, TestResult

    case, found = report.case, report.verification
    opened = [each.opened.result is TestResult.PASS for each in case.snapshots]
    if key is not None and case.level.includes(Level.OPENABLE) and opened and all(opened):
        remember(context, key, case.backup_id)
    if target is not None:
        last = LastVerification(
            at=Instant.of(context.clock.now()),
            backup_id=case.backup_id,
            where=case.where,
            level=case.level,
            reached=found.reached,
            exit_code=int(report.exit_code),
        )
        _kept(context, lambda book: book.verified(target.name, last))


def remember_read(context: Context, target: Target, report: Report, verify: Verify | None) -> None:
    """Remember what `--verify` of a start, wait or confirm read."""
    if verify is None or report.case is None or report.case.store is None:
        return
    from psbridge.models.verification import VerificationReport
    from psbridge.verdict.store import judge_store, problem_of

    case = report.case.store
    found = judge_store(case)
    done = VerificationReport(case=case, verification=found, problem=problem_of(case, found))
    remember_verification(context, target, done, verify.key)


def _kept(context: Context, keep: Callable[[KeyBook], object]) -> None:
    from psbridge.api.folders import state_folder
    from psbridge.journal.keys import KeyBook

    try:
        keep(KeyBook(state_folder(context.options.state_dir, context.env)))
    except OSError as problem:
        context.warn(f"the result can't be remembered in the state folder: {problem.strerror}")

"""Documents from models; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from psbridge.documents.encoding import plain
from psbridge.documents.kinds.backups import BackupBody, BackupDocument, BackupListDocument
from psbridge.documents.kinds.problems import CodeBody, ErrorBody, ErrorDocument, ExplanationDocument, LogDocument
from psbridge.documents.kinds.runs import RunBody, RunClosedDocument, RunDocument, RunListDocument
from psbridge.documents.kinds.settings import (
    ConfigDocument,
    ConfigProblemsDocument,
    ProblemBody,
    SettingsDocument,
    TargetBody,
    TargetListDocument,
)
from psbridge.documents.kinds.verdicts import (
    DryRunDocument,
    EvidenceBody,
    StampBody,
    StartedDocument,
    StatusDocument,
    VerdictDocument,
)
from psbridge.documents.mirror import Mirror
from psbridge.documents.mirrors import backup_mirror, settings_mirror
from psbridge.errors import ExitCode, Interrupted, PsbridgeError, Trigger

if TYPE_CHECKING:
    from psbridge.models import events
    from psbridge.models.backup import Backup
    from psbridge.models.context import AzContext
    from psbridge.models.report import DryRun, Report, RunRecord
    from psbridge.models.settings import BackupSettings
    from psbridge.models.target import Target

_BUG = "psbridge has met a bug of its own, or an answer that it has no name for"
_Action = Literal["started", "attached", "skipped"]
_Would = Literal["start", "attach", "queue", "skip", "refuse"]
_Level = Literal["debug", "info", "warning", "error"]


def backup_body(backup: Backup) -> BackupBody:
    """Return BACKUP of the contract."""
    return backup_mirror().write(backup)


def _maybe(backup: Backup | None) -> BackupBody | None:
    return None if backup is None else backup_body(backup)


def stamp_body(context: AzContext | None, location: str | None) -> StampBody | None:
    """Return what the session was signed in to, None if it was not read."""
    if context is None:
        return None
    return StampBody(
        environment=context.environment,
        subscription_id=context.subscription_id,
        subscription_name=context.subscription_name,
        tenant=context.tenant,
        account=context.account,
        location=location,
    )


def backup_list(target: Target, backups: Iterable[Backup]) -> BackupListDocument:
    """Return the document of `backup list`, the backups in the order given."""
    made = tuple(backup_body(backup) for backup in backups)
    return BackupListDocument(target=target.name, emulated=target.emulated, backups=made)


def backup(target: Target, shown: Backup) -> BackupDocument:
    """Return the document of `backup show`."""
    return BackupDocument(target=target.name, emulated=target.emulated, backup=backup_body(shown))


def verdict(target: Target, report: Report) -> VerdictDocument:
    """Return the document of a start, wait or confirm that ended with a verdict."""
    held = report.verdict
    rows = tuple(EvidenceBody(row.check, row.outcome.value, row.detail) for row in report.evidence)
    location = target.location or (held.backup.location if held.backup else None)
    return VerdictDocument(
        target=target.name,
        emulated=target.emulated,
        action=cast("_Action | None", report.action),
        run=report.run,
        verdict=held.judgement.value,
        exit_code=int(report.exit_code),
        backup=_maybe(held.backup),
        last_good=_maybe(held.last_good),
        upload_proof=cast("Literal['shown', 'assumed'] | None", held.upload_proof),
        evidence=rows,
        stamp=stamp_body(report.context, location),
        reason=report.reason,
        retry_at=None if report.retry_at is None else str(report.retry_at),
    )


def started(target: Target, event: events.Started) -> StartedDocument:
    """Return the document that gives the id of a backup as soon as it is known."""
    action = cast("Literal['started', 'attached']", event.action)
    return StartedDocument(target=target.name, emulated=target.emulated, run=event.run, id=event.id, action=action)


def status(target: Target, event: events.Status) -> StatusDocument:
    """Return the document of one look at a running backup."""
    return StatusDocument(
        target=target.name,
        emulated=target.emulated,
        id=event.id,
        status=event.backup.status if event.backup else None,
        elapsed_seconds=event.elapsed_seconds,
        eta_seconds=event.eta_seconds,
        roles_done=event.roles_done,
        roles_total=event.roles_total,
    )


def settings(target: Target, found: BackupSettings) -> SettingsDocument:
    """Return the document of `settings show`."""
    return SettingsDocument(target=target.name, emulated=target.emulated, settings=settings_mirror().write(found))


def error(exception: BaseException, *, trigger: Trigger = Trigger.NOT_SENT) -> ErrorDocument:
    """Return the document of an error.

    Args:
        exception: any; what is not of psbridge's tree is `internal`, Ctrl-C `interrupted`.
        trigger: whether a trigger was sent, for an exception that can't say so itself.
    """
    if isinstance(exception, PsbridgeError):
        known = exception
        trigger = exception.trigger
    elif isinstance(exception, KeyboardInterrupt):
        known = Interrupted("interrupted")
    else:
        text = " ".join(str(exception).split())
        known = PsbridgeError(
            f"{_BUG}: {type(exception).__name__}{': ' if text else ''}{text}",
            hint="run it again with --debug and report the traceback",
        )
    body = ErrorBody(
        code=known.code,
        exit_code=int(known.exit_code),
        message=known.message,
        hint=known.hint,
        id=known.id,
        trigger=trigger.value,
        detail=cast("dict[str, Any]", plain(known.detail)),
    )
    return ErrorDocument(error=body)


def run_body(record: RunRecord) -> RunBody:
    """Return one run of the journal as its keys."""
    from psbridge.models.report import RunRecord

    return Mirror(RunRecord, RunBody).write(record)


def run_list(records: Iterable[RunRecord]) -> RunListDocument:
    """Return the document of `run list`."""
    return RunListDocument(runs=tuple(run_body(record) for record in records))


def run(record: RunRecord, at_work: str | None = None, next_steps: Iterable[str] = ()) -> RunDocument:
    """Return the document of `run show`: the run, the process that is at it, and the commands that lead it on."""
    return RunDocument(run=run_body(record), at_work=at_work, next_steps=tuple(next_steps))


def run_closed(record: RunRecord, message: str) -> RunClosedDocument:
    """Return the document of `run close`."""
    return RunClosedDocument(run=run_body(record), message=message)


def dry_run(target: Target, plan: DryRun) -> DryRunDocument:
    """Return the document of `backup start --dry-run`."""
    return DryRunDocument(
        target=plan.target,
        emulated=target.emulated,
        host=plan.host,
        location=plan.location,
        would=cast("_Would", plan.would),
        reason=plan.reason,
        what_if=plan.what_if,
        stamp=stamp_body(plan.context, plan.location),
        running=_maybe(plan.running),
        last_good=_maybe(plan.last_good),
        would_exit_code=None if plan.would_exit is None else int(plan.would_exit),
        warnings=plan.warnings,
    )


def config(
    path: str | None,
    defaults: Mapping[str, Any],
    targets: Mapping[str, Mapping[str, Any]],
    origins: Mapping[str, str] | None = None,
) -> ConfigDocument:
    """Return the document of `config show`; the values are those of `psbridge.config.show`, secrets masked."""
    return ConfigDocument(
        path=path,
        defaults=dict(defaults),
        targets={name: dict(values) for name, values in targets.items()},
        origins=None if origins is None else dict(origins),
    )


def config_problems(
    path: str | None, problems: Iterable[Mapping[str, Any]], not_checked: Iterable[str] = ()
) -> ConfigProblemsDocument:
    """Return the document of `config validate`; each problem is as in `detail.problems` of the ConfigError."""
    made = tuple(
        ProblemBody(
            severity=problem.get("severity", "error"),
            file=problem.get("file"),
            line=problem.get("line"),
            key=problem.get("key"),
            message=problem["message"],
            nearest=problem.get("nearest"),
        )
        for problem in problems
    )
    return ConfigProblemsDocument(path=path, problems=made, not_checked=tuple(not_checked))


def target_list(
    targets: Iterable[Target], default: str | None = None, invalid: Mapping[str, str] | None = None
) -> TargetListDocument:
    """Return the document of `target list`.

    Args:
        targets: those that are sound, and `demo`.
        default: the one that is taken without `--target`.
        invalid: what is wrong with each other one.
    """
    sound = [
        TargetBody(
            name=target.name,
            hosts=tuple(endpoint.url for endpoint in target.endpoints),
            auth=target.endpoints[0].auth.value if target.endpoints else None,
            location=target.location,
            subscription=target.subscription,
            emulated=target.emulated,
            default=target.name == default,
        )
        for target in targets
    ]
    wrong = [
        TargetBody(name, (), None, None, None, emulated=False, default=name == default, problem=problem)
        for name, problem in (invalid or {}).items()
    ]
    real = [target for target in sound if not target.emulated]
    return TargetListDocument(targets=(*real, *wrong, *(target for target in sound if target.emulated)))


def explanation(codes: Iterable[ExitCode]) -> ExplanationDocument:
    """Return the document of `explain` for one code or many."""
    return ExplanationDocument(codes=tuple(CodeBody(int(c), c.label, c.meaning) for c in codes))


def log(level: _Level, message: str, *, source: Literal["psbridge", "host"] = "psbridge") -> LogDocument:
    """Return one line of stderr for json and jsonl."""
    return LogDocument(level=level, source=source, message=message)

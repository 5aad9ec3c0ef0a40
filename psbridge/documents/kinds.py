"""One frozen dataclass a JSON `kind`. Fields are the contract's keys in the contract's order.

Within a `schema_version` keys and kinds may be added, none is renamed or removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from psbridge.documents.bodies import (
    BackupBody,
    CodeBody,
    ErrorBody,
    EvidenceBody,
    ProblemBody,
    RunBody,
    SettingsBody,
    StampBody,
    TargetBody,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupListDocument:
    """`backup list`: newest first."""

    schema_version: Literal[1] = 1
    kind: Literal["backup_list"] = "backup_list"
    target: str
    emulated: bool
    backups: tuple[BackupBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupDocument:
    """`backup show`."""

    schema_version: Literal[1] = 1
    kind: Literal["backup"] = "backup"
    target: str
    emulated: bool
    backup: BackupBody


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictDocument:
    """The end of a start, wait or confirm."""

    schema_version: Literal[1] = 1
    kind: Literal["verdict"] = "verdict"
    target: str
    emulated: bool
    action: Literal["started", "attached", "skipped"] | None
    run: str | None
    verdict: Literal["confirmed", "partial", "failed", "running", "unproven", "unknown"]
    exit_code: int
    backup: BackupBody | None
    last_good: BackupBody | None
    upload_proof: Literal["shown", "assumed"] | None
    evidence: tuple[EvidenceBody, ...]
    stamp: StampBody | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedDocument:
    """The id is known: the first JSON line of a start, and the result with `--no-wait`."""

    schema_version: Literal[1] = 1
    kind: Literal["started"] = "started"
    target: str
    emulated: bool
    run: str | None
    id: str
    action: Literal["started", "attached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusDocument:
    """How a backup is; `status` is null while the stamp does not show it."""

    schema_version: Literal[1] = 1
    kind: Literal["status"] = "status"
    target: str
    emulated: bool
    id: str
    status: str | None
    elapsed_seconds: float
    eta_seconds: float | None
    roles_done: int | None
    roles_total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDocument:
    """`settings show`."""

    schema_version: Literal[1] = 1
    kind: Literal["settings"] = "settings"
    target: str
    emulated: bool
    settings: SettingsBody


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDocument:
    """An error that has no result document."""

    schema_version: Literal[1] = 1
    kind: Literal["error"] = "error"
    error: ErrorBody


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListDocument:
    """`run list`."""

    schema_version: Literal[1] = 1
    kind: Literal["run_list"] = "run_list"
    runs: tuple[RunBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """`run show`."""

    schema_version: Literal[1] = 1
    kind: Literal["run"] = "run"
    run: RunBody


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunDocument:
    """What a start would do, where, and as whom."""

    schema_version: Literal[1] = 1
    kind: Literal["dry_run"] = "dry_run"
    target: str
    emulated: bool
    action: Literal["dry_run"] = "dry_run"
    host: str
    location: str
    would: Literal["start", "attach", "queue", "skip", "refuse"]
    reason: str | None
    what_if: bool | None
    stamp: StampBody | None
    running: BackupBody | None
    last_good: BackupBody | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """`config show`: secrets masked. `origins` names where each value comes from, by its dotted key."""

    schema_version: Literal[1] = 1
    kind: Literal["config"] = "config"
    path: str | None
    defaults: dict[str, object]
    targets: dict[str, dict[str, object]]
    origins: dict[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblemsDocument:
    """`config validate`: empty `problems` where all is well."""

    schema_version: Literal[1] = 1
    kind: Literal["config_problems"] = "config_problems"
    path: str | None
    problems: tuple[ProblemBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetListDocument:
    """`target list`."""

    schema_version: Literal[1] = 1
    kind: Literal["target_list"] = "target_list"
    targets: tuple[TargetBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationDocument:
    """`explain`: one code, or all."""

    schema_version: Literal[1] = 1
    kind: Literal["explanation"] = "explanation"
    codes: tuple[CodeBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulationDocument:
    """Where `emulate` listens and how to sign in. Its secrets are those of an emulated host, made for this start."""

    schema_version: Literal[1] = 1
    kind: Literal["emulation"] = "emulation"
    url: str
    engine: str
    scenario: str
    speed: float
    username: str
    password: str
    ca_file: str | None
    location: str
    application_id: str
    application_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDocument:
    """One line of stderr where the output is json or jsonl. `source` is `psbridge` or `host`."""

    schema_version: Literal[1] = 1
    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"]
    source: Literal["psbridge", "host"]
    message: str


Document = (
    BackupListDocument
    | BackupDocument
    | VerdictDocument
    | StartedDocument
    | StatusDocument
    | SettingsDocument
    | ErrorDocument
    | RunListDocument
    | RunDocument
    | DryRunDocument
    | ConfigDocument
    | ConfigProblemsDocument
    | TargetListDocument
    | ExplanationDocument
    | EmulationDocument
    | LogDocument
)
KINDS: dict[str, type[Document]] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(Document)}

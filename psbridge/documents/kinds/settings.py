"""What is told of psbridge's config, of its targets, and of a stamp's settings."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class SettingsBody(msgspec.Struct, frozen=True):
    """The stamp's backup configuration."""

    location: str | None
    path: str | None
    user_name: str | None
    encryption_cert_thumbprint: str | None
    backup_frequency_in_hours: int | None
    backup_retention_period_in_days: int | None
    available_capacity: str | None
    is_backup_scheduler_enabled: bool | None
    next_backup_time: str | None
    last_backup_time: str | None
    resource_id: str | None


class SettingsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`settings show`."""

    schema_version: Literal[1] = 1
    kind: Literal["settings"] = "settings"
    target: str
    emulated: bool
    settings: SettingsBody


class ProblemBody(msgspec.Struct, frozen=True):
    """One thing that is wrong, or worth a warning, in a config."""

    severity: Literal["error", "warning"]
    file: str | None
    line: int | None
    key: str | None
    message: str
    nearest: str | None


class TargetBody(msgspec.Struct, frozen=True):
    """One target, without its secrets. An invalid one has its name and what is wrong with it, and nothing else."""

    name: str
    hosts: tuple[str, ...]
    auth: str | None
    location: str | None
    subscription: str | None
    emulated: bool
    default: bool
    problem: str | None = None


class ConfigDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`config show`: secrets masked. `origins` names where each value comes from, by its dotted key."""

    schema_version: Literal[1] = 1
    kind: Literal["config"] = "config"
    path: str | None
    defaults: dict[str, Any]
    targets: dict[str, dict[str, Any]]
    origins: dict[str, str] | None


class ConfigProblemsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`config validate`: empty `problems` where all is well; `not_checked` says what can't be known without the network."""

    schema_version: Literal[1] = 1
    kind: Literal["config_problems"] = "config_problems"
    path: str | None
    problems: tuple[ProblemBody, ...]
    not_checked: tuple[str, ...] = ()


class TargetListDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`target list`."""

    schema_version: Literal[1] = 1
    kind: Literal["target_list"] = "target_list"
    targets: tuple[TargetBody, ...]

"""What `doctor` found: one result per stage."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from psbridge.errors import ExitCode, PsbridgeError

STAGE_NAMES: Final = (
    *("config", "machine", "name", "tcp", "tls", "wsman", "login", "session", "modules", "sign_in"),
    *("location", "settings", "backups", "alerts", "updates", "clock", "shells"),
)
"""The stages in their order; `psbridge.doctor.stages` has what runs each."""


class StageState(StrEnum):
    """How a stage ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    NOT_REACHED = "not_reached"


class Finding(msgspec.Struct, frozen=True):
    """One thing that a stage found.

    Attributes:
        text: a short sentence without a full stop.
        state: `ok`, `warn` or `fail`.
        remedy: what to do, in full sentences.
    """

    text: str
    state: StageState = StageState.OK
    remedy: str | None = None


class StageResult(msgspec.Struct, frozen=True):
    """How one stage ended.

    Attributes:
        stage: its name in the table of stages.
        group: the group whose time limit it shares.
        seconds: how long it took; None if it was not reached.
        findings: the evidence, the most important first.
        facts: the evidence for machines, by name; JSON values, no secrets.
        error: why it failed, None otherwise.
    """

    state: StageState
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)
    error: PsbridgeError | None = None
    seconds: float | None = None
    stage: str = ""
    group: str = ""

    @property
    def code(self) -> str | None:
        """The label of the exit code of a failure."""
        return self.error.code if self.error is not None else None

    @property
    def remedy(self) -> str | None:
        """What to do about the most important finding that has a remedy."""
        worst = [it for it in self.findings if it.state is self.state and it.remedy]
        return worst[0].remedy if worst else None


class Diagnosis(msgspec.Struct, frozen=True):
    """All stages of one run, in their order.

    Attributes:
        target: None if none could be chosen.
        not_checked: what no stage can know without a change on the stamp.
    """

    target: str | None
    emulated: bool
    stages: tuple[StageResult, ...]
    not_checked: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the first failure, else 0. A warning never changes it."""
        errors = (it.error for it in self.stages if it.state is StageState.FAIL)
        return next((error.exit_code for error in errors if error is not None), ExitCode.OK)

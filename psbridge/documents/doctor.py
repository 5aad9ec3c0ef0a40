"""`doctor`: what each stage found."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document, copied
from psbridge.documents.encoding import plain
from psbridge.documents.error import ErrorBody, error_body
from psbridge.models.diagnosis import Diagnosis, StageResult


class FindingBody(msgspec.Struct, frozen=True):
    """One thing that a stage found, and what to do about it."""

    text: str
    state: Literal["ok", "warn", "fail", "not_reached"]
    remedy: str | None


class StageBody(msgspec.Struct, frozen=True):
    """How one stage ended; `code` and `error` are those of a failure, `facts` depend on the stage."""

    stage: str
    group: str
    state: Literal["ok", "warn", "fail", "not_reached"]
    seconds: float | None
    evidence: tuple[FindingBody, ...]
    facts: dict[str, Any]
    remedy: str | None
    code: str | None
    error: ErrorBody | None


class DoctorDocument(Document, frozen=True, kw_only=True):
    """`doctor`: `exit_code` and `code` are those of the first failure, 0 and `ok` without one."""

    kind: Literal["doctor"] = "doctor"
    target: str | None
    emulated: bool
    exit_code: int
    code: str
    stages: tuple[StageBody, ...]
    not_checked: tuple[str, ...]

    @classmethod
    def of(cls, found: Diagnosis) -> Self:
        """Return the document of all stages."""
        stages = tuple(map(stage_body, found.stages))
        return copied(cls, found, exit_code=int(found.exit_code), code=found.exit_code.label, stages=stages)


def stage_body(result: StageResult) -> StageBody:
    """Return one stage as the document has it."""
    evidence = tuple(FindingBody(it.text, it.state.value, it.remedy) for it in result.findings)
    error = None if result.error is None else error_body(result.error)
    seconds = None if result.seconds is None else round(result.seconds, 3)
    return copied(
        StageBody,
        result,
        state=result.state.value,
        seconds=seconds,
        evidence=evidence,
        facts=plain(result.facts),
        error=error,
    )

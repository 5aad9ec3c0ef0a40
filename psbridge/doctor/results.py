"""How a stage says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from psbridge.errors import PsbridgeError
from psbridge.models.diagnosis import Finding, StageResult, StageState

_WEIGHT = {StageState.OK: 0, StageState.WARN: 1, StageState.FAIL: 2}


def ok(text: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(text)


def warn(text: str, remedy: str | None = None) -> Finding:
    """Return a finding that does not stop a start."""
    return Finding(text, StageState.WARN, remedy)


def fail(error: PsbridgeError) -> Finding:
    """Return a finding that stops a start."""
    return Finding(error.message, StageState.FAIL, error.hint)


class Found(msgspec.Struct, frozen=True):
    """A finding with its facts for machines, and the error of a failure."""

    finding: Finding
    facts: Mapping[str, Any] = {}
    error: PsbridgeError | None = None

    @classmethod
    def failure(cls, error: PsbridgeError, facts: Mapping[str, Any] | None = None) -> Self:
        """Return what stops a start."""
        return cls(fail(error), facts or {}, error)


def found(
    *findings: Finding | Found, facts: Mapping[str, Any] | None = None, error: PsbridgeError | None = None
) -> StageResult:
    """Return the result of a stage: as bad as the worst of its findings, which come first; its error is the first one.

    `error`: what stops a start, in addition to the findings.
    """
    all_of = [it if isinstance(it, Found) else Found(it) for it in findings]
    all_of += [Found.failure(error)] if error is not None else []
    ordered = sorted((it.finding for it in all_of), key=lambda it: -_WEIGHT[it.state])
    facts = dict(facts or {})
    for each in all_of:
        facts |= each.facts
    error = next((it.error for it in all_of if it.error is not None), None)
    return StageResult(ordered[0].state if ordered else StageState.OK, tuple(ordered), facts, error)


def failed(error: PsbridgeError, facts: Mapping[str, Any] | None = None) -> StageResult:
    """Return the result of a stage that failed."""
    return found(Found.failure(error), facts=facts)


def left_out(why: str) -> StageResult:
    """Return the result of a stage that was not reached."""
    return StageResult(StageState.NOT_REACHED, (Finding(why, StageState.NOT_REACHED),))


def not_reached(*failed: str) -> StageResult:
    """Return the result of a stage that was not reached, because these failed."""
    return left_out(f"{', '.join(failed)} failed")


def absent(command: str) -> StageResult:
    """Return the result of a stage for which the host has no command."""
    return left_out(f"the host has no {command}")


def ended(stage: str) -> StageResult:
    """Return the result of a stage before which the session ended."""
    return left_out(f"the session ended in {stage}")


def unread(what: str, problem: PsbridgeError) -> StageResult:
    """Return the result of a stage that can't read what a start does without."""
    return found(warn(f"{what} can't be read: {problem.message}", problem.hint))

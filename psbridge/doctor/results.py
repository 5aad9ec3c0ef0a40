"""How a stage says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def found(
    *findings: Finding, facts: Mapping[str, Any] | None = None, error: PsbridgeError | None = None
) -> StageResult:
    """Return the result of a stage: as bad as the worst of its findings, which come first.

    `error`: the first failure; its finding need not be given.
    """
    listed = [*findings, *([fail(error)] if error is not None and fail(error) not in findings else [])]
    ordered = tuple(sorted(listed, key=lambda it: -_WEIGHT[it.state]))
    return StageResult(ordered[0].state if ordered else StageState.OK, ordered, facts or {}, error)


def failed(error: PsbridgeError, facts: Mapping[str, Any] | None = None) -> StageResult:
    """Return the result of a stage that failed."""
    return found(error=error, facts=facts)


def not_reached(*missing: str) -> StageResult:
    """Return the result of a stage whose needs, named by their stages, were not met."""
    return StageResult(StageState.NOT_REACHED, (Finding(f"needs {', '.join(missing)}", StageState.NOT_REACHED),))


def unread(what: str, problem: PsbridgeError) -> StageResult:
    """Return the result of a stage that can't read what a start does without."""
    return found(warn(f"{what} can't be read: {problem.message}", problem.hint))

"""`config validate`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document


class ProblemBody(msgspec.Struct, frozen=True):
    """One thing that is wrong, or worth a warning, in a config."""

    severity: Literal["error", "warning"]
    file: str | None
    line: int | None
    key: str | None
    message: str
    nearest: str | None


class ConfigProblemsDocument(Document, frozen=True, kw_only=True):
    """`config validate`: empty `problems` where all is well; `not_checked` says what can't be known without the network."""

    kind: Literal["config_problems"] = "config_problems"
    path: str | None
    problems: tuple[ProblemBody, ...]
    not_checked: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: str | None, problems: Iterable[Mapping[str, Any]], not_checked: Iterable[str] = ()) -> Self:
        """Return the document of problems, each as in `detail.problems` of a ConfigError."""
        return cls(path=path, problems=tuple(map(_problem, problems)), not_checked=tuple(not_checked))


def _problem(told: Mapping[str, Any]) -> ProblemBody:
    return ProblemBody(
        severity=told.get("severity", "error"),
        file=told.get("file"),
        line=told.get("line"),
        key=told.get("key"),
        message=told["message"],
        nearest=told.get("nearest"),
    )

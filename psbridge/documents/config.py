"""`config show`, `config validate` and `target list`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

import msgspec

from psbridge.documents.document import Document, copied
from psbridge.models.target import Target


class ConfigDocument(Document, frozen=True, kw_only=True):
    """`config show`: secrets masked. `origins` names where each value comes from, by its dotted key."""

    kind: Literal["config"] = "config"
    path: str | None
    defaults: dict[str, Any]
    targets: dict[str, dict[str, Any]]
    origins: dict[str, str] | None


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
        return cls(path=path, problems=tuple(ProblemBody(**each) for each in problems), not_checked=tuple(not_checked))


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


class TargetListDocument(Document, frozen=True, kw_only=True):
    """`target list`."""

    kind: Literal["target_list"] = "target_list"
    targets: tuple[TargetBody, ...]

    @classmethod
    def of(
        cls, targets: Iterable[Target], default: str | None = None, invalid: Mapping[str, str] | None = None
    ) -> Self:
        """Return the document of the targets; the emulated one comes last.

        Args:
            targets: those that are sound, and `demo`.
            default: the one that is taken without `--target`.
            invalid: what is wrong with each other one.
        """
        sound = [_target(target, default) for target in targets]
        wrong = [
            TargetBody(name, (), None, None, None, emulated=False, default=name == default, problem=problem)
            for name, problem in (invalid or {}).items()
        ]
        real = [target for target in sound if not target.emulated]
        return cls(targets=(*real, *wrong, *(target for target in sound if target.emulated)))


def _target(target: Target, default: str | None) -> TargetBody:
    return copied(
        TargetBody,
        target,
        hosts=tuple(endpoint.url for endpoint in target.endpoints),
        auth=target.endpoints[0].auth.value if target.endpoints else None,
        default=target.name == default,
    )

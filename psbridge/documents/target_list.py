"""`target list`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document
from psbridge.models.target import Target


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
    return TargetBody(
        name=target.name,
        hosts=tuple(endpoint.url for endpoint in target.endpoints),
        auth=target.endpoints[0].auth.value if target.endpoints else None,
        location=target.location,
        subscription=target.subscription,
        emulated=target.emulated,
        default=target.name == default,
    )

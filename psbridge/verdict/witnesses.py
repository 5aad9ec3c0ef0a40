"""The sources of one observation, compared field by field. Pure.

A field that `Backup` gains is compared as it is, until the table says how.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from psbridge.models.backup import Backup, Phase, backup_id
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant, Span
from psbridge.verdict.roles import comparable_roles, differing_roles, impossible_roles, worse_role

_SECOND: Final = Span.of_seconds(1)
"""By how much two times of one backup may differ: a source may cut the fraction (inferred)."""


def _as_it_is(value: Any) -> Any:
    return value


def _word(value: str | None) -> str:
    return ascii_lower(value or "")


def _id(value: str) -> str:
    try:
        return backup_id(value)
    except ValueError:
        return ascii_lower(value)


def _within_a_second(one: Instant | Span, other: Instant | Span) -> bool:
    return abs(one.ticks - other.ticks) <= _SECOND.ticks


class Comparison(msgspec.Struct, frozen=True):
    """How two sources' values of one field are compared.

    Attributes:
        check: the name under which the config may turn a difference into a warning, if that name is one of
            `models.INFERRED_CHECKS`.
        normal: what is compared of a value.
        same: whether two such are the same.
        silent: whether None is silence, and not a value.
    """

    check: str
    normal: Callable[[Any], Any] = _as_it_is
    same: Callable[[Any, Any], bool] = lambda one, other: bool(one == other)
    silent: bool = True


TABLE: Final = {
    "id": Comparison("id"),
    "name": Comparison("id", _id),
    "resource_id": Comparison("id", _id),
    "location": Comparison("location", ascii_lower),
    "status": Comparison("status", _word, silent=False),
    "roles": Comparison("roles", comparable_roles),
    "completed_at": Comparison("end_time", same=_within_a_second),
    "duration": Comparison("duration", same=_within_a_second),
    "stamp_version": Comparison("versions"),
    "oem_version": Comparison("versions"),
    "data_version": Comparison("data_version"),
    "deployment_id": Comparison("deployment", ascii_lower),
    "encryption_cert_thumbprint": Comparison("thumbprint", ascii_lower),
    "is_cloud_recovery_ready": Comparison("readiness"),
    "completely_uploaded": Comparison("upload"),
    "is_automatic": Comparison("automatic"),
}
PROGRESS: Final = ("completely_uploaded", "is_cloud_recovery_ready")
"""What still changes after the end, and only to true: from false, or from nothing."""


class Difference(msgspec.Struct, frozen=True):
    """What can't be true of one backup, with both values."""

    check: str
    text: str


def witnesses_of(observation: Observation) -> tuple[Witness, ...]:
    """Return the witnesses of a read; without any, its backup is the only one."""
    if observation.witnesses or observation.backup is None:
        return observation.witnesses
    return (Witness(Source.OBJECT, observation.backup),)


def differences(observation: Observation) -> tuple[Difference, ...]:
    """Return where the witnesses of a read differ, or can't be right.

    While all of them show a backup that runs, only its id counts: they were read one after the other.
    """
    witnesses = witnesses_of(observation)
    if observation.backup is None:
        return tuple(_shown_by_one(it) for it in witnesses[:1])
    if strangers := [it for it in witnesses if it.backup.id != observation.backup.id]:
        return tuple(_stranger(observation.backup.id, it) for it in strangers)
    if all(it.backup.phase is Phase.LIVE for it in witnesses):
        return ()
    torn = () if observation.witnesses_agree or observation.witnesses else (_TORN,)
    return (*torn, *_between(witnesses), *(each for it in witnesses for each in _within(it)))


_TORN: Final = Difference("status", "the module's object and the raw JSON give different statuses")


def _shown_by_one(witness: Witness) -> Difference:
    return Difference(
        "id", f"{witness.source.shown} shows backup {witness.backup.id}, and the module shows no such backup"
    )


def _stranger(id: str, witness: Witness) -> Difference:
    return Difference("id", f"{witness.source.shown} is about backup {witness.backup.id}, and {id} was asked for")


def across(witnesses: Sequence[Witness]) -> tuple[Difference, ...]:
    """Return where sources that were not read together differ. Values that may still change do not count."""
    return tuple(_between(witnesses, but=PROGRESS))


_BAD: Final = frozenset({Phase.FAILED, Phase.PARTIAL, Phase.SKIPPED, Phase.GONE})


def listed_worse(listed: Backup, shown: Backup) -> str | None:
    """Return what the list said that is worse than what a backup that succeeded says by itself; None if nothing is."""
    if shown.phase is not Phase.SUCCEEDED:
        return None
    if listed.phase in _BAD:
        return f"the list says {listed.status}, and the backup itself {shown.status}"
    role = worse_role(listed.roles or (), shown.roles or (), _BAD)
    return (
        None
        if role is None
        else f"the list says {role.name} {role.status}, and the backup itself {role.name} Succeeded"
    )


def _between(witnesses: Sequence[Witness], but: Collection[str] = ()) -> Iterator[Difference]:
    for field in Backup.__struct_fields__:
        if field in but:
            continue
        compared = TABLE.get(field, Comparison(field))
        told = [(it.source.shown, getattr(it.backup, field)) for it in witnesses]
        told = [(name, value) for name, value in told if value is not None or not compared.silent]
        for name, value in told[1:]:
            first, other = compared.normal(told[0][1]), compared.normal(value)
            if not compared.same(first, other):
                ours, theirs = _both(told[0][1], value)
                text = f"{told[0][0]} says {field} {ours}, {name} says {theirs}"
                yield Difference(compared.check, text)


def _within(witness: Witness) -> Iterator[Difference]:
    """Return what a single witness can't state: an answer with it is incomplete or wrong."""
    who = witness.source.shown
    yield from (Difference("twice", f"{who} can't be taken at its word: {text}") for text in witness.twice)
    if witness.backup.duration is not None and witness.backup.duration.ticks < 0:
        yield Difference("negative", f"{who} says that it took {witness.backup.duration.seconds} s")
    yield from (Difference("roles", f"{who} {text}") for text in impossible_roles(witness.backup.roles or ()))


def _both(one: object, other: object) -> tuple[str, str]:
    """Return two values in words; of roles only those that differ."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return differing_roles(one, other), differing_roles(other, one)
    return _shown(one), _shown(other)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(f"{role.name} {role.status}" for role in value)
    return f"{value.seconds} s" if isinstance(value, Span) else str(value)


def changed(before: Iterable[Witness], now: Iterable[Witness]) -> str | None:
    """Return where a later read differs from an earlier one, both after the end; None if they agree.

    Each source is compared with itself; one that could not be read says nothing. What may still change is `progress`.
    """
    known = {it.source: it.backup for it in before}
    for witness in now:
        first = known.get(witness.source)
        text = _otherwise(first, witness.backup) if first else None
        if text:
            return f"{witness.source.shown} says {text}"
    return None


def _otherwise(first: Backup, second: Backup) -> str | None:
    for field in Backup.__struct_fields__:
        one, other = getattr(first, field), getattr(second, field)
        if field in PROGRESS:
            alike = one == other or one is None or other is True
        elif one is not None and other is not None:
            normal = TABLE.get(field, Comparison(field)).normal
            alike = normal(one) == normal(other)
        else:
            alike = one == other
        if not alike:
            ours, theirs = _both(one, other)
            return f"{field} {ours}, then {theirs}"
    return None


def progress(backup: Backup, operation: int | None) -> tuple[object, ...]:
    """Return what may still change after the end; two reads prove it only if they agree in it too."""
    return (*(getattr(backup, name) for name in PROGRESS), operation)

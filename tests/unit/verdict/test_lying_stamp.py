"""A stamp that lies is never confirmed, whatever field it lies in; an honest one is never found to contradict itself.

The lies are made from the fields that the models have, so a field that is added is lied in too. `--whole` runs ten
thousand of them; without it CI takes a part.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from psbridge.cmdlets.raw import RawAnswer, read_raw_witness
from psbridge.models.backup import Backup, Role, backup_id
from psbridge.models.case import Case
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.target import INFERRED_CHECKS
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Judgement
from psbridge.values import replace
from psbridge.verdict.judge import judge, trimmed
from psbridge.verdict.witnesses import TABLE, Comparison
from tests.support import tiers
from tests.support.backups import ID, OLD

OTHER = "5d0f7f5a-7a61-4f1e-8b1c-3f6f3f0f9a01"
SECOND = 10_000_000
SENT = Instant.parse("2026-03-04T11:30:00Z")
END = Instant.parse("2026-03-04T12:00:00Z")
NOW = Instant.parse("2026-03-04T12:05:00Z")
HINTS = get_type_hints(Backup)
FIELDS = tuple(each.name for each in fields(Backup))
ONLY_RAW = ("completely_uploaded", "is_automatic")
"""What the module's objects drop (recording get-azsbackup)."""

NAMES = ("NRP", "SRP", "CRP", "WAS", "ECE", "CA")
TRUTHS = st.builds(
    Backup,
    id=st.just(ID),
    name=st.sampled_from([f"redmond/{ID}", ID, None]),
    location=st.sampled_from(["redmond", None]),
    status=st.sampled_from(["Succeeded", "succeeded"]),
    roles=st.sets(st.sampled_from(NAMES), min_size=1).map(
        lambda it: tuple(Role(name, "Succeeded") for name in sorted(it))
    ),
    completed_at=st.integers(0, 60).map(lambda seconds: Instant(END.ticks + seconds * SECOND)),
    duration=st.sampled_from([Span.parse("PT20M"), Span(0), None]),
    stamp_version=st.sampled_from(["1.2301.2.58", None]),
    oem_version=st.sampled_from(["2.3", None]),
    deployment_id=st.sampled_from([OLD, None]),
    encryption_cert_thumbprint=st.sampled_from(["9B6E", None]),
    is_cloud_recovery_ready=st.sampled_from([True, None]),
    completely_uploaded=st.sampled_from([True, None]),
    is_automatic=st.sampled_from([True, False, None]),
    data_version=st.sampled_from(["1.1.0", None]),
    resource_id=st.sampled_from([f"/subscriptions/x/backups/{ID}", None]),
)


def honest(truth: Backup, source: Source) -> Witness:
    """Return what a source says of the truth, as it is written there."""
    if source is Source.OBJECT:
        return Witness(source, replace(truth, **dict.fromkeys(ONLY_RAW)))
    shifted = truth.completed_at and Instant(truth.completed_at.ticks // SECOND * SECOND)
    written = {"status": "Succeeded", "completed_at": shifted, "roles": truth.roles and truth.roles[::-1]}
    capitals = {name: value.upper() for name in ("deployment_id",) if (value := getattr(truth, name))}
    return Witness(source, replace(truth, **written, **capitals))


@dataclass(frozen=True)
class Told:
    """A case in the making: for each look after the end, what each source says in it."""

    truth: Backup
    looks: tuple[tuple[Witness, ...], ...]
    waiting: bool
    own: bool

    def case(self, **changes: Any) -> Case:
        older = replace(
            self.truth, id=OLD, name=None, resource_id=None, completed_at=Instant(SENT.ticks - 9_000 * SECOND)
        )
        case = Case(
            id=ID,
            own=self.own,
            waiting=self.waiting,
            settle=0.0,
            require_recovery_ready=True,
            require_upload_proof=False,
            listed=(older,),
            list_consistent=True,
            decided_at=NOW,
            intent_host_time=SENT if self.own else None,
            known_ids=(OLD,) if self.own else (),
        )
        live = replace(self.truth, status="Running", completed_at=None, duration=None, completely_uploaded=None)
        if self.waiting:
            case = case.with_observation(Observation.of((Witness(Source.OBJECT, live),), 202, NOW), NOW, 0.0)
        for number, witnesses in enumerate(self.looks, 1):
            case = case.with_observation(Observation.of(witnesses, 200, NOW), NOW, 30.0 * number)
        return replace(case, **changes)


@st.composite
def tales(draw: st.DrawFn, *, waiting: bool | None = None, own: bool | None = None) -> Told:
    """Return an honest stamp's answers: two looks after the end, each with the object and one or two more sources."""
    truth = draw(TRUTHS)
    others = draw(st.sampled_from([(Source.RAW, Source.OPERATION), (Source.RAW,), (Source.OPERATION,)]))
    look = tuple(honest(truth, source) for source in (Source.OBJECT, *others))
    flags = (draw(st.booleans()) if it is None else it for it in (waiting, own))
    return Told(truth, (look, look), *flags)


def otherwise(hint: Any, value: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's type that mean something else than the one that it has; never None."""
    kind = next((each for each in get_args(hint) if each is not types.NoneType), hint) if _optional(hint) else hint
    if get_origin(kind) is tuple:
        return _roles(value or (Role("NRP", "Succeeded"),))
    if kind is bool:
        return st.just(not value)
    made: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        str: lambda: st.sampled_from([OTHER, f"redmond/{OTHER}", "Failed", "ſucceeded", "other"]),
        Instant: lambda: st.sampled_from([3, -3, 86_400]).map(lambda by: Instant((value or END).ticks + by * SECOND)),
        Span: lambda: st.sampled_from([3, 86_400, -90_000]).map(
            lambda by: Span((value or Span(0)).ticks + by * SECOND)
        ),
    }
    return made[kind]().filter(lambda it: not _same_text(it, value))


def _optional(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


def _same_text(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()


def _roles(roles: tuple[Role, ...]) -> st.SearchStrategy[tuple[Role, ...]]:
    def changed(at: int, how: str) -> tuple[Role, ...]:
        role = roles[at]
        if how in {"name", "status"}:
            other = {"name": "FabricRing"} if how == "name" else {"status": "Failed"}
            return (*roles[:at], replace(role, **other), *roles[at + 1 :])
        more = {"twice": Role(role.name, "Failed"), "nameless": Role("", "Succeeded"), "more": Role("New", "Succeeded")}
        return (*roles, more[how])

    ways = st.sampled_from(["name", "status", "twice", "nameless", "more"])
    return st.builds(changed, st.integers(0, len(roles) - 1), ways)


def lied(witness: Witness, name: str, value: Any) -> Witness:
    return replace(witness, backup=replace(witness.backup, **{name: value}))


@st.composite
def lies(draw: st.DrawFn, name: str) -> tuple[str, Case]:
    """Return a case that can't be true: the field lies in one source, in one look or in each, or in all of one look."""
    told = draw(tales())
    spread = draw(
        st.sampled_from(["a source in one look", "a source in each look", "each source in one look", "twice"])
    )
    sources = [it.source for it in told.looks[0]]
    source = draw(st.sampled_from(sources))
    at = draw(st.integers(0, len(told.looks) - 1))
    if spread == "twice":
        looks = _each(
            told, lambda number, it: replace(it, twice=(f"{name}: one, other",)) if it.source is source else it
        )
        return f"{name} twice in {source}", dataclasses.replace(told, looks=looks).case()
    hit = [it for it in told.looks[0] if spread == "each source in one look" or it.source is source]
    true = next((it for witness in told.looks[0] if (it := getattr(witness.backup, name)) is not None), None)
    value = draw(otherwise(HINTS[name], true))

    def tell(number: int, it: Witness) -> Witness:
        here = spread == "a source in each look" or number == at
        return lied(it, name, value) if it in hit and here else it

    if spread == "a source in each look":
        others = [getattr(it.backup, name) for it in told.looks[0] if it not in hit]
        if not _told_otherwise(name, value, others):
            tell = _in_one_look(tell)
    return f"{name} {value!r}: {spread}, {source}", dataclasses.replace(told, looks=_each(told, tell)).case()


def _in_one_look(tell: Callable[[int, Witness], Witness]) -> Callable[[int, Witness], Witness]:
    """A lie that no other source can contradict is detected by the other read."""
    return lambda number, it: tell(number, it) if number == 0 else it


def _told_otherwise(name: str, value: Any, others: list[Any]) -> bool:
    compared = TABLE.get(name, Comparison(name))
    return any(it is not None and not compared.same(compared.normal(it), compared.normal(value)) for it in others)


def _each(told: Told, tell: Callable[[int, Witness], Witness]) -> tuple[tuple[Witness, ...], ...]:
    return tuple(tuple(tell(number, it) for it in look) for number, look in enumerate(told.looks))


KNOWLEDGE: dict[str, Callable[[Told], Case]] = {
    "no end": lambda told: _ended(told, None),
    "never ended": lambda told: _ended(told, Instant.parse("0001-01-01T00:00:00Z")),
    "ended tomorrow": lambda told: _ended(told, Instant(NOW.ticks + 86_400 * SECOND)),
    "ended before its trigger": lambda told: _ended(dataclasses.replace(told, own=True), Instant(SENT.ticks - SECOND)),
    "was there before its trigger": lambda told: dataclasses.replace(told, own=True).case(known_ids=(OLD, ID)),
    "is listed twice": lambda told: told.case(listed=(told.truth, replace(told.truth, status="Failed"))),
    "another is listed twice": lambda told: _another_twice(told),
    "is listed as failed": lambda told: _listed(told, status="Failed"),
    "is listed with a role that failed": lambda told: _listed(
        told, roles=(Role((told.truth.roles or ())[0].name, "Failed"),)
    ),
    "is listed as deleted": lambda told: _listed(told, status="Deleted"),
    "began before its trigger": lambda told: _took(told, "PT2H"),
    "took longer than since its trigger": lambda told: _took(told, "PT40M"),
    "is of two deployments by two sources in two looks": lambda told: _apart(told, "deployment_id", OLD, OTHER),
    "is of two versions by two sources in two looks": lambda told: _apart(told, "stamp_version", "1.1", "1.2"),
    "lacks a role of a later backup": lambda told: _measured(told, Instant(NOW.ticks)),
    "lacks a role of a backup of year 1": lambda told: _measured(told, Instant.parse("0001-01-01T00:00:00Z")),
}


def _ended(told: Told, at: Instant | None) -> Case:
    looks = _each(told, lambda _, it: lied(it, "completed_at", at))
    return dataclasses.replace(told, looks=looks).case()


def _listed(told: Told, **said: Any) -> Case:
    return told.case(listed=(replace(told.truth, **said), *told.case().listed))


def _took(told: Told, time: str) -> Case:
    looks = _each(told, lambda _, it: lied(it, "duration", Span.parse(time)))
    return dataclasses.replace(told, looks=looks, own=True).case()


def _apart(told: Told, name: str, one: str, other: str) -> Case:
    """Return what the raw JSON says in one look and the operation's result in the other, and the object never."""
    shown = Witness(Source.OBJECT, replace(told.truth, **dict.fromkeys((*ONLY_RAW, name))))
    looks = (
        (shown, Witness(Source.RAW, replace(told.truth, **{name: one}))),
        (shown, Witness(Source.OPERATION, replace(told.truth, **{name: other}))),
    )
    return dataclasses.replace(told, looks=looks).case()


def _another_twice(told: Told) -> Case:
    (older,) = told.case().listed
    return told.case(listed=(older, replace(older, status="Failed")))


def _measured(told: Told, at: Instant) -> Case:
    (older,) = told.case().listed
    return told.case(
        listed=(replace(older, roles=(*(older.roles or ()), Role("Extra", "Succeeded")), completed_at=at),)
    )


def examples(request: pytest.FixtureRequest, part: int, whole: int) -> Any:
    count = whole if request.config.getoption("--whole") else tiers.examples(part)
    return settings(
        max_examples=count,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


@pytest.mark.parametrize("name", FIELDS)
def test_no_lie_in_any_field_source_and_read_is_confirmed(name: str, request: pytest.FixtureRequest) -> None:
    @examples(request, 400 // len(FIELDS), 10_000 // len(FIELDS))
    @given(lies(name))
    def holds(lie: tuple[str, Case]) -> None:
        what, case = lie
        assert judge(case).judgement is not Judgement.CONFIRMED, what
        assert judge(trimmed(case)).judgement is judge(case).judgement

    holds()


def test_no_lie_about_what_the_run_knows_is_confirmed(request: pytest.FixtureRequest) -> None:
    @examples(request, 200, 2_000)
    @given(tales(), st.sampled_from(sorted(KNOWLEDGE)))
    def holds(told: Told, what: str) -> None:
        case = KNOWLEDGE[what](told)
        assert judge(case).judgement is not Judgement.CONFIRMED, what
        assert judge(trimmed(case)).judgement is judge(case).judgement

    holds()


def test_an_honest_stamp_is_confirmed_in_any_spelling(request: pytest.FixtureRequest) -> None:
    @examples(request, 200, 2_000)
    @given(tales())
    def holds(told: Told) -> None:
        case = told.case()
        assert judge(case).judgement is Judgement.CONFIRMED
        assert judge(trimmed(case)) == judge(case)

    holds()


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_an_honest_stamp_whose_sources_come_and_go_is_confirmed(
    waiting: bool, own: bool, request: pytest.FixtureRequest
) -> None:
    """A host's raw calls may fail in any read, and a list may show the backup too."""

    @examples(request, 50, 500)
    @given(
        tales(waiting=waiting, own=own),
        st.lists(st.sets(st.sampled_from([Source.RAW, Source.OPERATION])), min_size=4, max_size=4),
    )
    def holds(told: Told, gone: list[set[Source]]) -> None:
        looks = tuple(tuple(it for it in told.looks[0] if it.source not in missing) for missing in gone)
        case = dataclasses.replace(told, looks=looks).case()
        listed = honest(told.truth, Source.OBJECT).backup
        for each in (case, replace(case, listed=(listed, *case.listed))):
            assert judge(each).judgement in {Judgement.CONFIRMED, Judgement.UNPROVEN}
            assert judge(trimmed(each)) == judge(each)

    holds()


@pytest.mark.parametrize("status", ["PartialSucceeded", "Failed"])
@pytest.mark.parametrize("behind", [1, 30, 119])
def test_an_immediate_failure_is_not_unknown_with_agreeing_clocks(status: str, behind: int) -> None:
    """As recorded with PT0S; the stamp's clock is some seconds behind the host's."""
    truth = Backup(
        ID,
        status=status,
        roles=(Role("NRP", "Failed"),),
        completed_at=Instant(SENT.ticks - behind * SECOND),
        duration=Span(0),
    )
    look = (honest(truth, Source.OBJECT), Witness(Source.RAW, truth))
    found = judge(Told(truth, (look, look), waiting=True, own=True).case())
    assert found.judgement is (Judgement.FAILED if status == "Failed" else Judgement.PARTIAL)


@pytest.mark.parametrize(("lying", "judgement"), [((0,), Judgement.CONFIRMED), ((0, 2), Judgement.UNKNOWN)])
def test_a_source_that_lies_in_every_second_read_is_not_believed(lying: tuple[int, ...], judgement: Judgement) -> None:
    truth = Backup(
        ID, status="Succeeded", roles=(Role("NRP", "Succeeded"),), completed_at=END, completely_uploaded=True
    )
    shown, raw = honest(truth, Source.OBJECT), honest(truth, Source.RAW)
    looks = tuple((shown, lied(raw, "status", "Failed") if at in lying else raw) for at in range(4))
    assert judge(Told(truth, looks, waiting=False, own=False).case()).judgement is judgement


def test_a_spelling_that_changes_between_reads_is_not_a_difference() -> None:
    truth = Backup(ID, status="Succeeded", roles=(Role("NRP", "Succeeded"),), completed_at=END, deployment_id=OLD)
    looks = tuple((honest(it, Source.OBJECT),) for it in (truth, replace(truth, deployment_id=OLD.upper())))
    assert judge(Told(truth, looks, waiting=True, own=False).case()).judgement is Judgement.CONFIRMED


def test_each_field_has_a_known_comparison() -> None:
    assert set(TABLE) == set(FIELDS)


def test_only_comparisons_can_be_turned_down() -> None:
    assert set(INFERRED_CHECKS) == {it.check for it in TABLE.values()} - {"status", "roles", "id", "upload"} | {
        "trigger_time"
    }


RECORDED = Path(__file__).parents[2] / "data" / "recorded"


def recorded() -> list[dict[str, Any]]:
    """Return every backup that a real stamp gave, by whichever call."""
    found = []
    for path in sorted(RECORDED.rglob("*.json")):
        for call in json.loads(path.read_text()):
            body = call.get("body") if isinstance(call, dict) else None
            items = body.get("value", [body]) if isinstance(body, dict) else []
            found += [it for it in items if isinstance(it, dict) and "backupInfo" in (it.get("properties") or {})]
    return found


def test_no_recorded_answer_contradicts_another_of_the_same_backup() -> None:
    """The list, the read by id and the operation's result of one backup, side by side as three sources."""
    by_id: dict[str, list[Backup]] = {}
    for body in recorded():
        witness = read_raw_witness(Source.RAW, RawAnswer(200, body), backup_id(body["id"]))
        assert witness is not None
        assert witness.twice == ()
        by_id.setdefault(backup_id(body["id"]), []).append(witness.backup)
    assert any(len(told) > 2 for told in by_id.values())
    for id, told in by_id.items():
        for one in told:
            for other in told:
                sources = (
                    Witness(Source.OBJECT, replace(one, **dict.fromkeys(ONLY_RAW))),
                    Witness(Source.RAW, other),
                    Witness(Source.OPERATION, one),
                )
                case = Case(id, False, False, 0.0, False, False, (), True, Instant.parse("2026-11-30T00:00:00Z"))
                for number in range(2):
                    case = case.with_observation(Observation.of(sources, 200), case.decided_at, float(number))
                assert judge(case).judgement in {Judgement.CONFIRMED, Judgement.PARTIAL, Judgement.FAILED}, id

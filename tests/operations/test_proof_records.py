"""A record that psbridge could not have written is never verified, whatever its sum says; each is judged by its own rules."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.api.stamp import Stamp as Library
from psbridge.documents import encoding
from psbridge.documents.proof import ProofCheckDocument, checksum
from psbridge.models.report import Report
from psbridge.models.time import Instant
from psbridge.operations.start import StartOptions
from psbridge.proofs.record import record
from psbridge.proofs.verify import verify_proof
from psbridge.render.writers import render
from psbridge.verdict.fold import RULES
from tests.operations.conftest import Bench, bench_in
from tests.support import tiers
from tests.support.fakes.fake_clock import FakeClock

OTHER = "00000000-0000-4000-8000-000000000000"
PLACES = Callable[[dict[str, Any]], object]


def plain_of(one: Bench, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoding.to_json(record(one.target, report, one.clock)))
    return found


def signed(plain: dict[str, Any]) -> str:
    """Return a record's text with the sum that fits it."""
    plain["sha256"] = checksum(plain)
    return json.dumps(plain)


def verified(folder: Path, text: str) -> ProofCheckDocument:
    path = folder / "proof.json"
    path.write_text(text)
    return verify_proof(path)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Records that hold: of a start, a confirm, a skip, a wait that met its deadline, and one of the first rules."""
    one = bench_in(tmp_path_factory.mktemp("records"))
    started = one.start()
    made = {
        "start": plain_of(one, started),
        "confirm": plain_of(one, one.client.backups.confirm()),
        "skip": plain_of(one, one.start(if_older_than=86_400)),
    }
    cut = bench_in(tmp_path_factory.mktemp("cut"), "slow")
    made["cut"] = plain_of(cut, cut.start(timeout=600))
    made["first rules"] = of_the_first_rules(made["start"])
    return made


def of_the_first_rules(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a record as a release of before the second rules wrote it."""
    old = copy.deepcopy(plain)
    for key in ("rules", "note"):
        del old[key]
    for key in ("intent_host_time", "known_ids", "inferred_checks"):
        del old["observations"][key]
    for look in old["observations"]["looks"]:
        del look["witnesses"]
    old["evidence"] = [row for row in old["evidence"] if row["check"] != "witnesses"]
    signed(old)
    return old


@pytest.mark.parametrize(("name", "code"), [("start", 0), ("confirm", 0), ("skip", 0), ("cut", 6), ("first rules", 0)])
def test_a_record_written_by_psbridge_is_valid(records, tmp_path: Path, name: str, code: int) -> None:
    checked = verified(tmp_path, signed(copy.deepcopy(records[name])))
    assert (checked.problems, checked.exit_code) == ((), code)


# -- what was found, re-signed -----------------------------------------------------------------------------------------


def looks(plain: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plain["observations"]["looks"]
    return found


def put(key: str, value: object, *, at: int = -1) -> PLACES:
    return lambda plain: looks(plain)[at].update({key: value})


def seen(key: str, value: object) -> PLACES:
    return lambda plain: plain["observations"].update({key: value})


def same_moment(plain: dict[str, Any]) -> None:
    looks(plain)[-1].update({key: looks(plain)[-2][key] for key in ("at", "until", "elapsed_seconds")})


def same_wall_moment(plain: dict[str, Any]) -> None:
    looks(plain)[-1].update({key: looks(plain)[-2][key] for key in ("at", "until")})


def one_look_twice(plain: dict[str, Any]) -> None:
    del looks(plain)[-1]
    looks(plain).append(copy.deepcopy(looks(plain)[-1]))


def one_look_counted_twice(plain: dict[str, Any]) -> None:
    last = looks(plain).pop()
    looks(plain)[-1].update(times=2, until=last["until"])


def a_row_less(plain: dict[str, Any]) -> None:
    plain["evidence"] = [row for row in plain["evidence"] if row["check"] != "clock"]


FORGED: dict[str, PLACES] = {
    "looks in reverse order": lambda plain: looks(plain).reverse(),
    "the same moment twice": same_moment,
    "the same moment of the clock twice": same_wall_moment,
    "one look twice": one_look_twice,
    "one look counted as two": one_look_counted_twice,
    "a negative time": put("elapsed_seconds", -1.0, at=0),
    "a time that goes back": put("elapsed_seconds", 0.0),
    "judged before its last look": seen("elapsed_seconds", 0.0),
    "decided before its last look": seen("decided_at", "2020-01-01T00:00:00Z"),
    "no id": seen("backup_id", "x"),
    "an id in capitals": lambda plain: seen("backup_id", plain["observations"]["backup_id"].upper())(plain),
    "another id": seen("backup_id", OTHER),
    "a known id that is none": seen("known_ids", ["x"]),
    "made whenever": lambda plain: plain.update(made_at="whenever"),
    "made before its looks": lambda plain: plain.update(made_at="2020-01-01T00:00:00Z"),
    "made on a day": lambda plain: plain.update(made_at="2026-03-04"),
    "a yes for a truth": seen("whole", "yes"),
    "a number for a truth": seen("list_consistent", 1),
    "until before at": put("until", "2020-01-01T00:00:00Z"),
    "no times": put("times", 0),
    "times as a fraction": put("times", 1.5),
    "times as a truth": put("times", True),
    "a negative settle": seen("settle_seconds", -1.0),
    "another answer of the operation": put("operation_status", 204),
    "no answer of the operation": put("operation_status", None),
    "an upload that no source tells": lambda plain: looks(plain)[-1]["backup"].update(completely_uploaded=False),
    "sources taken away": put("witnesses", []),
    "a source that speaks twice": lambda plain: looks(plain)[-1]["witnesses"].append(looks(plain)[-1]["witnesses"][0]),
    "an unknown source": lambda plain: looks(plain)[-1]["witnesses"][0].update(source="portal"),
    "an unknown outcome": lambda plain: plain["evidence"][0].update(outcome="fine"),
    "an unknown verdict": lambda plain: plain.update(verdict="fine"),
    "an unknown action": lambda plain: plain.update(action="triggered"),
    "a start that waited for nothing": seen("waiting", False),
    "a skip that waited": lambda plain: plain.update(action="skipped"),
    "a comparison that is none": seen("inferred_checks", ["status"]),
    "a row twice": lambda plain: plain["evidence"].append(plain["evidence"][0]),
    "a row less": a_row_less,
    "rows in place of none": lambda plain: plain.update(evidence=[]),
    "another exit code": lambda plain: plain.update(exit_code=3),
    "an age that was not asked for": lambda plain: plain.update(max_age_seconds=3600.0),
    "no target": lambda plain: plain.update(target=""),
    "rules 0": lambda plain: plain.update(rules=0),
    "rules as text": lambda plain: plain.update(rules="2"),
    "rules as a fraction": lambda plain: plain.update(rules=1.5),
    "the first rules with sources": lambda plain: plain.update(rules=1),
    "a length of time between two ticks": lambda plain: looks(plain)[-1]["backup"].update(
        duration_seconds=1200.00000001
    ),
    "a start that does not follow": lambda plain: looks(plain)[-1]["backup"].update(started_at="2026-03-04T12:00:00Z"),
    "a time with an offset": lambda plain: put("at", looks(plain)[-1]["at"].replace("Z", "+00:00"))(plain),
    "a name of another": lambda plain: looks(plain)[-1]["backup"].update(name=f"redmond/{OTHER}"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_record_that_psbridge_cannot_have_written_is_invalid(records, tmp_path: Path, what: str) -> None:
    plain = copy.deepcopy(records["start"])
    FORGED[what](plain)
    checked = verified(tmp_path, signed(plain))
    assert checked.exit_code == 14
    assert checked.problems
    assert not checked.agrees


@pytest.mark.parametrize(
    ("key", "value"),
    [("known_ids", [OTHER]), ("intent_host_time", "2026-03-04T11:00:00Z"), ("inferred_checks", ["readiness"])],
)
def test_a_record_of_the_first_rules_with_later_keys_is_invalid(
    records, tmp_path: Path, key: str, value: object
) -> None:
    """Who sets `rules` back hides from the comparison with what the run knew."""
    plain = copy.deepcopy(records["first rules"])
    plain["observations"][key] = value
    plain["rules"] = 1
    assert verified(tmp_path, signed(plain)).exit_code == 14


@pytest.mark.parametrize("key", ["verdict", "exit_code", "observations", "whole", "looks"])
def test_a_duplicate_key_is_invalid(records, tmp_path: Path, key: str) -> None:
    text = signed(copy.deepcopy(records["start"])).replace(f'"{key}": ', f'"{key}": null, "{key}": ', 1)
    assert verified(tmp_path, text).exit_code == 14


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("key", ["settle_seconds", "elapsed_seconds"])
def test_an_invalid_number_is_invalid_in_a_record(records, tmp_path: Path, number: str, key: str) -> None:
    plain = copy.deepcopy(records["start"])
    plain["observations"][key] = "HERE"
    assert verified(tmp_path, json.dumps(plain).replace('"HERE"', number)).exit_code == 14


def test_a_journal_whose_last_record_is_damaged_is_not_judged_by_an_earlier_one(bench) -> None:
    one = bench("slow")
    first = one.start(timeout=600)
    path = one.folder / "runs" / f"{first.run}.jsonl"
    one.client.backups.wait(timeout=8 * 3600)
    assert verify_proof(path).exit_code == 0
    path.write_text(path.read_text().rstrip("\n")[:-10] + "\n")
    assert verify_proof(path).exit_code == 14


# -- any value in any place --------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
BY_TIME = ("at", "until", "made_at", "decided_at", "completed_at", "started_at", "host_time", "intent_host_time")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value, lists and mappings too."""
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*at, key))


def holder_of(plain: dict[str, Any], place: tuple[Any, ...]) -> Any:
    holder: Any = plain
    for step in place[:-1]:
        holder = holder[step]
    return holder


def kind_of(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


@settings(max_examples=tiers.examples(400), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_value_of_a_wrong_type_is_invalid_everywhere(records, tmp_path_factory, data: st.DataObject) -> None:
    plain = copy.deepcopy(records[data.draw(st.sampled_from(["start", "confirm", "skip", "first rules"]))])
    place = data.draw(st.sampled_from([it for it in places(plain) if it != ("sha256",)]))
    value = data.draw(JSON)
    holder = holder_of(plain, place)
    before = holder[place[-1]]
    if kind_of(value) == kind_of(before) or value is None or before is None:
        return
    holder[place[-1]] = value
    assert verified(tmp_path_factory.getbasetemp(), signed(plain)).exit_code == 14


@settings(max_examples=tiers.examples(200), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_arbitrary_text_is_invalid_as_time_id_or_word(records, tmp_path_factory, data: st.DataObject) -> None:
    plain = copy.deepcopy(records[data.draw(st.sampled_from(["start", "confirm", "skip", "first rules"]))])
    bound = [
        it
        for it in places(plain)
        if it[-1] in {*BY_TIME, "id", "backup_id", "outcome", "verdict", "action", "upload_proof", "source"}
        and isinstance(holder_of(plain, it)[it[-1]], str)
    ]
    place = data.draw(st.sampled_from(bound))
    holder_of(plain, place)[place[-1]] = data.draw(st.text(max_size=30).filter(lambda text: not _a_time(text)))
    assert verified(tmp_path_factory.getbasetemp(), signed(plain)).exit_code == 14


def _a_time(text: str) -> bool:
    try:
        return str(Instant.parse(text)) == text
    except ValueError:
        return False


@settings(max_examples=tiers.examples(100), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_read_can_be_moved_in_time(records, tmp_path_factory, data: st.DataObject) -> None:
    plain = copy.deepcopy(records["start"])
    found = looks(plain)
    order = data.draw(st.permutations(range(len(found))).filter(lambda it: list(it) != list(range(len(found)))))
    plain["observations"]["looks"] = [found[at] for at in order]
    assert verified(tmp_path_factory.getbasetemp(), signed(plain)).exit_code == 14


@settings(max_examples=tiers.examples(60), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_key_can_be_left_out(records, tmp_path_factory, data: st.DataObject) -> None:
    plain = copy.deepcopy(records["start"])
    place = data.draw(st.sampled_from([it for it in places(plain) if isinstance(it[-1], str)]))
    del holder_of(plain, place)[place[-1]]
    if place[-1] == "note":
        return  # records of earlier releases have none
    if place != ("sha256",):
        signed(plain)
    assert verified(tmp_path_factory.getbasetemp(), json.dumps(plain)).exit_code == 14


# -- the clock of this machine -----------------------------------------------------------------------------------------


class SetBack:
    """The clock of a machine whose time is set back by ten minutes, again and again; the stamp keeps its own."""

    def __init__(self, kept: FakeClock) -> None:
        self._kept = kept

    def now(self) -> datetime:
        return self._kept.now() - timedelta(minutes=10 * (len(self._kept.slept) // 3))

    def monotonic(self) -> float:
        return self._kept.monotonic()

    def sleep(self, seconds: float) -> None:
        self._kept.sleep(seconds)


def test_a_clock_set_back_during_a_wait_keeps_the_record_valid(bench, tmp_path: Path) -> None:
    one = bench("one-role-fails")
    clock = SetBack(one.clock)
    with Library(one.target, state=one.folder, clock=clock, sessions=one.sessions) as client:
        report = client.backups.run(StartOptions())
    assert isinstance(report, Report)
    assert report.exit_code == 3
    plain: dict[str, Any] = json.loads(encoding.to_json(record(one.target, report, clock)))
    checked = verified(tmp_path, signed(plain))
    assert (checked.problems, checked.exit_code) == ((), 3)


# -- rules -------------------------------------------------------------------------------------------------------------


def test_a_record_names_the_rules_of_its_verdict(records) -> None:
    assert records["start"]["rules"] == RULES >= 2


def test_a_record_without_a_rules_version_has_the_first_rules(records, tmp_path: Path) -> None:
    checked = verified(tmp_path, json.dumps(records["first rules"]))
    assert (checked.rules, checked.exit_code, checked.warnings) == (1, 0, ())


def test_a_record_that_current_rules_judge_differently_is_valid_with_a_warning(records, tmp_path: Path) -> None:
    plain = copy.deepcopy(records["first rules"])
    never = "0001-01-01T00:00:00Z"
    for look in looks(plain):
        if look["backup"] is not None and look["backup"]["completed_at"] is not None:
            look["backup"].update(completed_at=never, started_at=None)
    next(row for row in plain["evidence"] if row["check"] == "age")["outcome"] = "warn"  # more than a thousand years
    checked = verified(tmp_path, signed(plain))
    assert (checked.problems, checked.exit_code) == ((), 0)
    assert checked.verdict == "confirmed"
    (warning,) = checked.warnings
    assert "unknown, exit code 14" in warning
    assert warning in render(checked, "table")


@pytest.mark.parametrize("rules", [RULES + 1, 10**6])
def test_a_record_of_newer_rules_is_not_judged(records, tmp_path: Path, rules: int) -> None:
    plain = {**copy.deepcopy(records["start"]), "rules": rules}
    checked = verified(tmp_path, signed(plain))
    assert (checked.exit_code, checked.verdict, checked.rules, checked.intact) == (14, None, rules, True)
    assert "newer psbridge" in checked.problems[0]

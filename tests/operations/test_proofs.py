"""What a command rests on is all that its end rests on: judged again from the record's JSON alone, it ends the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.documents import encoding, registry
from psbridge.documents.proof import ProofDocument, checksum, recorded_case
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from psbridge.verdict.exit_code import exit_code_of
from psbridge.verdict.judge import judge, trimmed
from tests.operations.conftest import Bench
from tests.support import tiers
from tests.support.samples import PROOF

HAS_A_VERDICT = sorted(
    name
    for name, one in SCENARIOS.items()
    if one.refusal is None and one.host.signed_in and one.host.module is not None and not one.races
)


def ends_the_same(bench: Bench, report: Report, tmp_path: Path) -> None:
    made = record(bench.target, report, bench.clock)
    document = registry.from_plain(json.loads(encoding.to_json(made)))
    assert isinstance(document, ProofDocument)
    assert report.case is not None
    case = recorded_case(document)
    assert case == trimmed(report.case)
    assert judge(case) == report.verdict
    assert exit_code_of(case, report.verdict) == report.exit_code
    save(tmp_path / "proof.json", made)
    checked = verify_proof(tmp_path / "proof.json")
    assert (checked.intact, checked.agrees, checked.problems) == (True, True, ())
    assert (checked.exit_code, checked.verdict) == (int(report.exit_code), str(report.verdict.judgement))


def ended(call: Callable[[], Report]) -> Report | str:
    """Return the report, or the code of the error where there is no verdict."""
    try:
        return call()
    except PsbridgeError as no_verdict:
        return no_verdict.code


@pytest.mark.sampled(5)
@pytest.mark.parametrize("scenario", HAS_A_VERDICT)
def test_a_start_and_a_confirm_of_every_scenario(bench: Callable[..., Bench], scenario: str, tmp_path: Path) -> None:
    one = bench(scenario)
    started = ended(lambda: one.start(timeout=4 * 3600))
    if isinstance(started, Report):
        ends_the_same(one, started, tmp_path)
    else:
        assert started in {"busy", "prerequisite", "internal"}
    for age in (None, 3600.0, 40 * 86_400.0):
        confirmed = ended(lambda age=age: one.client.backups.confirm(max_age=age))
        if isinstance(confirmed, Report):
            ends_the_same(one, confirmed, tmp_path)
        else:
            assert confirmed in {"not_found", "prerequisite"}


def test_a_timed_out_wait_and_the_wait_that_resumes_it(bench: Callable[..., Bench], tmp_path: Path) -> None:
    one = bench("slow")
    first = one.start(timeout=600)
    assert first.exit_code == 6
    ends_the_same(one, first, tmp_path)
    ends_the_same(one, one.client.backups.wait(timeout=8 * 3600), tmp_path)


def test_an_empty_stamp_and_one_with_a_recent_backup(bench: Callable[..., Bench], tmp_path: Path) -> None:
    one = bench("history-empty")
    report = one.client.backups.confirm(max_age=3600)
    assert report.exit_code == 12
    ends_the_same(one, report, tmp_path)
    ends_the_same(one, one.start(), tmp_path)
    skipped = one.start(if_older_than=3600)
    assert skipped.action == "skipped"
    ends_the_same(one, skipped, tmp_path)


def test_the_newest_good_backup_is_not_the_newest(bench: Callable[..., Bench], tmp_path: Path) -> None:
    one = bench("one-role-fails")
    one.start()
    report = one.client.backups.confirm(max_age=40 * 86_400)
    assert report.verdict.last_good is not None
    assert report.case is not None
    assert report.case.last_good is not None
    ends_the_same(one, report, tmp_path)


def test_the_journal_holds_the_record_of_each_run(bench: Callable[..., Bench]) -> None:
    one = bench()
    report = one.start()
    checked = verify_proof(one.folder / "runs" / f"{report.run}.jsonl")
    assert (checked.intact, checked.agrees, checked.exit_code) == (True, True, 0)
    assert checked.run == report.run


def test_the_journal_keeps_each_read_that_showed_something_new(bench: Callable[..., Bench]) -> None:
    one = bench("one-role-fails")
    report = one.start()
    lines = [json.loads(line) for line in (one.folder / "runs" / f"{report.run}.jsonl").read_text().splitlines()]
    looks = [line["look"] for line in lines if line["event"] == "observed"]
    (kept,) = (line["record"]["observations"]["looks"] for line in lines if line["event"] == "proof")
    assert [look["at"] for look in looks] == [look["at"] for look in kept]
    assert [look["backup"]["status"] for look in looks if look["backup"]] == [
        look["backup"]["status"] for look in kept if look["backup"]
    ]
    assert len(looks) > 2
    assert one.journal.get(report.run or "").status == looks[-1]["backup"]["status"] == "Succeeded"
    assert [line["event"] for line in lines][-4:] == ["observed", "judged", "ended", "proof"]


# -- damage ------------------------------------------------------------------------------------------------------------

PLAIN: dict[str, Any] = json.loads(encoding.to_json(PROOF))


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value that is neither list nor mapping."""
    if isinstance(value, dict):
        return [path for key, item in value.items() for path in paths(item, (*at, key))]
    if isinstance(value, list):
        return [path for number, item in enumerate(value) for path in paths(item, (*at, number))]
    return [at]


def changed(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return "changed" if value is None else value[:-1] + ("0" if value[-1:] != "0" else "1")


def written(tmp_path: Path, plain: Any) -> Path:
    path = tmp_path / "proof.json"
    path.write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return path


@pytest.mark.parametrize("path", paths(PLAIN), ids=lambda path: ".".join(map(str, path)))
def test_every_changed_value_is_detected(path: tuple[Any, ...], tmp_path: Path) -> None:
    plain = json.loads(json.dumps(PLAIN))
    holder = plain
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = changed(holder[path[-1]])
    checked = verify_proof(written(tmp_path, plain))
    assert (checked.intact, checked.exit_code) == (False, 14)


def test_an_unsupported_verdict_is_detected_even_with_a_new_checksum(tmp_path: Path) -> None:
    forged = {**PLAIN, "verdict": "confirmed", "exit_code": 0}
    forged["sha256"] = checksum(forged)
    checked = verify_proof(written(tmp_path, forged))
    assert (checked.intact, checked.agrees, checked.exit_code) == (True, False, 14)
    assert any("confirmed" in problem for problem in checked.problems)


OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda seen: seen.update(backup_id=OTHER), f"and not of {OTHER}", id="the backup"),
        pytest.param(lambda seen: seen["looks"][0]["backup"].update(id=OTHER), f"a read of {OTHER}", id="a read"),
        pytest.param(lambda seen: seen["looks"][0].update(times=0), "made 0 times", id="no read"),
    ],
)
def test_reads_of_another_backup_prove_nothing(
    change: Callable[[Any], None], said: str, bench: Callable[..., Bench], tmp_path: Path
) -> None:
    one = bench()
    one.start()
    plain = json.loads(encoding.to_json(record(one.target, one.client.backups.confirm(), one.clock)))
    assert plain["verdict"] == "confirmed"
    change(plain["observations"])
    plain["sha256"] = checksum(plain)
    checked = verify_proof(written(tmp_path, plain))
    assert (checked.exit_code, checked.verdict) == (14, None)
    assert said in checked.problems[0]


def test_rows_and_keys_of_another_release_are_accepted(tmp_path: Path, bench: Callable[..., Bench]) -> None:
    one = bench()
    plain = json.loads(encoding.to_json(record(one.target, one.start(), one.clock)))
    plain["evidence"].append({"check": "what a later release checks", "outcome": "pass", "detail": "…"})
    plain["evidence"][0]["detail"] = "worded otherwise"
    plain["a key of a later release"] = {"x": 1}
    plain["sha256"] = checksum(plain)
    checked = verify_proof(written(tmp_path, plain))
    assert (checked.intact, checked.agrees, checked.exit_code) == (True, True, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"kind": "proof"}',
        '{"kind": "proof", "schema_version": 2}',
        '{"kind": "verdict", "schema_version": 1}',
        json.dumps(PLAIN)[:-40],
        "[" * 100_000,
        json.dumps({**PLAIN, "observations": None}),
        json.dumps({**PLAIN, "observations": {**PLAIN["observations"], "decided_at": "yesterday"}}),
        json.dumps({**PLAIN, "observations": {**PLAIN["observations"], "looks": "none"}}),
        "\x00\x01",
        json.dumps(PLAIN).replace('"verdict"', '"verdict": "failed", "verdict"'),
        *(
            json.dumps({**PLAIN, "observations": {**PLAIN["observations"], "settle_seconds": "X"}}).replace(
                '"X"', number
            )
            for number in ("1e999", "-1e999", "NaN", "Infinity")
        ),
    ],
)
def test_a_file_that_is_not_a_record_is_reported(text: str, tmp_path: Path) -> None:
    checked = verify_proof(written(tmp_path, text))
    assert (checked.intact, checked.agrees, checked.exit_code, checked.verdict) == (False, False, 14, None)
    assert checked.problems


def test_bytes_that_are_not_text_are_not_a_record(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(b"\xff\xfe{}")
    assert verify_proof(path).exit_code == 14


@settings(max_examples=tiers.examples(40))
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_any_json_as_a_record_is_judged_or_refused(tmp_path_factory: Any, value: Any) -> None:
    folder = tmp_path_factory.mktemp("proof")
    for key in ("observations", "evidence", "made_by", "last_good_observations"):
        assert verify_proof(written(folder, {**PLAIN, key: value})).exit_code == 14


def test_a_record_of_a_timed_out_wait_reports_the_upload_again(bench, tmp_path):
    # The verdict is partial, and the operation, which may still change it, never ends.
    one = bench("one-role-fails", operation_ends=False, uploaded=False, policy={"timeout": 3600})
    report = one.start()
    assert (report.verdict.judgement, report.exit_code) == (Judgement.PARTIAL, ExitCode.TIMEOUT)
    ends_the_same(one, report, tmp_path)

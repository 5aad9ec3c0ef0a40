"""What psbridge 0.1.0 wrote is read alike: proof records, journals, lists of runs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from psbridge.cli.main import run

RELEASE = Path(__file__).parents[1] / "data" / "release-0.1.0"
SCENARIOS = sorted(path.name.removesuffix(".json.gz") for path in RELEASE.glob("*.json.gz"))


def written(scenario: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((RELEASE / f"{scenario}.json.gz").read_bytes()))


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run([*words, "-o", "json"])
    return code, json.loads(capsys.readouterr().out)


def without_prose(check: dict[str, Any]) -> dict[str, Any]:
    """Return a check of a proof without the texts for people, which may change: each check's name and outcome stay."""
    rows = [{key: value for key, value in row.items() if key != "detail"} for row in check["evidence"]]
    backup = check["backup"]
    if backup is not None and backup["duration_seconds"] == 0:
        backup = backup | {"started_at": None}  # such a backup was said to begin when it ended
    return check | {"evidence": rows, "backup": backup}


@pytest.mark.parametrize("made_by", ["start", "confirm"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_proof_record_is_verified_with_the_same_result(
    scenario: str, made_by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = written(scenario)["proofs"].get(made_by)
    if proof is None:
        assert (made_by, scenario) in {("start", "skipped"), ("start", "conflict-race")}  # they end without a verdict
        return
    tmp_path.chmod(0o700)
    (file := tmp_path / "proof.json").write_text(proof["record"])
    code, check = printed(capsys, "proof", "verify", str(file))
    assert (code, check.pop("file")) == (proof["exit_code"], str(file)), check["problems"]
    came_later = check.pop("backup_id")
    assert check["backup"] is None or check["backup"]["id"] == came_later
    assert without_prose(check) == without_prose(proof["check"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_journal_shows_the_same_runs(scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = written(scenario)
    (folder := tmp_path / "state" / "runs").mkdir(mode=0o700, parents=True)
    for name, text in bundle["journal"].items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    assert printed(capsys, "run", "list", "--state-dir", str(tmp_path / "state")) == (0, bundle["runs"])

"""A stamp that lies, on either engine and from the command line on: nothing of it is confirmed, and its record says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.process.cli import Cli

ENGINES = ["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)]


@pytest.mark.parametrize("engine", ENGINES)
def test_sources_that_differ_are_shown_with_both_values_and_kept_in_the_record(cli: Cli, engine: str) -> None:
    proof = cli.folder / "proof.json"
    with cli.facing("sources-differ", engine=engine):
        ended = cli("backup", "confirm", "-o", "json", "--proof", str(proof)).expect(14)
    assert ended.document["verdict"] == "unknown"
    for text in ("the module's object", "NRP Succeeded", "the raw JSON", "NRP Failed"):
        assert text in str(ended.document["evidence"])
    checked = cli("proof", "verify", str(proof), "-o", "json").expect(14).document
    assert (checked["intact"], checked["agrees"]) == (True, True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trigger_whose_answer_names_an_old_backup_is_searched_for(cli: Cli, engine: str) -> None:
    with cli.facing("stale-answer", engine=engine) as running:
        before = {held.id for held in running.stamp.backups()}
        told = cli("backup", "start", "-o", "json").expect(0).document
        assert told["backup"]["id"] not in before
        assert running.stamp.counts()["triggers"] == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_return_the_same_lies(cli: Cli, engine: str) -> None:
    scenario = cli.folder / "lies.yaml"
    scenario.write_text(
        "lies:\n"
        "  object: {stampVersion: null, createdDateTime: never, roleStatus.NRP: nameless}\n"
        "  raw: {CompletelyUploaded: false, id: other, timeTakenToCreate: -PT5M}\n"
        "  operation: {completelyUploaded: absent}\n"
    )
    with cli.facing(str(scenario), engine=engine) as running:
        newest = max(running.stamp.backups(), key=lambda held: held.started).id
        told = cli("backup", "confirm", newest, "-o", "json").expect(14).document
    assert "is about backup 00000000-0000-4000-8000-00000000dead" in str(told["evidence"])


@pytest.mark.parametrize("said", ["{0}: warn", "{0}: ignore"], ids=["known word", "unknown word"])
@pytest.mark.parametrize("name", ["status", "roles", "id", "upload", "readines"])
def test_required_checks_cannot_be_turned_down_in_the_config(cli: Cli, name: str, said: str) -> None:
    cli.configure(
        f"version: 1\ndefaults: {{inferred_checks: {{{said.format(name)}}}}}\ntargets: {{nyc: {{host: h, auth: kerberos}}}}\n"
    )
    out = cli("config", "validate").expect(9)
    assert "defaults.inferred_checks" in out.err + out.out
    assert ("can't be set to warn" in out.err + out.out) == (name != "readines")
    assert ("did you mean readiness?" in out.err + out.out) == (name == "readines")


def test_a_turned_down_check_is_named_by_verdict_record_and_config(cli: Cli, tmp_path: Path) -> None:
    proof = cli.folder / "proof.json"
    scenario = cli.folder / "lies.yaml"
    scenario.write_text("lies: {raw: {isCloudRecoveryReady: false}}\n")
    with cli.facing(str(scenario)):
        cli("backup", "confirm").expect(14)
        config = cli.config.read_text().replace("  nyc:\n", "  nyc:\n    inferred_checks: {readiness: warn}\n")
        cli.configure(config)
        told = cli("backup", "confirm", "-o", "json", "--proof", str(proof)).expect(0).document
    row = next(row for row in told["evidence"] if row["check"] == "witnesses")
    assert (row["outcome"], "readiness: " in row["detail"]) == ("warn", True)
    assert '"readiness"' in proof.read_text()
    checked = cli("proof", "verify", str(proof), "-o", "json").expect(0).document
    assert row in checked["evidence"]
    assert "inferred_checks.readiness" in cli("config", "show", "--origin").expect(0).out

"""`--proof` and `proof verify`, in processes of their own."""

from __future__ import annotations

import json
import os

from tests.support.hosts.held import held_answer, until_asked
from tests.support.process.cli import Cli


def test_a_record_is_written_and_judged_without_a_stamp(cli: Cli) -> None:
    path = cli.folder / "proof.json"
    with cli.facing("one-role-fails") as running:
        told = cli("backup", "start", "-o", "json", "--proof", str(path)).expect(3).document
    nowhere = {"PSBRIDGE_CONFIG": "/nonexistent"}
    checked = cli("proof", "verify", str(path), "-o", "json", env=nowhere).expect(3).document
    assert (checked["intact"], checked["agrees"], checked["verdict"]) == (True, True, told["verdict"])
    assert checked["evidence"] == told["evidence"]
    assert checked["backup"] == told["backup"]
    assert (checked["run"], checked["host"]) == (told["run"], running.host.url)
    journal = cli.state / "runs" / f"{told['run']}.jsonl"
    assert cli("proof", "verify", str(journal), "-o", "id").expect(3).out == told["backup"]["id"] + "\n"


def test_the_text_shows_valid_and_invalid_records(cli: Cli) -> None:
    path = cli.folder / "proof.json"
    with cli.facing():
        cli("backup", "confirm", "--proof", str(path), "-q").expect(0)
        assert "valid record: its observations lead to confirmed" in cli("proof", "verify", str(path)).expect(0).out
        record = json.loads(path.read_text())
        record["observations"]["looks"].pop()
        path.write_text(json.dumps(record))
        shown = cli("proof", "verify", str(path)).expect(14).out
        assert "damaged" in shown
        assert "lead to unproven" in shown
        cli("backup", "wait", record["observations"]["backup_id"], "--proof", str(path)).expect(0)
    assert cli("proof", "verify", str(path)).expect(0).out.startswith("valid record")


def test_an_unwritable_record_path_is_refused_before_anything_is_sent(cli: Cli) -> None:
    link, journal = cli.folder / "link.json", cli.folder / "run.jsonl"
    link.symlink_to(cli.folder / "real.json")
    journal.write_text('{"event": "begun"}\n')
    os.mkfifo(cli.folder / "pipe")
    with cli.facing() as running:
        ended = cli.together(
            ("backup", "start", "--proof", str(cli.folder / "nope" / "x.json")),
            ("backup", "start", "--proof", str(cli.folder)),
            ("backup", "start", "--proof", "x.json", "--no-wait"),
            ("backup", "start", "--proof", "x.json", "--dry-run"),
            ("proof", "verify", "nope.json"),
            ("proof", "verify", "pipe"),
            ("backup", "start", "--proof", "x" * 300),
            ("backup", "start", "--proof", str(link)),
            ("backup", "start", "--proof", str(cli.config)),
            ("backup", "start", "--proof", str(journal)),
        )
        assert link.is_symlink()
        assert journal.read_text() == '{"event": "begun"}\n'
        for each in ended:
            assert "proof" in each.expect(2).err
    assert running.host.requests == {}


def test_a_record_that_cannot_be_written_keeps_the_verdict(cli: Cli) -> None:
    folder = cli.folder / "gone"
    folder.mkdir()
    with cli.facing() as running, held_answer(running, "command", 1) as free:
        process = cli.start("backup", "confirm", "-o", "json", "--proof", str(folder / "proof.json"))
        until_asked(running, "command")
        folder.rmdir()  # after it had been looked at
        free.set()
        ended = process.ended().expect(0)
    assert ended.document["verdict"] == "confirmed"
    assert "can't be written" in ended.err


def test_a_cut_a_foreign_and_an_unfinished_file_are_distinguished(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    cli("backup", "start", "-t", "demo", "-q", "--proof", "whole.json").expect(0)
    whole = (cli.folder / "whole.json").read_text()
    (run,) = (cli.state / "runs").glob("*.jsonl")
    files = {
        "a proof that was cut off": whole[: len(whole) // 2],
        "JSON of another kind": '{"kind": "verdict", "schema_version": 1}',
        "neither a proof nor a run's file": "hunter2: not JSON",
        "the run has no proof record yet": "".join(run.read_text().splitlines(keepends=True)[:2]),
    }
    for said, text in files.items():
        (cli.folder / "file").write_text(text)
        (problem,) = cli("proof", "verify", "file", "-o", "json").expect(14).document["problems"]
        assert said in problem
        assert "hunter2" not in problem

"""The `demo` target, from start to verdict, with Python alone."""

from __future__ import annotations

from tests.support.process.cli import Cli


def test_demo_needs_no_config_and_says_that_nothing_real_was_backed_up(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("backup", "start", "-t", "demo").expect(0)
    assert ended.out.startswith("confirmed: ")
    assert "nothing real" in (ended.out + ended.err).casefold()
    again = cli("backup", "confirm", "-t", "demo", "--max-age", "1h", "-o", "json").expect(0).document
    assert again["emulated"] is True
    assert again["backup"]["id"] in ended.out


def test_demo_backups_continue_while_no_process_runs(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    id_ = cli("backup", "start", "-t", "demo", "--no-wait", "-o", "id").expect(0).out.strip()
    proved = cli("backup", "wait", "-t", "demo", "-o", "json").expect(0).document
    assert (proved["backup"]["id"], proved["emulated"], proved["verdict"]) == (id_, True, "confirmed")
    listed = cli("backup", "list", "-t", "demo", "-o", "json").expect(0).document
    assert listed["backups"][0]["id"] == id_
    assert listed["emulated"] is True


def test_two_state_folders_hold_two_demos(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    first = cli("backup", "start", "-t", "demo", "--no-wait", "-o", "id").expect(0).out.strip()
    other = str(cli.folder / "other")
    assert first not in cli("backup", "list", "-t", "demo", "-o", "id", "--state-dir", other).expect(0).out

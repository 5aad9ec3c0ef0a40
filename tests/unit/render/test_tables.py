"""The text output: golden files, one for a pipe and one for a wide terminal, in tests/data/render.

`UPDATE_GOLDENS=1` rewrites them; check the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from psbridge.config.schema import json_schema
from psbridge.documents.backup import BackupDocument, BackupListDocument
from psbridge.documents.error import ErrorDocument
from psbridge.documents.progress import LogDocument
from psbridge.documents.run import RunListDocument
from psbridge.documents.verdict import VerdictDocument
from psbridge.errors import PsbridgeError, UsageError
from psbridge.models.backup import Backup, Role
from psbridge.models.output import OutputFormat
from psbridge.models.report import Report
from psbridge.models.time import Instant
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
from psbridge.render.terminal import Terminal
from psbridge.render.writers import check_format, render
from psbridge.values import replace
from tests.support.samples import DOCUMENTS, ID, NYC, OLD, RUN

GOLDENS = Path(__file__).parents[2] / "data" / "render"
WIDE = Terminal(tty=True, color=True, width=160)
NARROW = Terminal(tty=True, color=False, width=50)
EVIL = "x\x1b[2J\u202e\ny"


def compare(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert text + "\n" == path.read_text()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_pipe_gets_plain_aligned_text(name: str) -> None:
    text = render(DOCUMENTS[name], "table")
    assert "\x1b" not in text
    compare(f"{name}.txt", text)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_terminal_gets_colour(name: str) -> None:
    compare(f"{name}.terminal.txt", render(DOCUMENTS[name], "table", WIDE).replace("\x1b", "<ESC>"))


def test_ids_are_not_broken_on_a_narrow_terminal() -> None:
    for name in ("backup_list", "verdict", "run", "dry_run", "backup", "status"):
        for width in (20, 40, 50, 80):
            text = render(DOCUMENTS[name], "table", Terminal(tty=True, width=width))
            whole = [one for one in (ID, OLD) if one in render(DOCUMENTS[name], "table")]
            assert whole
            assert all(one in text for one in whole), (name, width)


def test_a_narrow_terminal_gets_the_columns_that_matter() -> None:
    backups = [Backup(one, status="Succeeded", completed_at=Instant.parse("2026-12-01T00:55:35Z")) for one in (ID, OLD)]
    for name, document, at_80, at_60 in (
        ("backups", BackupListDocument.of(NYC, backups), "ID STATUS COMPLETED ROLES READY", "ID STATUS"),
        ("runs", runs("nyc", "nyc"), "RUN OUTCOME BACKUP", "RUN OUTCOME"),
        ("targets", runs("nyc", "paris"), "RUN TARGET OUTCOME BACKUP", "RUN TARGET OUTCOME"),
    ):
        wide, narrow, small = (
            render(document, "table", Terminal(tty=True, width=width)).splitlines() for width in (120, 80, 60)
        )
        assert max(map(len, narrow)) <= 80, name
        assert max(map(len, small)) <= 60, name
        assert narrow[0].split() == at_80.split(), name
        assert small[0].split() == at_60.split(), name
        assert len(wide) == len(narrow) == len(small) == 3, "no row is wrapped"
        assert render(document, "table").splitlines()[0].split() == wide[0].split()


def runs(*targets: str) -> RunListDocument:
    return RunListDocument.of([replace(RUN, run="20261201T005525Z-671d34a8", target=target) for target in targets])


def test_what_only_an_ended_backup_has_is_a_dash_while_one_runs() -> None:
    running = Backup(ID, status="Running", roles=(Role("CA", "Running"),), is_cloud_recovery_ready=False)
    row = render(BackupListDocument.of(NYC, [running]), "table").splitlines()[1]
    assert row.split() == [ID, "Running", "-", "-", "0/1", "-"]
    shown = render(BackupDocument.of(NYC, running), "table")
    assert re.search(r"(?m)^recovery ready +-$", shown)


def test_a_role_that_the_last_good_backup_had_counts_as_missing() -> None:
    roles = tuple(Role(name, "Succeeded") for name in ("CA", "CRP", "NRP"))
    good, less = Backup(OLD, status="Succeeded", roles=roles), Backup(ID, status="Succeeded", roles=roles[1:])
    rows = render(BackupListDocument.of(NYC, [less, good]), "table").splitlines()
    assert ("2/3" in rows[1], "3/3" in rows[2]) == (True, True)
    text = render(VerdictDocument.of(NYC, Report(Verdict(Judgement.PARTIAL, less, (), last_good=good))), "table")
    assert re.search(r"(?m)^roles +2/3$", text)
    row = Evidence("roles", Outcome.FAIL, "role CA is missing")
    text = render(VerdictDocument.of(NYC, Report(Verdict(Judgement.PARTIAL, less, (row,)))), "table")
    assert re.search(r"(?m)^roles +2/2: role CA is missing$", text)


def test_text_to_be_copied_is_never_wrapped_or_coloured() -> None:
    document = replace(DOCUMENTS["emulation"], config="version: 1\n" + 30 * "a word " + f"\n{EVIL}\n")
    shown = render(document, "table", Terminal(tty=True, color=True, width=50))
    assert "\n" + (30 * "a word ").rstrip() + "\n" in shown
    assert "\x1b[2J" not in shown


def test_a_pipe_is_never_wrapped_even_with_forced_colour() -> None:
    long = "word " * 100
    verdict = Verdict(Judgement.FAILED, Backup(ID), (Evidence("status", Outcome.FAIL, long.strip()),))
    document = VerdictDocument.of(NYC, Report(verdict))
    assert long.strip() in render(document, "table")
    assert long.strip() in render(document, "table", Terminal(tty=False, color=True))


def test_remote_text_is_harmless_in_every_table() -> None:
    backup = Backup(ID, status=EVIL, roles=(Role(EVIL, EVIL),), stamp_version=EVIL)
    verdict = Verdict(Judgement.UNKNOWN, backup, (Evidence(EVIL, Outcome.UNKNOWN, EVIL),))
    made = [
        BackupDocument.of(NYC, backup),
        BackupListDocument.of(NYC, [backup]),
        VerdictDocument.of(NYC, Report(verdict)),
    ]
    for document in [*made, ErrorDocument.of(PsbridgeError(EVIL)), LogDocument.of("warning", EVIL, source="host")]:
        for terminal in (Terminal(), NARROW):
            text = render(document, "table", terminal)
            assert "\x1b" not in text
            assert "\u202e" not in text


def test_an_emulated_target_says_that_nothing_real_was_backed_up() -> None:
    for name in ("backup_list_empty", "verdict_nothing", "dry_run"):
        assert "nothing real was backed up" in render(DOCUMENTS[name], "table")
    assert "nothing real" not in render(DOCUMENTS["backup_list"], "table")


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - {"error", "log"}))
def test_yaml_holds_the_same_as_json(name: str) -> None:
    assert yaml.safe_load(render(DOCUMENTS[name], "yaml")) == json.loads(render(DOCUMENTS[name], "json"))


def test_ids_are_printed_one_per_line() -> None:
    assert render(DOCUMENTS["backup_list"], "id") == f"{ID}\n{OLD}"
    assert render(DOCUMENTS["verdict"], OutputFormat.ID) == ID
    assert render(DOCUMENTS["run_list"], "id") == "r1"
    assert render(DOCUMENTS["backup_list_empty"], "id") == ""


def test_a_kind_without_ids_refuses_the_id_format_first() -> None:
    with pytest.raises(UsageError):
        check_format("settings", OutputFormat.ID)
    check_format("backup_list", OutputFormat.ID)


def test_an_unknown_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        render(DOCUMENTS["backup"], "xml")


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_an_error_is_one_line_of_json_in_the_machine_formats(output: str) -> None:
    text = render(DOCUMENTS["error"], output)
    assert json.loads(text)["error"]["code"] == "auth"
    assert "\n" not in text


@pytest.mark.parametrize("output", ["table", "yaml", "id"])
def test_an_error_is_a_sentence_a_hint_and_where_more_is_said_in_the_others(output: str) -> None:
    assert render(DOCUMENTS["error"], output).splitlines() == [
        "error: oaw01 refused CONTOSO\\me",
        "hint: check the password",
        "More: psbridge explain auth",
    ]


def test_the_config_takes_the_same_formats_as_the_writers() -> None:
    taken = json_schema()["$defs"]["Defaults"]["properties"]["output"]["enum"]
    assert taken == list(OutputFormat)

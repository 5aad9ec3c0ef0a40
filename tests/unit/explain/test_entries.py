"""The catalogue is complete and correct: every code that psbridge knows has an entry, and what entries name exists."""

from __future__ import annotations

import ast
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.catalogue import http_statuses, kerberos_errors, nt_status, sign_in, tls_errors, wsman_faults
from psbridge.catalogue.entries.entry import Entry
from psbridge.catalogue.error_codes import MEANINGS, meaning_of
from psbridge.catalogue.topics import REASONS
from psbridge.errors import ExitCode
from psbridge.explain.entries import CATEGORIES, by_category, every
from psbridge.explain.names import folded, named
from psbridge.guide import TOPICS, page
from psbridge.models.verification import Reason
from tests.support.manual import ROOT

ENTRIES = tuple(every())
IDS = {entry.id for entry in ENTRIES}


def ids(category: str) -> set[str]:
    return {entry.id for entry in by_category()[category]}


def texts(entry: Entry) -> Iterator[str]:
    """Yield the sentences of an entry."""
    yield from (entry.backup, *entry.causes, *(step.partition("\n")[0] for step in entry.steps))


def commands(entry: Entry, prompt: str) -> Iterator[str]:
    for step in entry.steps:
        yield from (line.removeprefix(prompt) for line in step.split("\n")[1:] if line.startswith(prompt))


def test_each_exit_code_has_an_entry() -> None:
    assert [entry.id for entry in by_category()["exit-codes"]] == [code.label for code in ExitCode]
    for code in ExitCode:
        assert named(str(int(code)))[0].id == code.label


def reasons_of(tree: ast.AST) -> Iterator[str]:
    """Yield the constants that code gives as a `reason`: in a dict, or by keyword."""
    for node in ast.walk(tree):
        pairs: list[tuple[Any, Any]] = []
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Call):
            pairs = [(ast.Constant(it.arg), it.value) for it in node.keywords]
        for key, value in pairs:
            if isinstance(key, ast.Constant) and key.value == "reason" and isinstance(value, ast.Constant):
                yield str(value.value)


def test_each_reason_in_the_code_has_an_entry() -> None:
    """A new value of `detail.reason` needs an entry in `catalogue/entries/reasons.py` and its name in `topics.REASONS`."""
    assert ids("reasons") | ids("connections") == REASONS
    known = set(Reason)
    for folder in ("api", "catalogue", "cmdlets", "doctor", "journal", "operations", "proofs", "remoting", "verdict"):
        for path in (ROOT / "psbridge" / folder).rglob("*.py"):
            known |= {it for it in reasons_of(ast.parse(path.read_text("utf-8"))) if re.fullmatch(r"[a-z_]+", it)}
    assert known - REASONS - ids("sign-in") == set()
    assert REASONS - known == set()


def test_each_fault_of_wsman_has_an_entry() -> None:
    assert ids("wsman") == {*wsman_faults.CODES, "wsman_other"}
    assert {int(it, 16) for it in wsman_faults.CODES if it} == {*wsman_faults.FAULTS, *wsman_faults.OTHERS}


def test_each_status_reason_of_openssl_and_code_of_kerberos_has_an_entry() -> None:
    statuses = {http_statuses.name_of(it) for it in http_statuses.STATUSES}
    assert statuses <= ids("http")
    assert {named(name)[0].id for name in tls_errors.NAMES} == ids("tls")
    assert ids("kerberos") >= kerberos_errors.NAMES
    assert ids("logon") >= nt_status.NAMES


def test_each_meaning_of_a_code_has_an_entry_and_so_has_a_code_that_only_fits_its_pattern() -> None:
    for meaning in MEANINGS:
        for pattern in meaning.codes:
            (entry,) = named(pattern.replace("*", "Xyz"))
            assert meaning_of(entry.id) is meaning, pattern


def test_each_failure_of_a_sign_in_has_an_entry_by_its_reason_and_its_identifiers() -> None:
    for it in (*sign_in.FAILURES, sign_in.REFUSED):
        assert named(it.reason)[0].id == it.reason
        assert [named(code)[0].id for code in it.codes] == [it.reason] * len(it.codes)
    assert [entry.id for entry in by_category()["sign-in"] if "{" in entry.title or "{" in "".join(entry.steps)] == []


def test_each_row_of_the_evidence_has_an_entry_with_its_outcomes() -> None:
    from psbridge.models.verdict import Outcome
    from psbridge.verdict.checks import _CHECKS, FROM_ELSEWHERE

    assert [entry.id for entry in by_category()["evidence"]] == [*_CHECKS, *FROM_ELSEWHERE]
    for entry in by_category()["evidence"]:
        assert entry.outcomes, entry.id
        assert {outcome for outcome, _ in entry.outcomes} <= set(Outcome), entry.id


def test_each_alert_has_an_entry_with_its_fault_id() -> None:
    from psbridge.catalogue.alerts import ALERTS
    from psbridge.catalogue.entries.alerts import FAULT_IDS

    assert ids("alerts") == set(FAULT_IDS) == {it.name for it in ALERTS}
    for it in ALERTS:
        assert named(it.fault_type) == named(FAULT_IDS[it.name]) == named(it.name)


def test_each_state_of_an_update_that_blocks_backups_has_an_entry() -> None:
    from psbridge.catalogue.update_states import LOCATION, UPDATE

    known = {word for states in (LOCATION, UPDATE) for word, effect in states.items() if effect}
    assert len(known) > 5
    assert {word for word in known if not named(word)} == set()


def test_names_are_unique_and_lead_to_their_entry() -> None:
    counts = Counter(folded(entry.id) for entry in ENTRIES)
    assert [name for name, count in counts.items() if count > 1] == []
    assert [entry.id for entry in ENTRIES if named(entry.id)[0] is not entry] == []
    assert [(entry.id, it) for entry in ENTRIES for it in entry.aliases if entry not in named(it)] == []


def test_each_category_says_what_it_holds() -> None:
    assert all(by_category()[name] and about for name, about in CATEGORIES.items())


@pytest.mark.parametrize("category", CATEGORIES)
def test_sentences_and_titles_have_their_form(category: str) -> None:
    """A title is a clause; what it means, causes and steps are sentences."""
    for entry in by_category()[category]:
        assert not entry.title.endswith("."), entry.id
        assert [
            it for it in texts(entry) if not re.match(r"[A-Z`]|psbridge ", it) or not it.endswith((".", ")"))
        ] == [], entry.id
        assert entry.exit_code in {"", *(code.label for code in ExitCode)}, entry.id
        assert entry.steps, entry.id


def anchors(topic: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page(topic), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", it).strip().casefold().replace(" ", "-") for it in headings}


def test_each_place_to_read_on_exists() -> None:
    places = {(entry.id, place) for entry in ENTRIES for place in entry.see}
    others = {(id_, place.removeprefix("explain:")) for id_, place in places if place.startswith("explain:")}
    assert {(id_, it) for id_, it in others if it not in IDS} == set()
    pages = {(id_, *place.partition("#")[::2]) for id_, place in places if not place.startswith("explain:")}
    known = {topic: anchors(topic) for topic in TOPICS}
    assert {it for it in pages if it[1] not in known or (it[2] and it[2] not in known[it[1]])} == set()


def quoted(entry: Entry) -> Iterator[str]:
    """Yield the commands of psbridge that an entry names, also within its sentences."""
    yield from (it for it in commands(entry, "$ ") if it.startswith("psbridge "))
    for text in (*texts(entry), entry.runbook):
        yield from re.findall(r"`(psbridge [^`]+)`", text)


def test_each_command_of_psbridge_exists_with_its_options() -> None:
    import typer.main

    from psbridge.cli.app import app

    root: Any = typer.main.get_command(app)
    for line in {it for entry in ENTRIES for it in quoted(entry)}:
        words, command = shlex.split(line)[1:], root
        while words and hasattr(command, "commands") and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known | {"--help"}, line


HERE = {
    "psbridge",
    "openssl",
    "getent",
    "klist",
    "kinit",
    "kvno",
    "nc",
    "chronyc",
    "timedatectl",
    "update-crypto-policies",
}
ON_THE_HOST = re.compile(r"[A-Z][a-z]+-[A-Z]\w+|winrm|klist|setspn|w32tm|net|certutil|nltest|\$env:|\[")


def test_commands_are_of_known_programs_and_end_within_a_line() -> None:
    for entry in ENTRIES:
        for line in commands(entry, "$ "):
            assert line.split()[0] in HERE, (entry.id, line)
        for line in commands(entry, "PS> "):
            assert ON_THE_HOST.match(line), (entry.id, line)
        wrong = [it for step in entry.steps for it in step.split("\n")[1:] if not it.startswith(("$ ", "PS> "))]
        assert wrong == [], entry.id

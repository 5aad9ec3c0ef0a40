"""What a person types or pastes leads to the right entry."""

from __future__ import annotations

import pytest

from psbridge.explain.search import NoSuchEntry, find, in_category


def first(text: str) -> str:
    return find(text).entries[0].id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("11", "ambiguous"),
        (" Ambiguous ", "ambiguous"),
        ("exit code 11", "ambiguous"),
        ("exit 11", "ambiguous"),
        ("Not-Found", "not_found"),
        ("signed out", "signed_out"),
        ("SIGTERM", "interrupted"),
    ],
)
def test_a_name_is_found_in_any_spelling(text: str, found: str) -> None:
    assert [it.id for it in find(text).entries] == [found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("error: another backup is running on the stamp", ["backup_running"]),
        ('{"error":{"code":"busy","detail":{"reason":"tenant_endpoint"}}}', ["tenant_endpoint"]),
        ("nightly.sh: psbridge ended with exit code 14", ["unknown"]),
    ],
)
def test_a_pasted_line_leads_to_the_codes_and_sentences_within_it(line: str, found: list[str]) -> None:
    assert [it.id for it in find(line).entries] == found


def test_words_are_searched_in_all_texts_and_the_rarest_count_most() -> None:
    assert first("update blocks") in {"busy", "update_running"}
    assert first("newest good backup too old") == "stale"
    assert len(find("backup").entries) == 8


@pytest.mark.parametrize("text", ["xyzzy", "the", "!", "\x1b[31m"])
def test_what_is_unknown_is_not_found(text: str) -> None:
    with pytest.raises(NoSuchEntry) as told:
        find(text)
    assert told.value.exit_code == 8
    assert "`psbridge explain --list`" in (told.value.hint or "")
    assert told.value.explain is None


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(NoSuchEntry) as told:
        find("ambigous")
    assert "Did you mean ambiguous?" in (told.value.hint or "")


def test_a_category_is_listed_and_an_unknown_one_names_all() -> None:
    assert "busy" in {it.id for it in in_category("Exit codes")}
    with pytest.raises(NoSuchEntry) as told:
        in_category("exit")
    assert "exit-codes, reasons" in (told.value.hint or "")

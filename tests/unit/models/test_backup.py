"""Ids in every form, and what each status word means."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.models.backup import PHASES, Backup, Phase, backup_id, phase_of

ID = "08b92613-837a-43cd-86b5-1212ef954384"
RESOURCE = (
    "/subscriptions/05101DAF-F50D-4436-A2AC-495E5C4864C2/resourceGroups/system.redmond/providers/"
    f"Microsoft.Backup.Admin/backupLocations/redmond/backups/{ID}"
)


@pytest.mark.parametrize(
    "text", [ID, f"redmond/{ID}", RESOURCE, ID.upper(), f"redmond/{ID.upper()}", f"/{ID}", f"redmond/{ID}/"]
)
def test_every_form_of_an_id_gives_the_bare_guid_in_lower_case(text):
    assert backup_id(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "redmond",
        "latest",
        ID[:-1],
        ID + "0",
        f"{{{ID}}}",
        ID.replace("-", ""),
        f"{ID}/redmond",
        f"{ID}?api-version=1",
        f"{ID}\n",
        f" {ID}",
        ID.replace("0", "０"),
        f"{ID};Remove-Item",
    ],
)
def test_an_id_without_a_guid_at_its_end_is_refused(text):
    with pytest.raises(ValueError):
        backup_id(text)


@given(st.text())
def test_any_text_gives_an_id_or_a_value_error(text):
    with suppress(ValueError):
        assert len(backup_id(text)) == 36


@given(st.uuids(), st.text(st.characters(blacklist_characters="/")))
def test_any_guid_is_found_after_any_region(guid, region):
    assert backup_id(f"{region}/{guid}".upper().lower()) == str(guid)


@pytest.mark.parametrize(
    ("word", "phase"),
    [
        ("Creating", Phase.LIVE),
        ("Queued", Phase.LIVE),
        ("Running", Phase.LIVE),
        ("Succeeded", Phase.SUCCEEDED),
        ("SUCCEEDED", Phase.SUCCEEDED),
        ("PartialSucceeded", Phase.PARTIAL),
        ("Failed", Phase.FAILED),
        ("Corrupted", Phase.FAILED),
        ("Skipped", Phase.SKIPPED),
        ("Deleted", Phase.GONE),
        ("Verifying", Phase.UNKNOWN),
        ("Succeeded ", Phase.UNKNOWN),
        ("", Phase.UNKNOWN),
        (None, Phase.UNKNOWN),
    ],
)
def test_each_word_has_its_meaning(word, phase):
    assert phase_of(word) is phase
    assert Backup("x", status=word).phase is phase


@given(st.text())
def test_only_the_status_succeeded_is_a_success(word):
    assert (phase_of(word) is Phase.SUCCEEDED) == (word.casefold() == "succeeded")
    assert set(PHASES) == {name.casefold() for name in PHASES}

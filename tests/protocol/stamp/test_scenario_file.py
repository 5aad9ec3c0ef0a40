"""Scenarios of the user's own, read from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psbridge.emulator.stamp.scenario_file import open_stamp, scenario_from
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp

RECORDED = Path(__file__).parents[2] / "data" / "recorded"


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_name_opens_the_scenario_of_that_name() -> None:
    assert open_stamp("fails", 120).scenario is SCENARIOS["fails"]


def test_a_file_says_what_differs_from_the_scenario_it_is_based_on(tmp_path: Path) -> None:
    text = """
        based_on: slow
        description: the domain role fails
        ends: PartialSucceeded
        role_ends: {Domain: Failed}
        missing: [CA]
        host: {signed_in: false, module: null}
        settings: {path: '\\\\a\\b'}
    """
    scenario = open_stamp(written(tmp_path, text)).scenario
    assert (scenario.name, scenario.duration, scenario.ends) == ("mine", 6 * 3600, "PartialSucceeded")
    assert dict(scenario.roles())["Domain"] == "Failed"
    assert "CA" not in dict(scenario.roles())
    assert (scenario.host.signed_in, scenario.host.module, scenario.host.rest_method) == (False, None, True)


def test_a_refusal_can_be_any_that_the_stamp_might_give(tmp_path: Path) -> None:
    text = '{"refusal": {"status": 409, "code": "RestoreAlreadyDoneException", "message": "no"}}'
    stamp = open_stamp(written(tmp_path, text))
    path = f"/subscriptions/{stamp.profile.subscription_id}/resourceGroups/system.redmond/providers"
    answer = stamp.rest(
        "POST", f"{path}/Microsoft.Backup.Admin/backupLocations/redmond/createBackup?api-version=2018-09-01"
    )
    assert (answer.status, answer.body["error"]["code"]) == (409, "RestoreAlreadyDoneException")


def test_recorded_resources_are_served_as_they_are(tmp_path: Path) -> None:
    recorded = json.loads((RECORDED / "get-azsbackup.json").read_text())[0]
    text = json.dumps({"recorded": {"backups": recorded["body"]["value"]}, "host": {"rest_method": False}})
    stamp = open_stamp(written(tmp_path, text))
    assert stamp.rest("GET", recorded["path"]).body == recorded["body"]
    assert stamp.profile.rest_method is False
    assert stamp.profile.subscription_id in recorded["path"]


def test_every_scenario_is_its_own_base() -> None:
    for name, scenario in SCENARIOS.items():
        assert scenario_from({"based_on": name}, name=name) == scenario


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "its top must be a mapping"),
        ("- a", "its top must be a mapping"),
        ("{", "neither YAML nor JSON"),
        ("!!python/object:os.system {}", "neither YAML nor JSON"),
        ("duraton: 5", "duraton: .* did you mean 'duration'"),
        ("name: x", "name: there is no such field"),
        ("based_on: slwo", "did you mean 'slow'"),
        ("duration: soon", "duration: "),
        ("duration: 0", "duration: must be from"),
        ("duration: .nan", "duration: must be from"),
        ("history: -1", "history: must be from"),
        ("every_hours: 0", "every_hours: must be from"),
        ("every_hours: 0.3", "every_hours: must be from"),
        ("usual_duration: 0", "usual_duration: must be from"),
        ("role_ends: [NRP]", "role_ends: "),
        ("host: {signd_in: false}", "host.signd_in: .* did you mean 'signed_in'"),
        ("host: yes", "host: must be a mapping"),
        ("settings: {password: x}", "settings.password: "),
        ("refusal: {status: 200}", "refusal.status: must be from"),
        ("refusal: {status: many}", "many"),
        ("recorded: []", "recorded: "),
        ("recorded: {backups: [{}]}", "recorded: not resources of a stamp"),
        ("recorded: {backups: 7}", "recorded: not resources of a stamp"),
        ("recorded: {settings: {properties: {externalStoreDefault: {path: x}}}}", "userName"),
        ("recorded: {settings: {a: b}}", "recorded: not resources of a stamp"),
    ],
)
def test_what_is_no_scenario_is_refused_with_the_reason(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        open_stamp(written(tmp_path, text))


def test_a_name_that_is_neither_scenario_nor_file_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'succeeds'"):
        open_stamp("suceeds")


def test_the_plain_default_is_the_one_that_succeeds() -> None:
    assert Stamp().scenario.name == "succeeds"

"""Scenarios of the user's own, read from a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.api2021 import ROLES_2108
from psbridge.emulator.stamp.scenario import ROLES, Event, Scenario
from psbridge.emulator.stamp.scenario_file import open_stamp
from psbridge.emulator.stamp.scenario_format.events import THINGS
from psbridge.emulator.stamp.scenario_format.keys import KEYS, json_schema
from psbridge.emulator.stamp.scenario_format.problems import ScenarioError
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp

RECORDED = Path(__file__).parents[2] / "data" / "recorded"


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def scenario(folder: Path, text: str) -> Scenario:
    return open_stamp(written(folder, text)).scenario


def test_a_name_opens_the_scenario_of_that_name() -> None:
    assert open_stamp("fails", 120).scenario is SCENARIOS["fails"]


def test_a_file_overrides_the_scenario_it_is_based_on(tmp_path: Path) -> None:
    text = """
        based_on: slow
        description: the domain role fails
        ends: PartialSucceeded
        role_ends: {Domain: Failed}
        missing: [CA]
        host: {signed_in: false, module: null}
        settings: {path: '\\\\a\\b'}
    """
    made = scenario(tmp_path, text)
    assert (made.name, made.duration, made.ends) == ("mine", 6 * 3600, "PartialSucceeded")
    assert dict(made.ended_roles())["Domain"] == "Failed"
    assert "CA" not in dict(made.ended_roles())
    assert (made.host.signed_in, made.host.module, made.host.rest_method) == (False, None, True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800.0),
        ("6h", 21600.0),
        ("1h30m", 5400.0),
        ("1d", 86400.0),
        ("90s", 90.0),
        ("0.5s", 0.5),
        ("PT20M", 1200.0),
        ("P1DT2H", 93600.0),
        ("45", 45.0),
        ("1.5", 1.5),
        ("'45s'", 45.0),
    ],
)
def test_durations_have_human_formats(tmp_path: Path, text: str, seconds: float) -> None:
    assert scenario(tmp_path, f"duration: {text}").duration == seconds


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("23", tuple(ROLES_2108)),
        ("13", ROLES),
        ("12", ROLES[:12]),
        ("1", ("NRP",)),
        ("[NRP, Domain]", ("NRP", "Domain")),
    ],
)
def test_the_roles_are_a_known_set_or_named(tmp_path: Path, text: str, roles: tuple[str, ...]) -> None:
    assert scenario(tmp_path, f"roles: {text}").roles == roles


def test_an_event_has_a_moment_and_one_thing(tmp_path: Path) -> None:
    text = """
        events:
          - {at: 40%, share: full}
          - {at: 90%, of: 2, role_fails: Domain}
          - {at: 30m, scheduler: off}
          - {at: 31m, scheduler: on}
          - {at: 0, fault: receive:3:reset-after}
    """
    assert scenario(tmp_path, text).events == (
        Event("share", "full", None, 0.4),
        Event("role_fails", "Domain", None, 0.9, 2),
        Event("scheduler", "off", 1800.0),
        Event("scheduler", "on", 1860.0),
        Event("fault", "receive:3:reset-after", 0.0),
    )


def test_of_several_bases_the_later_one_wins_and_differences_are_reported(tmp_path: Path) -> None:
    made = scenario(tmp_path, "based_on: [slow, skipped, share-fills-up]\nready: true")
    assert (made.duration, made.ends, made.ready) == (30.0, "Skipped", True)
    assert made.events == SCENARIOS["share-fills-up"].events
    assert made.notes == ("slow and skipped both set duration; skipped wins",)


def test_mappings_of_several_bases_are_merged(tmp_path: Path) -> None:
    text = "based_on: [retention, update-failed, one-role-fails]\nrole_ends: {WAS: Failed}\nfaults: [create:1:503]"
    made = scenario(tmp_path, text)
    assert made.settings == {"backupFrequencyInHours": 4, "backupRetentionPeriodInDays": 2}
    assert made.role_ends == {"ACS": "Failed", "WAS": "Failed"}
    assert made.events == SCENARIOS["update-failed"].events
    assert made.faults == ("create:1:503",)
    assert made.notes == ()  # they are based on one that says the same


def test_a_scenario_may_be_based_on_a_named_error(tmp_path: Path) -> None:
    made = scenario(tmp_path, "based_on: [slow, 'error:EceClientException']")
    assert made.refusal is not None
    assert (made.refusal.code, made.duration) == ("EceClientException", 6 * 3600)


def test_a_refusal_can_have_any_status_code_and_message(tmp_path: Path) -> None:
    text = '{"refusal": {"status": 409, "code": "RestoreAlreadyDoneException", "message": "no"}}'
    stamp = open_stamp(written(tmp_path, text))
    path = f"/subscriptions/{stamp.profile.subscription_id}/resourceGroups/system.redmond/providers"
    answer = stamp.rest(
        "POST", f"{path}/Microsoft.Backup.Admin/backupLocations/redmond/createBackup?api-version=2018-09-01"
    )
    assert (answer.status, answer.body["error"]["code"]) == (409, "RestoreAlreadyDoneException")


def test_a_refusal_is_a_code_or_a_mapping_based_on_it(tmp_path: Path) -> None:
    named = scenario(tmp_path, "refusal: SmbShareIOException").refusal
    assert named is not None
    assert (named.status, named.code) == (400, "SmbShareIOException")
    assert scenario(tmp_path, "refusal: {code: SmbShareIOException, status: 500}").refusal == replace(named, status=500)
    assert scenario(tmp_path, "based_on: error:SmbShareIOException\nrefusal: null").refusal is None


def test_recorded_resources_are_served_as_they_are(tmp_path: Path) -> None:
    recorded = json.loads((RECORDED / "get-azsbackup.json").read_text())[0]
    text = json.dumps({"recorded": {"backups": recorded["body"]["value"]}, "host": {"rest_method": False}})
    stamp = open_stamp(written(tmp_path, text))
    assert stamp.rest("GET", recorded["path"]).body == recorded["body"]
    assert stamp.profile.rest_method is False
    assert stamp.profile.subscription_id in recorded["path"]


def test_every_scenario_can_be_printed_and_read_back(tmp_path: Path) -> None:
    for name in [*SCENARIOS, "error:BackupOperationException"]:
        made = open_stamp(written(tmp_path, SCENARIOS.text(name))).scenario
        assert replace(made, name=name) == SCENARIOS[name]


def test_the_default_is_what_its_file_says() -> None:
    from psbridge.emulator.stamp.scenario_format.compose import scenario as composed

    made = composed(SCENARIOS.document("succeeds"), "succeeds")
    assert made == Stamp().scenario == SCENARIOS["succeeds"]


def test_the_default_reads_no_file() -> None:
    code = (
        "import sys; from psbridge.emulator.stamp.service import Stamp; Stamp().rest('GET', '/'); "
        "print(sorted({'yaml', 'pydantic', 'psbridge.emulator.faults'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_field_of_a_scenario_can_be_written() -> None:
    unwritten = {"name", "notes"}
    assert {each.name for each in fields(Scenario)} - unwritten <= set(KEYS)
    assert all(key.meaning and key.reader.expected for key in KEYS.values())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "mine.yaml: the file is empty"),
        ("- a", "mine.yaml:1: expected the keys of a scenario, not a list"),
        ("a: {", r"mine.yaml:\d: not valid YAML"),
        ("a: b: c", "mine.yaml:1: not valid YAML"),
        ("!!python/object:os.system {}", "mine.yaml:1: expected the keys of a scenario"),
        ("duration: !!python/object:os.system {}", "mine.yaml:1"),
        ("a: &x [*x]", "mine.yaml:1"),
        ("{? [a, b] : c}", "mine.yaml:1: unknown key ''"),
        ("\n\nduraton: 5", "mine.yaml:3: unknown key 'duraton'; did you mean 'duration'"),
        ("duration: 5\nready: true\nduration: 6", "mine.yaml:3: duplicate key 'duration', first in line 1"),
        ("name: x", "unknown key 'name'"),
        ("based_on: slwo", "mine.yaml:1: based_on: unknown scenario 'slwo'; did you mean 'slow'"),
        ("based_on:\n  - slow\n  - fial", r"mine.yaml:3: based_on\[2\]: unknown scenario 'fial'; did you mean"),
        ("based_on: error:EceCleintException", "did you mean 'error:EceClientException'"),
        ("duration: soon", "duration: expected a duration such as 30m, 6h, PT20M or a number of seconds, not 'soon'"),
        ("duration: 0", "duration: expected a duration from 0.001s to 10d"),
        ("duration: 11d", "duration: expected a duration from 0.001s to 10d"),
        ("duration: .nan", "duration: expected a duration"),
        ("duration: .inf", "duration: expected a duration"),
        ("duration: true", "duration: expected a duration"),
        ("history: -1", "history: expected a whole number from 0 to 100, not '-1'"),
        ("history: true", "history: expected a whole number"),
        ("ready: maybe", "ready: expected true or false, not 'maybe'"),
        ("description: ''", "description: expected a text of one line, not nothing"),
        ("description: |\n  a\n  b", "description: expected a text of one line"),
        ("usual_duration: 0", "usual_duration: expected a duration from"),
        ("role_ends: [NRP]", "role_ends: expected a mapping with keys such as NRP, SRP, CRP, not a list"),
        (
            "role_ends:\n  Domian: Failed",
            "mine.yaml:2: role_ends: unknown key 'Domian'; did you mean 'Domain'",
        ),
        ("missing: [Doman]", r"missing\[1\]: expected a role such as NRP, not 'Doman'; did you mean 'Domain'"),
        ("roles: 12\nmissing: [Domain]", "mine.yaml:2: missing: role Domain is not in roles"),
        ("roles: 1\nmissing: [NRP]", "a backup needs at least one role"),
        ("roles: 7", "roles: expected 23, 13, 12, 1, or a list of role names, not '7'"),
        ("roles: []", "roles: expected at least one role"),
        ("roles: [NRP, NRP]", "roles: expected at least one role, and none twice"),
        ("host: {signd_in: false}", "unknown key 'signd_in'; did you mean 'signed_in'"),
        ("host: {signed_in: 1}", "host.signed_in: expected true or false, not '1'"),
        ("host: yes", "host: expected a mapping with keys such as"),
        ("settings: {password: x}", "unknown key 'password'"),
        ("settings: {backupFrequencyInHours: 0}", "settings.backupFrequencyInHours: expected a whole number from 1 to"),
        ("settings: {encryptionCertThumbprint: abc}", "expected a thumbprint of 40 hexadecimal digits, not 'abc'"),
        ("refusal: {status: 200, code: X}", "refusal.status: expected a whole number from 400 to 599, not '200'"),
        ("refusal: {status: many}", "refusal.status: expected a whole number"),
        ("refusal: {status: 400}", "refusal: expected the key 'code'"),
        ("refusal: SmbShareFullException", "refusal: expected an error's code such as .*; did you mean 'SmbShare"),
        ("stamp_version: 2301", "stamp_version: expected a version such as 1.2301.2.58"),
        ("share: ful", "share: expected .*, not 'ful'; did you mean 'full'"),
        ("share: 7", "share: expected one of works, almost-full, .*not-accessible, not '7'$"),
        ("update: begins", "update: expected one of running, failed, not 'begins'$"),
        ("events: {at: 40%}", "events: expected a list, each element an entry such as"),
        ("events: [{share: full}]", r"events\[1\]: expected the key 'at'"),
        ("events: [{at: 40%}]", r"events\[1\]: expected exactly one of share, .*; found none"),
        ("events: [{at: 40%, share: full, update: ends}]", "found share and update"),
        ("events:\n - {at: 1h, share: full}\n - {at: x, share: full}", r"mine.yaml:3: events\[2\].at: expected a part"),
        ("events: [{at: 101%, share: full}]", "expected a part from 0% to 100%, not '101%'"),
        ("events: [{at: -1, share: full}]", "expected a part of a backup's run"),
        ("events: [{at: 1h, of: 2, share: full}]", r"events\[1\].of: 'of' needs a part of a backup's run"),
        ("events: [{at: 1%, of: 0, share: full}]", r"events\[1\].of: expected a whole number from 1"),
        ("events: [{at: 40%, shares: full}]", "unknown key 'shares'; did you mean 'share'"),
        ("events: [{at: 1h, scheduler: sometimes}]", "scheduler: expected one of on, off, not 'sometimes'"),
        ("events: [{at: 1h, certificate: chnaged}]", "certificate: .* did you mean 'changed'"),
        ("events: [{at: 1h, raise_alert: BackupFailed}]", "raise_alert: .* did you mean 'Backup"),
        ("events: [{at: 1h, fault: receive:3:rset-after}]", r"events\[1\].fault: fault 'receive:3:rset-after'"),
        ("roles: 12\nevents:\n- {at: 40%, role_fails: Domain}", "mine.yaml:3: events: role Domain is not in roles"),
        ("faults: [recive:3:reset-after]", r"faults\[1\]: fault 'recive:3:reset-after'"),
        ("recorded: []", "recorded: expected a mapping of backups and settings, not a list"),
        ("recorded: {backup: []}", "unknown key 'backup'; did you mean 'backups'"),
        ("recorded: {backups: [{}]}", "recorded: not backups and settings of a stamp"),
        ("recorded: {backups: 7}", "recorded: not backups and settings of a stamp"),
        ("recorded: {settings: {a: b}}", "recorded: not backups and settings of a stamp"),
    ],
)
def test_an_invalid_scenario_is_refused_with_place_expectation_and_nearest(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        open_stamp(written(tmp_path, text))


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        """\
based_on: [slow, fial, 7]
duration: soon
rady: true
ready: true
ready: false
host: {module: 1, signd_in: true}
missing:
  - Domian
  - Fabric
  - CAA
events:
  - {share: ful}
  - {at: 40%, shares: full}
  - {at: x, of: 0, update: ends, scheduler: on}
  - 7
refusal:
  status: 200
"""
    )
    with pytest.raises(ScenarioError) as wrong:
        open_stamp(str(path))
    assert [(problem.line, problem.key, problem.nearest) for problem in wrong.value.problems] == [
        (1, "based_on[2]", "fails"),
        (1, "based_on[3]", None),
        (2, "duration", None),
        (3, "", "ready"),
        (5, "", None),
        (6, "host.module", None),
        (6, "host", "signed_in"),
        (8, "missing[1]", "Domain"),
        (9, "missing[2]", None),
        (10, "missing[3]", "CA"),
        (12, "events[1].share", "full"),
        (12, "events[1]", None),
        (13, "events[2]", "share"),
        (14, "events[3].at", None),
        (14, "events[3].of", None),
        (14, "events[3]", None),
        (15, "events[4]", None),
        (17, "refusal.status", None),
        (17, "refusal", None),
    ]
    lines = str(wrong.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:{problem.line}" for problem in wrong.value.problems]


def test_all_contradictions_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("roles: [CA]\nmissing: [CA, NRP]\nrole_ends: {SRP: Failed, CRP: Failed}\n")
    with pytest.raises(ScenarioError) as wrong:
        open_stamp(str(path))
    assert [(problem.line, problem.message) for problem in wrong.value.problems] == [
        (2, "role NRP is not in roles: CA"),
        (2, "a backup needs at least one role"),
        (3, "role CRP, SRP is not in roles: CA"),
    ]


@pytest.mark.parametrize("known", ["description: x", "ends: ful", "share: bad", "raise_alert: x", "host: {x: 1}"])
def test_long_lists_of_words_are_left_out(tmp_path: Path, known: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        open_stamp(written(tmp_path, f"{known}\nabcxyz: 1"))
    assert len(max(str(wrong.value).splitlines(), key=len)) < 300


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"description: x\xff\n")
    with pytest.raises(ValueError, match="expected UTF-8 text; the byte at offset 14 is invalid"):
        open_stamp(str(path))


def test_yaml_1_1_booleans_keep_their_meaning(tmp_path: Path) -> None:
    text = "ready: no\nbusy: Yes\nduration: 1.5\nlies: {object: {status: off, timeTakenToCreate: 2e3}}"
    made = scenario(tmp_path, text)
    assert (made.ready, made.busy, made.duration) == (False, True, 1.5)
    assert made.lies == {"object": {"status": False, "timeTakenToCreate": 2000.0}}
    assert scenario(tmp_path, "ends: 'off'").ends == "off"


def test_a_tag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mine\.yaml:2: recorded: YAML tags"):
        open_stamp(written(tmp_path, "recorded:\n  settings: !x {a: b}"))


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mine\.yaml"):
        open_stamp(written(tmp_path, "[" * 100_000))


def test_expanded_aliases_are_limited(tmp_path: Path) -> None:
    text = "recorded:\n  settings: &a [x]\n  backups:\n" + "".join(
        f"    - &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(24)
    )
    with pytest.raises(ValueError, match=r"mine\.yaml:20: too many values: aliases"):
        open_stamp(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("suceeds", "no such scenario or file: 'suceeds'; did you mean 'succeeds'?"),
        ("roles", "no such scenario or file: 'roles'; did you mean 'roles-one' or 'roles-twelve'?"),
        ("abcxyz", "no such scenario or file: 'abcxyz'"),
        ("", "no such scenario or file: ''"),
        (
            "error:EceClientExeption",
            "unknown error code 'EceClientExeption'; did you mean 'EceClientException'?",
        ),
        (
            "error:WrongStampVersion",
            "'WrongStampVersion'; did you mean 'WrongStampVersionException'?",
        ),
        ("error:abcxyz", "unknown error code 'abcxyz'"),
        ("error:", "unknown error code ''"),
        ("/", "/ is a folder; expected a YAML file"),
        ("nul\0", "nul\0 can't be read: embedded null byte"),
    ],
)
def test_an_unknown_scenario_is_refused_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(EmulationError) as refused:
        open_stamp(name)
    assert str(refused.value).endswith(told)
    assert refused.value.option == "scenario"


def test_at_most_three_names_are_suggested() -> None:
    with pytest.raises(EmulationError, match=r"did you mean 'Smb\w+', 'Smb\w+' or 'Smb\w+'\?$"):
        open_stamp("error:share")


def test_an_unreadable_file_is_reported_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match="can't be read: Not a directory"):
        open_stamp(written(tmp_path, "ends: Failed") + "/further.yaml")


def test_a_growing_file_is_read_to_its_end(tmp_path: Path) -> None:
    """As of a shell's <(...)."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(pipe.write_text, "ends: Failed")
        assert open_stamp(str(pipe)).scenario.ends == "Failed"
        writing.result()


def test_the_schema_knows_every_key_and_thing() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(KEYS)
    things = schema["properties"]["events"]["items"]["properties"]
    assert set(things) == {"at", "of", *THINGS}
    assert set(schema["properties"]["host"]["properties"]) == {each.name for each in fields(HostProfile)}
    assert json.loads(json.dumps(schema)) == schema

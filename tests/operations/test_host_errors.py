"""Errors of host and stamp come out by their kind: the right exit code, the host's own sentence, a remedy that can work."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.scenario import HOST, Event, Scenario
from psbridge.emulator.stamp.scenario_file import open_stamp
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import Ambiguous, AuthError, ExitCode, PrerequisiteError, PsbridgeError, Trigger
from psbridge.models.events import HostMessage
from psbridge.models.verdict import Judgement
from psbridge.powershell.pipeline import Command
from psbridge.powershell.result import ErrorRecord, Result
from psbridge.values import replace
from tests.operations.conftest import Bench, bench_in, is_look, is_trigger
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.stamp_session import Fault, StampSessions
from tests.support.process.cli import Cli

CREDENTIALS = "Your Azure credentials have not been set up or have expired, please run Connect-AzAccount"
RECORDED = Path(__file__).parents[1] / "data" / "recorded"


def raised(do: Callable[[], Any]) -> PsbridgeError:
    with pytest.raises(PsbridgeError) as caught:
        do()
    return caught.value


def written(words: str, id: str = "Some.Class", activity: str = "Get-AzsBackup", **properties: Any) -> Any:
    """Return what makes a cmdlet write an error and nothing else."""
    record = ErrorRecord(words, id, activity=activity, exception_properties=properties)
    return lambda result: replace(result, output=(), errors=(record,))


# -- the sign-in

KINDS = [
    ("signed-out", "signed_out", CREDENTIALS, "Connect-AzAccount"),
    ("sign-in-expired", "signed_out", "The access token expiry", "Connect-AzAccount"),
    ("tenant-endpoint", "tenant_endpoint", "the tenant endpoint, not adminmanagement", "adminmanagement"),
    ("no-subscription", "no_subscription", "has no subscription on the stamp", "role"),
]
READS: dict[str, Callable[[Bench], Any]] = {
    "list": lambda it: it.client.backups.list(),
    "settings": lambda it: it.client.settings(),
    "show": lambda it: it.client.backups.show(),
    "confirm": lambda it: it.client.backups.confirm(),
    "dry run": lambda it: it.dry_run(),
    "start": lambda it: it.client.backups.start(),
}


@pytest.mark.parametrize("family", ["az", "azurerm"])
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(("scenario", "reason", "words", "remedy"), KINDS, ids=[it[0] for it in KINDS])
def test_an_unusable_sign_in_is_a_prerequisite_error_of_every_command(
    bench: Callable[..., Bench], scenario: str, reason: str, words: str, remedy: str, read: str, family: str
) -> None:
    host = SCENARIOS[scenario].host
    if family == "azurerm":
        host = dataclasses.replace(SCENARIOS["azurerm-module"].host, session=host.session)
        words = words.replace("Connect-AzAccount", "Connect-AzureRmAccount")
    it = bench(scenario, host=host)
    problem = raised(lambda: READS[read](it))
    assert (problem.exit_code, problem.trigger) == (ExitCode.PREREQUISITE, Trigger.NOT_SENT)
    assert problem.detail["reason"] == reason
    assert words in problem.message
    assert "None" not in problem.message
    assert remedy in (problem.hint or "")
    assert it.triggers == 0


def test_an_error_without_an_id_has_no_code(bench: Callable[..., Bench]) -> None:
    problem = raised(bench("signed-out").client.backups.list)
    assert problem.detail["code"] is None
    assert problem.detail["error_record"]["fully_qualified_error_id"].endswith("GetAzsBackup")
    assert "Get-AzsBackup" in problem.message


def test_the_tenant_endpoint_is_also_named_by_a_start(bench: Callable[..., Bench]) -> None:
    refusal = Refusal(404, "InvalidResourceNamespace", "The resource namespace 'Microsoft.Backup.Admin' is invalid.")
    it = bench(refusal=refusal)
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.PREREQUISITE, Trigger.SENT)
    assert "the tenant endpoint, not adminmanagement (Start-AzsBackup" in problem.message
    assert problem.message.endswith("nothing was started")


def test_a_sign_in_that_expires_and_is_renewed_does_not_prevent_the_proof(
    bench: Callable[..., Bench],
) -> None:
    it = bench("sign-in-expires", policy={"poll": 60})
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


def test_a_sign_in_that_expires_ends_the_wait_at_the_deadline_with_the_cause(
    bench: Callable[..., Bench],
) -> None:
    it = bench(events=(Event("sign_in", "expires", None, 0.2),))
    report = it.start()
    assert report.problem is not None
    assert (report.problem.exit_code, report.problem.trigger) == (ExitCode.TIMEOUT, Trigger.SENT)
    assert "The access token expiry" in report.problem.message
    assert report.problem.detail["cause"]["code"] == "prerequisite"
    assert report.problem.id


def test_credentials_missing_after_the_trigger_end_with_6(bench: Callable[..., Bench]) -> None:
    problem = bench(faults=[Fault(is_look, change=written(CREDENTIALS), times=10_000)]).start().problem
    assert problem is not None
    assert problem.exit_code is ExitCode.TIMEOUT
    assert CREDENTIALS in problem.message


# -- refusals without a name


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"StatusCode": "BadRequest", "Code": "NewCode"}, ExitCode.PREREQUISITE),
        ({"StatusCode": 401}, ExitCode.PREREQUISITE),
        ({"StatusCode": "Forbidden", "Code": "Forbidden"}, ExitCode.AUTH),
        ({"StatusCode": 404, "Code": "NotFound"}, ExitCode.PREREQUISITE),
        ({"StatusCode": "Conflict"}, ExitCode.PREREQUISITE),
        ({"StatusCode": 429}, ExitCode.UNREACHABLE),
        ({"StatusCode": 502}, ExitCode.UNREACHABLE),
        ({}, ExitCode.PREREQUISITE),
    ],
)
def test_a_refusal_without_a_known_code_is_not_a_bug(
    bench: Callable[..., Bench], properties: dict[str, Any], code: ExitCode
) -> None:
    it = bench(
        faults=[Fault(lambda text, _: "AzsBackup" in text, change=written("Own words.", **properties), times=99)]
    )
    problem = raised(it.client.backups.list)
    assert problem.exit_code is code
    assert "Own words" in problem.message
    assert "Get-AzsBackup" in problem.message or code is ExitCode.UNREACHABLE
    assert problem.detail["code"] == properties.get("Code")
    assert problem.hint


@pytest.mark.parametrize(("status", "code"), [(400, ExitCode.PREREQUISITE), (403, ExitCode.AUTH)])
def test_a_4xx_to_the_trigger_means_that_nothing_was_started(
    bench: Callable[..., Bench], status: int, code: ExitCode
) -> None:
    it = bench(refusal=Refusal(status, "NewCode", "Own words."))
    problem = it.refused()
    assert problem.exit_code is code
    assert problem.message.endswith("Own words; nothing was started")
    assert it.journal.list()[0].state == "refused"


UNNAMED = [
    ("no words that anybody knows", {}),
    (CREDENTIALS, {}),
    ("No such host is known.", {}),
    ("anything", {"StatusCode": 500}),
    ("anything", {"StatusCode": 408}),
]


@pytest.mark.parametrize(("words", "properties"), UNNAMED)
def test_an_inconclusive_error_is_investigated_without_another_trigger(
    bench: Callable[..., Bench], words: str, properties: dict[str, Any]
) -> None:
    """The stamp took the trigger, and then the cmdlet failed: the backup is found."""
    change = written(words, activity="Start-AzsBackup", **properties)
    it = bench(faults=[Fault(is_trigger, change=change)])
    assert it.start().verdict.judgement is Judgement.CONFIRMED
    assert it.triggers == len(it.sessions.triggers) == 1


def test_without_a_new_backup_the_run_stays_open(bench: Callable[..., Bench]) -> None:
    lost = Fault(is_trigger, change=written("nobody's words", activity="Start-AzsBackup"))
    it = bench("running-not-listed", policy={"timeout": 60}, faults=[lost])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert "Start-AzsBackup failed on the host: nobody's words" in problem.message


def test_a_pipeline_that_fails_without_an_error_is_not_a_bug(bench: Callable[..., Bench]) -> None:
    from psbridge.powershell.result import State

    silent = Fault(lambda text, _: "AzsBackup" in text, change=lambda _: Result(state=State.FAILED), times=99)
    assert raised(bench(faults=[silent]).client.backups.list).exit_code is ExitCode.UNKNOWN


# -- preferences


def test_no_preference_of_the_host_changes_what_a_start_does(bench: Callable[..., Bench]) -> None:
    it = bench("preferences")
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1
    assert len(it.client.backups.list()) == 7
    assert it.dry_run().would == "start"
    assert it.triggers == 1


PREFERENCES = [
    *("ErrorActionPreference=Stop", "ErrorActionPreference=SilentlyContinue", "ErrorActionPreference=Ignore"),
    *("WarningPreference=Stop", "VerbosePreference=Continue", "DebugPreference=Inquire", "InformationPreference=Stop"),
    *("ConfirmPreference=Low", "ConfirmPreference=Medium", "WhatIfPreference=true"),
]


@pytest.mark.sampled(5)
@pytest.mark.parametrize("family", ["succeeds", "azurerm-module"])
@pytest.mark.parametrize("preference", PREFERENCES)
def test_no_single_preference_changes_what_a_start_does(
    bench: Callable[..., Bench], preference: str, family: str
) -> None:
    warned = {"preferences": (preference,), "stray_warning": "This version of the module is deprecated."}
    it = bench(family, host=dataclasses.replace(SCENARIOS[family].host, **warned))
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


@pytest.mark.parametrize("preference", PREFERENCES)
def test_an_error_is_never_hidden_behind_an_empty_list(bench: Callable[..., Bench], preference: str) -> None:
    it = bench(host=dataclasses.replace(HOST, session="expired", preferences=(preference,)))
    assert raised(it.client.backups.list).exit_code is ExitCode.PREREQUISITE


def test_common_parameters_are_sent_with_every_cmdlet_unless_overridden() -> None:
    sent = dict(Command.of("Start-AzsBackup", {"Location": "redmond", "WhatIf": True}).sent)
    assert sent["WhatIf"] is True
    assert sent["Confirm"] is False
    assert (sent["ErrorAction"], sent["WarningAction"], sent["Verbose"]) == ("Continue", "Continue", False)
    assert "WhatIf" not in dict(Command.of("Get-AzsBackup").sent)
    assert (
        dict(Command.of("Get-Command", {"ErrorAction": "SilentlyContinue"}).sent)["ErrorAction"] == "SilentlyContinue"
    )


@pytest.mark.pwsh
def test_no_preference_of_a_real_engine_changes_what_a_start_does(cli: Cli) -> None:
    with cli.facing("preferences", engine="pwsh") as running:
        cli("backup", "start", "-q").expect(0)
        listed = cli("backup", "list", "-o", "json").expect(0).document["backups"]
        assert running.stamp.counts()["triggers"] == 1
    assert len(listed) == 7


# -- errors beside a good answer


@pytest.mark.parametrize("family", ["az", "azurerm"])
def test_an_error_with_a_good_answer_to_the_trigger_is_a_warning(bench: Callable[..., Bench], family: str) -> None:
    base = HOST if family == "az" else SCENARIOS["azurerm-module"].host
    it = bench(host=dataclasses.replace(base, stray_error="the event log could not be written"))
    assert it.start().exit_code is ExitCode.OK
    told = [event for event in it.of(HostMessage) if event.stream == "error"]
    assert len(told) == (1 if family == "az" else 0)  # there the trigger's own session is left before it answers
    assert all("the event log could not be written" in event.text for event in told)


def test_an_error_with_a_good_read_is_reported_once(bench: Callable[..., Bench]) -> None:
    record = ErrorRecord("the call was throttled", "Some.Class", activity="Invoke-AzRestMethod")
    beside = Fault(is_look, change=lambda result: replace(result, errors=(*result.errors, record)), times=99)
    it = bench(faults=[beside])
    assert it.start().exit_code is ExitCode.OK
    told = [event.text for event in it.of(HostMessage) if event.stream == "error"]
    assert told == ["Invoke-AzRestMethod: the call was throttled"]


def test_an_error_with_a_good_answer_is_shown_and_logged(cli: Cli) -> None:
    with cli.facing("stray-error"):
        ended = cli("backup", "start", "-q", "--log-file", "log.jsonl").expect(0)
    words = "Start-AzsBackup: The operation was accepted and the event log could not be written"
    assert words in ended.err.replace("\n", " ")
    lines = [json.loads(line) for line in (cli.folder / "log.jsonl").read_text().splitlines()]
    assert any(line.get("level") == "warning" and words in line.get("message", "") for line in lines)


def test_text_output_shows_the_hosts_error_text(cli: Cli) -> None:
    with cli.facing("signed-out"):
        ended = cli("backup", "list").expect(10)
    assert CREDENTIALS in " ".join(ended.err.split())


# -- updates


@pytest.mark.parametrize("rehearsed", [True, False])
def test_a_running_update_is_named_at_the_start(bench: Callable[..., Bench], rehearsed: bool) -> None:
    it = bench("update-running")
    problem = raised(it.dry_run) if rehearsed else it.refused()
    assert problem.exit_code is ExitCode.BUSY
    name = problem.detail["update"]["name"]
    assert problem.message == (
        f"Update {name} is installing; the stamp refuses backups until it ends. Nothing was started."
    )
    assert "whether" not in (problem.hint or "")
    assert "when the update has ended" in (problem.hint or "")
    assert problem.detail["reason"] == "update_running"


# -- recordings


def recorded_settings() -> Iterator[dict[str, Any]]:
    for file in sorted(RECORDED.rglob("*.json")):
        for entry in json.loads(file.read_text()):
            body = entry["body"]
            found = body.get("value") if isinstance(body, dict) else None
            for each in found if isinstance(found, list) else [body]:
                if isinstance(each, dict) and "externalStoreDefault" in (each.get("properties") or {}):
                    yield each


def blanked() -> Iterator[Any]:
    """Yield recorded settings, and one of them with each value null, empty or left out, and all of them at once."""
    every = list(recorded_settings())
    yield from ({"settings": each} for each in every)
    yield {"settings": {"value": every[:1], "nextLink": None}}
    store = every[0]["properties"]["externalStoreDefault"]
    changed: list[dict[str, Any]] = [dict.fromkeys(store), dict.fromkeys(store, ""), {}]
    for name in store:
        changed += [{**store, name: None}, {**store, name: ""}, {key: store[key] for key in store if key != name}]
    yield from ({"settings": {**every[0], "properties": {"externalStoreDefault": each}}} for each in changed)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("recorded", list(blanked()))
def test_recorded_settings_are_served_whatever_is_null_or_empty(tmp_path: Path, recorded: dict[str, Any]) -> None:
    file = tmp_path / "recorded.yaml"
    file.write_text(json.dumps({"recorded": recorded}))
    clock = FakeClock()
    stamp = open_stamp(str(file), now=clock.now)
    plain = bench_in(tmp_path / "state", Scenario("recorded", "as recorded", history=0), now=clock)
    it = plain.client.__class__(
        replace(plain.target, location=None), state=tmp_path, clock=clock, sessions=StampSessions(stamp, clock)
    )
    told = recorded["settings"].get("value", [recorded["settings"]])[0]["properties"]["externalStoreDefault"]
    shown = it.settings()
    assert shown.path == (told.get("path") or None)
    assert shown.backup_frequency_in_hours == (told.get("backupFrequencyInHours") or None)
    assert not it.backups.list()
    if told.get("path") and told.get("encryptionCertThumbprint"):
        assert it.backups.start().wait().exit_code is ExitCode.OK
    else:
        assert isinstance(raised(it.backups.start), PrerequisiteError)


def test_a_denied_read_is_not_a_signed_out_host(bench: Callable[..., Bench]) -> None:
    denied = written("does not have authorization", Code="AuthorizationFailed", StatusCode="Forbidden")
    it = bench(faults=[Fault(lambda text, _: "AzsBackup" in text, change=denied, times=99)])
    assert isinstance(raised(it.client.backups.list), AuthError)

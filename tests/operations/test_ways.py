"""Signing in, lists that never agree, and locations: what an operation meets on its way to the stamp."""

from __future__ import annotations

import pytest

from psbridge.emulator.stamp.service import APPLICATION_ID, ServicePrincipal
from psbridge.errors import Ambiguous, AuthError, ExitCode, Interrupted, PsbridgeError, Trigger, Unreachable
from psbridge.models.connection import SignIn
from psbridge.models.secret import Credential, Secret
from psbridge.models.verdict import Judgement
from psbridge.operations.progress import normal_run_seconds
from psbridge.operations.start import StartOptions
from psbridge.powershell.result import PSObject, Result
from psbridge.values import replace
from tests.operations.conftest import is_look, is_trigger
from tests.support.fakes.stamp_session import Fault

TENANT = "contoso.onmicrosoft.com"


def signing_in(secret: str) -> dict[str, SignIn]:
    return {"sign_in": SignIn("AzureStackAdmin", TENANT, Credential(APPLICATION_ID, Secret(secret)))}


@pytest.fixture
def not_signed_in(bench):
    def make(secret: str, **more):
        it = bench("not-signed-in", target=signing_in(secret), **more)
        it.stamp.principal = ServicePrincipal(secret="right")
        return it

    return make


def test_each_session_signs_in_before_any_other_call(not_signed_in):
    lost = Fault(is_look, lambda: Unreachable("reset", retryable=True, delivered=True))
    it = not_signed_in("right", faults=[lost])
    assert it.start().exit_code is ExitCode.OK
    assert it.sessions.opened == 2
    assert it.stamp.counts()["sign_ins"] == 2
    assert [text.split()[0] for text in it.sessions.ran[:2]] == ["Disable-AzContextAutosave", "Connect-AzAccount"]
    assert "right" not in " ".join(it.sessions.ran)


def test_a_sign_in_that_is_refused_is_tried_once(not_signed_in):
    it = not_signed_in("wrong")
    problem = it.refused()
    assert isinstance(problem, AuthError)
    assert problem.trigger is Trigger.NOT_SENT
    assert it.stamp.counts()["sign_ins_refused"] == 1
    assert it.sessions.triggers == []
    assert "wrong" not in f"{problem.message} {problem.hint} {problem.detail}"


def test_a_sign_in_refused_after_the_trigger_ends_with_the_cause(not_signed_in):
    lost = Fault(is_look, lambda: Unreachable("reset", retryable=True, delivered=True))
    it = not_signed_in("right", faults=[lost])
    started = it.start_no_wait()
    it.stamp.principal = ServicePrincipal(secret="changed")
    with pytest.raises(AuthError):  # a wait that starts with a refusal started nothing and knows nothing
        it.again().backups.wait(started.id)
    assert it.stamp.counts()["sign_ins_refused"] == 1


@pytest.mark.parametrize("opening", [Unreachable("no route", retryable=True), AuthError("refused")])
def test_a_host_that_does_not_open_a_session_started_nothing(bench, opening):
    it = bench()
    it.sessions.refuse_to_open = [opening] * 9
    problem = it.refused()
    assert problem is opening
    assert problem.trigger is Trigger.NOT_SENT
    tried = 9 - len(it.sessions.refuse_to_open)
    assert tried == (1 if isinstance(opening, AuthError) else 4)


def test_leaving_the_library_closes_the_session(bench):
    it = bench()
    with it.client as stamp:
        stamp.backups.list()
    assert (it.sessions.opened, it.sessions.closed) == (1, 1)


def is_preflight(text: str, _number: int) -> bool:
    return text.startswith("Get-Command")


def torn(result: Result) -> Result:
    """Take one backup out of the first list, as if it had appeared in between."""
    at = next(at for at, it in enumerate(result.output) if isinstance(it, PSObject) and it.has("CreatedDateTime"))
    return replace(result, output=(*result.output[:at], *result.output[at + 1 :]))


@pytest.mark.parametrize(("scenario", "judgement"), [("succeeds", "confirmed"), ("role-missing", "partial")])
def test_roles_are_compared_even_if_two_lists_never_agree(bench, scenario, judgement):
    it = bench(scenario, faults=[Fault(is_preflight, change=torn, times=99)])
    assert it.start().verdict.judgement == judgement


def test_a_backup_that_cannot_be_compared_is_not_confirmed(bench):
    unread = Fault(
        lambda text, number: is_look(text, number) and "Invoke-AzRestMethod" not in text,
        change=lambda result: replace(result, output=tuple(it for it in result.output if _is_backup(it))),
        times=99,
    )
    it = bench(history=4, faults=[Fault(is_preflight, change=torn, times=99), unread])
    report = it.start()
    assert report.verdict.judgement is Judgement.UNKNOWN
    assert next(row for row in report.verdict.evidence if row.check == "roles").outcome == "unknown"


def _is_backup(value: object) -> bool:
    return isinstance(value, PSObject) and value.has("CreatedDateTime")


def test_a_list_is_read_again_until_it_agrees_and_then_shown_without_roles(bench):
    it = bench(faults=[Fault(lambda text, _: text.startswith("Get-AzsBackup -Loc"), change=torn, times=2)])
    assert all(len(backup.roles) == 13 for backup in it.client.backups.list())
    it.sessions.faults = [Fault(lambda text, _: text.startswith("Get-AzsBackup -Loc"), change=torn, times=9)]
    backups = it.client.backups.list()
    assert len(backups) == 6
    assert all(backup.roles is None for backup in backups)


def test_a_lost_backup_is_searched_for_on_the_triggering_host(bench):
    lost = Fault(is_trigger, lambda: Unreachable("reset", delivered=True), executed=True)
    it = bench("no-rest-method", target={"location": "elsewhere"}, faults=[lost])
    problem = it.refused(location="redmond")
    assert isinstance(problem, Ambiguous)
    assert len(problem.detail["candidates"]) == 1


def test_a_failed_raw_list_falls_back_to_the_module_and_adopts_nothing(bench):
    def failing(result: Result) -> Result:
        return replace(result, output=(PSObject(properties={"StatusCode": 500, "Content": ""}),))

    lost = Fault(is_trigger, lambda: Unreachable("reset", delivered=True), executed=True)
    it = bench(faults=[lost, Fault(lambda text, _: "/backups?" in text, change=failing, times=999)])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert len(problem.detail["candidates"]) == 1


def test_a_host_without_a_clock_adopts_nothing(bench):
    lost = Fault(is_trigger, lambda: Unreachable("reset", delivered=True), executed=True)
    it = bench(faults=[Fault(is_preflight, change=lambda result: replace(result, host_time=None), times=99), lost])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert "time" in problem.message


def test_an_interrupt_in_the_search_shows_how_to_resume(bench):
    lost = Fault(is_trigger, lambda: Unreachable("reset", delivered=True), executed=True)
    it = bench(faults=[lost])

    def ctrl_c() -> None:
        if len(it.clock.slept) == 3:
            raise Interrupted("interrupted by SIGINT")

    it.clock.on_sleep = ctrl_c
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.UNKNOWN)
    assert "backup wait" in problem.hint
    it.clock.on_sleep = None
    assert it.again().backups.wait().exit_code is ExitCode.OK
    assert it.triggers == 1


def test_a_search_ends_with_the_timeout_of_the_command(bench):
    lost = Fault(is_trigger, lambda: Unreachable("reset", delivered=True))
    it = bench(policy={"timeout": 600}, faults=[lost])
    assert isinstance(it.refused(), Ambiguous)
    assert it.clock.monotonic() - 1000 <= 601
    assert normal_run_seconds(it.client.backups.list()) > 600


@pytest.mark.parametrize("text", ["$(x)", "a b", "../x", ""])
def test_an_invalid_location_is_a_usage_error_before_anything_is_sent(bench, text):
    it = bench(target={"location": text or "$"})
    with pytest.raises(PsbridgeError) as caught:
        it.client.backups.run(_options(text))
    assert caught.value.exit_code is ExitCode.USAGE
    assert it.sessions.ran == []


def _options(text: str) -> StartOptions:
    return StartOptions(location=text or None)


def test_an_unknown_value_for_running_is_a_usage_error():
    with pytest.raises(PsbridgeError) as caught:
        StartOptions(if_running="force")
    assert caught.value.exit_code is ExitCode.USAGE

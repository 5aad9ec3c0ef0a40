"""`sign_in` does what the config says: environment, no saved context, login, subscription; and it says why it failed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.stamp.scenario import HOST, METERING_SUBSCRIPTION
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import APPLICATION_ID, ServicePrincipal
from psbridge.errors import ExitCode, PsbridgeError, Trigger, Unreachable
from psbridge.models.connection import SignIn
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.result import ErrorRecord
from psbridge.values import replace
from tests.operations.conftest import Bench, bench_in, is_look
from tests.support.fakes.stamp_session import Fault
from tests.support.process.cli import Cli

ENDPOINT = HOST.resource_manager_url.rstrip("/")
FAMILIES = {"az": HOST, "azurerm": SCENARIOS["azurerm-module"].host}


@pytest.fixture
def signing_in(tmp_path: Path) -> Callable[..., Bench]:
    """Return what sets up a stamp whose host is not signed in, and a target that says how."""

    def make(family: str = "az", *, faults: Any = None, target: Any = None, host: Any = None, **sign_in: Any) -> Bench:
        given = {"environment": HOST.environment, "tenant": HOST.tenant, "arm_endpoint": ENDPOINT, **sign_in}
        secret = given.pop("secret", "right")
        how = SignIn(service_principal=Credential(APPLICATION_ID, Secret(secret)), **given)
        base = dataclasses.replace(FAMILIES[family], signed_in=False, **(host or {}))
        it = bench_in(tmp_path / "state", host=base, target={"sign_in": how, **(target or {})}, faults=faults)
        it.stamp.principal = ServicePrincipal(secret="right")
        return it

    return make


def refusal(it: Bench) -> PsbridgeError:
    with pytest.raises(PsbridgeError) as caught:
        it.client.backups.list()
    assert caught.value.trigger is Trigger.NOT_SENT
    return caught.value


def verbs(it: Bench) -> list[str]:
    """Return the cmdlets that were sent before the first that reads backups."""
    sent = [word for text in it.sessions.ran for part in text.split("; ") for word in part.split()[:1]]
    return sent[: next(at for at, word in enumerate(sent) if word.startswith(("Get-AzsBackup", "Get-Command")))]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_missing_environment_is_added(signing_in: Callable[..., Bench], family: str) -> None:
    it = signing_in(family, host={"environment_known": False}, target={"module": family})
    assert it.start().exit_code is ExitCode.OK
    a = "Az" if family == "az" else "AzureRm"
    assert verbs(it) == [
        f"Disable-{a}ContextAutosave",
        f"Get-{a}Environment",
        f"Add-{a}Environment",
        f"Connect-{a}Account",
        f"Set-{a}Context",
    ]


def test_a_known_environment_is_not_added_again(signing_in: Callable[..., Bench]) -> None:
    for endpoint in (ENDPOINT, f"{ENDPOINT}/", ENDPOINT.upper().replace("HTTPS", "https"), f"{ENDPOINT}:443"):
        it = signing_in(arm_endpoint=endpoint)
        it.client.backups.list()
        assert "Add-AzEnvironment" not in verbs(it)


def test_an_environment_with_another_endpoint_is_given_the_right_one(signing_in: Callable[..., Bench]) -> None:
    """The host knows the name as that of the tenants' endpoint, where no backup can be found."""
    wrong = Fault(
        lambda text, _: "Get-AzEnvironment" in text,
        change=lambda result: replace(
            result,
            output=tuple(
                replace(it, properties={**it.properties, "ResourceManagerUrl": "https://management.redmond.example/"})
                for it in result.output
                if hasattr(it, "properties") and it.has("ResourceManagerUrl")
            ),
        ),
        times=99,
    )
    it = signing_in(faults=[wrong])
    assert it.start().exit_code is ExitCode.OK
    assert "Add-AzEnvironment" in verbs(it)


def test_a_tenants_endpoint_in_the_config_is_named(signing_in: Callable[..., Bench]) -> None:
    problem = refusal(signing_in(arm_endpoint=ENDPOINT.replace("adminmanagement", "management")))
    assert problem.exit_code is ExitCode.PREREQUISITE
    assert "the tenant endpoint, not adminmanagement" in problem.message


def test_the_context_is_not_saved_on_the_host(signing_in: Callable[..., Bench]) -> None:
    """Where contexts are saved, the login writes the secret to the user's profile; so that is switched off before it."""
    it = signing_in()
    it.client.backups.list()
    assert it.sessions.ran[0].startswith("Disable-AzContextAutosave -Scope 'Process'; ")
    assert verbs(it).index("Disable-AzContextAutosave") < verbs(it).index("Connect-AzAccount")


def test_the_secret_is_sent_only_as_a_credential(signing_in: Callable[..., Bench]) -> None:
    it = signing_in()
    it.start()
    assert "right" not in " ".join(it.sessions.ran)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("wanted", [None, "Default Provider Subscription", HOST.subscription_id])
def test_a_sign_in_in_another_subscription_is_corrected(
    signing_in: Callable[..., Bench], family: str, wanted: str | None
) -> None:
    it = signing_in(family, host={"lands_in": "another"}, target={"subscription": wanted})
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert report.context is not None
    assert report.context.subscription_id == HOST.subscription_id


def test_the_subscription_of_the_target_is_the_one_that_is_selected(signing_in: Callable[..., Bench]) -> None:
    it = signing_in(target={"subscription": METERING_SUBSCRIPTION})
    with pytest.raises(PsbridgeError):
        it.client.backups.list()
    assert f"Set-AzContext -Subscription '{METERING_SUBSCRIPTION}'" in " ".join(it.sessions.ran)


@pytest.mark.parametrize("how", [{"host": {"lands_in": "none"}}, {"target": {"subscription": "No Such Subscription"}}])
def test_a_subscription_that_the_principal_does_not_see_is_a_prerequisite(
    signing_in: Callable[..., Bench], how: dict[str, Any]
) -> None:
    problem = refusal(signing_in(**how))
    assert problem.exit_code is ExitCode.PREREQUISITE
    assert "Please provide a valid tenant or a valid subscription" in problem.message
    assert "role" in (problem.hint or "")


FAILURES: list[tuple[dict[str, Any], ExitCode, str, str]] = [
    ({"secret": "wrong"}, ExitCode.AUTH, "AADSTS7000215: Invalid client secret", "secret"),
    ({"host": {"secret_expired": True}}, ExitCode.AUTH, "AADSTS7000222", "expired"),
    ({"tenant": "elsewhere"}, ExitCode.PREREQUISITE, "AADSTS90002: Tenant 'elsewhere' not found", "sign_in.tenant"),
    ({"environment": "AzureCloud"}, ExitCode.PREREQUISITE, "built-in", "sign_in.environment"),
    (
        {"arm_endpoint": "https://adminmanagement.nowhere.example"},
        ExitCode.UNREACHABLE,
        "No such host is known",
        "sign_in.arm_endpoint",
    ),
]


@pytest.mark.parametrize(("how", "code", "words", "remedy"), FAILURES)
def test_the_reason_of_a_failed_sign_in_is_reported(
    signing_in: Callable[..., Bench], how: dict[str, Any], code: ExitCode, words: str, remedy: str
) -> None:
    it = signing_in(**how)
    problem = refusal(it)
    assert problem.exit_code is code
    assert words in problem.message
    assert remedy in (problem.hint or "")
    assert it.sessions.opened == 1
    assert it.stamp.counts()["sign_ins_refused"] <= 1


def failing_login(words: str, *types: str) -> Fault:
    record = ErrorRecord(words, "A.Class", activity="Connect-AzAccount", exception_types=types)
    return Fault(
        lambda text, _: text.startswith("Connect-"), change=lambda result: replace(result, errors=(record,)), times=99
    )


@pytest.mark.parametrize(
    ("words", "types", "code"),
    [
        ("MSIS9605: The client is not allowed to access the requested resource.", (), ExitCode.AUTH),
        ("MSIS9622: Client authentication failed.", (), ExitCode.AUTH),
        ("AADSTS700016: Application was not found", (), ExitCode.AUTH),
        ("AADSTS500011: The resource principal was not found", (), ExitCode.PREREQUISITE),
        ("AADSTS90033: A transient error has occurred.", (), ExitCode.UNREACHABLE),
        ("fremde Worte", ("Azure.Identity.AuthenticationFailedException",), ExitCode.AUTH),
        ("fremde Worte", ("System.Net.Http.HttpRequestException",), ExitCode.UNREACHABLE),
        ("Retry failed: connection refused", ("Azure.Identity.AuthenticationFailedException",), ExitCode.UNREACHABLE),
        ("what nobody knows", ("System.Exception",), ExitCode.PREREQUISITE),
    ],
)
def test_a_failed_sign_in_is_refused_only_if_it_was_refused(
    signing_in: Callable[..., Bench], words: str, types: tuple[str, ...], code: ExitCode
) -> None:
    problem = refusal(signing_in(faults=[failing_login(words, *types)]))
    assert problem.exit_code is code
    assert words.rstrip(".") in problem.message


def test_a_refused_sign_in_is_not_repeated_by_a_later_session(signing_in: Callable[..., Bench]) -> None:
    """Each further try could lock the account."""
    broken = Fault(is_look, lambda: Unreachable("reset", retryable=True, delivered=True))
    it = signing_in(faults=[broken])
    login = failing_login("what nobody knows")

    def fail_from_now_on() -> None:
        if broken.times == 0 and login not in it.sessions.faults:
            it.sessions.faults.append(login)

    it.clock.on_sleep = fail_from_now_on
    report = it.start()
    assert report.problem is not None
    assert report.problem.exit_code is ExitCode.TIMEOUT
    assert "what nobody knows" in report.problem.message
    logins = [text for text in it.sessions.ran if text.startswith("Connect-")]
    assert len(logins) == 2


def test_a_host_without_the_cmdlets_misses_a_prerequisite(signing_in: Callable[..., Bench]) -> None:
    it = signing_in(host={"visible": ("Get-AzsBackup", "Get-Command", "ForEach-Object", "Connect-AzAccount")})
    problem = refusal(it)
    assert problem.exit_code is ExitCode.PREREQUISITE
    assert it.stamp.counts()["sign_ins"] == 0


@pytest.mark.parametrize("engine", ["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)])
def test_from_the_config_to_the_backup(cli: Cli, engine: str) -> None:
    lines = (
        "sign_in:",
        f"  environment: {HOST.environment}",
        f"  arm_endpoint: {ENDPOINT}",
        f"  tenant: {HOST.tenant}",
        f"  service_principal: {{application_id: {APPLICATION_ID}, secret: {{env: NYC_SECRET}}}}",
    )
    with cli.facing("environment-unknown", *lines, engine=engine) as running:
        running.stamp.principal = ServicePrincipal(secret="s3cret-of-nyc")
        cli("backup", "start", "-q", env={"NYC_SECRET": "s3cret-of-nyc"}).expect(0)
        assert running.stamp.counts()["triggers"] == 1
        refused = cli("backup", "list", env={"NYC_SECRET": "wrong-secret"}).expect(4)
    assert "AADSTS7000215" in refused.err
    assert "wrong-secret" not in refused.err

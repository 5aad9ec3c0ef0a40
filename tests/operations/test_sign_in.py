"""`sign_in` does what the config says: environment, no saved context, login, subscription; and it says why it failed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.catalogue import sign_in as catalogue
from psbridge.emulator.stamp.scenario import HOST, METERING_SUBSCRIPTION
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import APPLICATION_ID, CERTIFICATE, ServicePrincipal
from psbridge.errors import ExitCode, PsbridgeError, Trigger, Unreachable
from psbridge.models.connection import CertificateOnHost, SignIn
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
        secret, thumbprint = given.pop("secret", "right"), given.pop("thumbprint", None)
        application = given.pop("application_id", APPLICATION_ID)
        by_secret = Credential(application, Secret(secret))
        how = SignIn(service_principal=CertificateOnHost(application, thumbprint) if thumbprint else by_secret, **given)
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


NOWHERE = "https://adminmanagement.nowhere.example"
CERTIFIED = {"thumbprint": CERTIFICATE}
# What is changed of a sign-in that succeeds; the reason and exit code; words of the host; whether it was asked again.
FAILURES: list[tuple[dict[str, Any], str, ExitCode, str]] = [
    ({"secret": "wrong"}, "invalid_secret", ExitCode.AUTH, "AADSTS7000215: Invalid client secret"),
    ({"host": {"secret_expired": True}}, "secret_expired", ExitCode.AUTH, "AADSTS7000222"),
    ({"application_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}, "unknown_application", ExitCode.AUTH, "AADSTS700016"),
    ({"tenant": "elsewhere"}, "wrong_tenant", ExitCode.PREREQUISITE, "AADSTS90002: Tenant 'elsewhere' not found"),
    ({"host": {"sign_in_fails": "disabled"}}, "application_disabled", ExitCode.AUTH, "AADSTS7000112"),
    ({"host": {"sign_in_fails": "wrong-resource"}}, "wrong_resource", ExitCode.PREREQUISITE, "AADSTS500011"),
    ({"host": {"sign_in_fails": "other"}}, "refused", ExitCode.AUTH, "AADSTS53003"),
    ({"host": {"sign_in_fails": "busy"}}, "identity_busy", ExitCode.UNREACHABLE, "AADSTS90033"),
    ({"host": {"sign_in_fails": "clock-skew"}}, "clock_skew", ExitCode.AUTH, "AADSTS700024"),
    ({"host": {"sign_in_fails": "authority-type"}}, "authority_type", ExitCode.PREREQUISITE, "Invalid authority type"),
    ({"host": {"sign_in_fails": "no-token"}}, "no_token", ExitCode.AUTH, "Unable to acquire token for tenant"),
    ({"host": {"sign_in_fails": "no-context"}}, "no_context", ExitCode.PREREQUISITE, "Context cannot be null"),
    ({"host": {"identity": "adfs", "sign_in_fails": "not-permitted"}}, "not_permitted", ExitCode.AUTH, "MSIS9605"),
    ({"host": {"identity": "adfs"}, "secret": "wrong"}, "client_not_authenticated", ExitCode.AUTH, "MSIS9622"),
    ({"environment": "AzureCloud"}, "built_in_environment", ExitCode.PREREQUISITE, "built-in"),
    ({"arm_endpoint": NOWHERE}, "endpoint_name", ExitCode.UNREACHABLE, "No such host is known"),
    ({"host": {"endpoint": "no-name"}}, "endpoint_name", ExitCode.UNREACHABLE, "No such host is known"),
    ({"host": {"endpoint": "untrusted"}}, "endpoint_tls", ExitCode.UNREACHABLE, "SSL connection could not be"),
    ({"host": {"endpoint": "refuses"}}, "endpoint_refused", ExitCode.UNREACHABLE, "actively refused"),
    ({"host": {"endpoint": "silent"}}, "endpoint_timeout", ExitCode.UNREACHABLE, "failed to respond"),
    ({"host": {"certificate": "absent"}, **CERTIFIED}, "certificate_not_found", ExitCode.PREREQUISITE, "store with"),
    ({"thumbprint": "0" * 40}, "certificate_not_found", ExitCode.PREREQUISITE, f"thumbprint {'0' * 40}"),
    ({"host": {"certificate": "no-key"}, **CERTIFIED}, "certificate_without_key", ExitCode.PREREQUISITE, "private key"),
    (
        {"host": {"certificate": "key-unreadable"}, **CERTIFIED},
        "certificate_key_unreadable",
        ExitCode.PREREQUISITE,
        "Keyset does not exist",
    ),
    ({"host": {"certificate": "cng"}, **CERTIFIED}, "certificate_provider", ExitCode.PREREQUISITE, "provider type"),
    ({"host": {"certificate": "expired"}, **CERTIFIED}, "certificate_expired", ExitCode.AUTH, "key used is expired"),
    ({"host": {"certificate": "unknown"}, **CERTIFIED}, "certificate_unknown", ExitCode.AUTH, "AADSTS700027"),
    (
        {"host": {"identity": "adfs", "certificate": "unknown"}, **CERTIFIED},
        "client_not_authenticated",
        ExitCode.AUTH,
        "MSIS9622",
    ),
]
REPEATED = {"identity_busy", "endpoint_refused", "endpoint_timeout"}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("how", "reason", "code", "words"), FAILURES)
def test_each_failure_of_a_sign_in_is_its_own_error(
    signing_in: Callable[..., Bench], family: str, how: dict[str, Any], reason: str, code: ExitCode, words: str
) -> None:
    """What was refused, or can't pass by itself, is sent once; the rest is asked again like any read."""
    host = {**how.get("host", {}), **({"environment_known": False} if "endpoint" in how.get("host", {}) else {})}
    it = signing_in(family, **{**how, "host": host}, target={"module": family})
    problem = refusal(it)
    assert (problem.detail["reason"], problem.exit_code) == (reason, code)
    assert words in problem.message
    assert problem.hint
    assert "{" not in problem.message + problem.hint
    assert it.sessions.opened == (4 if reason in REPEATED else 1)
    assert it.stamp.counts()["sign_ins_refused"] <= it.sessions.opened
    assert it.triggers == 0
    if reason.startswith(("certificate_not", "certificate_without", "certificate_key", "certificate_provider")):
        assert it.stamp.counts()["sign_ins_refused"] == 0


def test_the_emulated_host_or_a_text_of_the_host_shows_each_reason() -> None:
    shown = {reason for _, reason, _, _ in FAILURES} | set(TEXTS.values()) | {"no_subscription"}
    assert {it.reason for it in catalogue.FAILURES} <= shown


# Reasons that the emulated host does not give, because psbridge adds the environment before it uses it, or because the texts
# are those of other versions of Az.
TEXTS = {
    "Unable to find environment with name 'AzureStackAdmin'.": "unknown_environment",
    "The environment name 'AzureStackAdmin' is not found.": "unknown_environment",
    "Endpoint provided is invalid. Please check the value and retry again with the correct value.": "invalid_endpoint",
    "Could not find tenant id for provided tenant domain 'x'. Please ensure that the provided service principal 'y' is found "
    "in the provided tenant domain.": "wrong_tenant",
    "ClientCertificateCredential authentication failed: Keyset does not exist\nCould not find tenant id for provided tenant "
    "domain 'x'.": "certificate_key_unreadable",
    'The provided account a does not have access to subscription ID "b".': "no_subscription",
    "Provided subscription 'b' does not exist": "no_subscription",
    "A configuration issue is preventing authentication. Original exception: AADSTS7000215: Invalid client secret "
    "provided. Could not find tenant id for provided tenant domain 'x'.": "invalid_secret",
    "The remote name could not be resolved: 'adminmanagement.redmond.contoso.com'": "endpoint_name",
    "The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel.": (
        "endpoint_tls"
    ),
    "No certificate was found in the certificate store with thumbprint ABC": "certificate_not_found",
}


@pytest.mark.parametrize(("text", "reason"), TEXTS.items())
def test_a_text_of_az_names_the_reason(text: str, reason: str) -> None:
    found = catalogue.failure_of(text)
    assert found is not None
    assert found.reason == reason


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("identity", ["entra", "adfs"])
@pytest.mark.parametrize("proof", [{"secret": "right"}, {"thumbprint": CERTIFICATE.lower()}])
@pytest.mark.parametrize("known", [True, False])
def test_every_form_of_sign_in_leads_to_a_backup(
    signing_in: Callable[..., Bench], family: str, identity: str, proof: dict[str, str], known: bool
) -> None:
    tenant = "adfs" if identity == "adfs" else HOST.tenant
    host = {"identity": identity, "environment_known": known, "lands_in": "another"}
    it = signing_in(family, host=host, tenant=tenant, **proof)
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert report.context is not None
    assert report.context.subscription_name == "Default Provider Subscription"
    assert it.stamp.counts()["sign_ins"] >= 1
    assert it.stamp.counts()["sign_ins_refused"] == 0
    sent = " ".join(it.sessions.ran)
    assert "-Scope 'Process'" in sent
    assert ("***" in sent) == ("secret" in proof)
    assert "-Credential ***" in sent or f"-CertificateThumbprint '{CERTIFICATE.lower()}'" in sent


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

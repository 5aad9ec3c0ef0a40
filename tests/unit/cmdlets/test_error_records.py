"""What error records mean: by code, exception, HTTP status and, where there is nothing else, by what their text names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.catalogue.error_codes import MEANINGS, meaning_of
from psbridge.cmdlets.error_records import check, code_of, explain
from psbridge.cmdlets.sign_in import ConnectAzAccount
from psbridge.errors import (
    AuthError,
    Busy,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Unknown,
    Unreachable,
)
from psbridge.models.connection import SignIn
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State
from tests.unit.cmdlets.conftest import record

CODES = [
    ("BackupConflictException", Busy, "backup_running", False),
    ("PreconditionFailedException", Busy, "update_running", False),
    ("ExternalStoreNotConfiguredException", PrerequisiteError, None, False),
    ("EncryptionCertNotConfiguredException", PrerequisiteError, None, False),
    ("InternalBackupStoreNotConfiguredException", PrerequisiteError, None, False),
    ("SmbShareOutOfCapacityException", PrerequisiteError, None, False),
    ("SmbShareConnectionException", PrerequisiteError, None, False),
    ("SmbSharePathInvalidException", PrerequisiteError, None, False),
    ("InternalStoreOutOfCapacityException", PrerequisiteError, None, False),
    ("BadRequestException", PrerequisiteError, None, False),
    ("BackupOperationException", Unreachable, None, True),
    ("BackupPartiallySucceededException", Unreachable, None, True),
    ("BackupSourceException", Unreachable, None, True),
    ("EceClientException", Unreachable, None, True),
    ("InternalBackupUploadException", Unreachable, None, True),
    ("WrongStampVersionException", Unreachable, None, False),
    ("ResourceNotFound", NotFound, None, False),
    ("ResourceNotFoundException", NotFound, None, False),
    ("ResourceGroupNotFound", NotFound, None, False),
    ("LocationNotFound", NotFound, None, False),
    ("SubscriptionNotFound", PrerequisiteError, None, False),
    ("InvalidSubscriptionId", PrerequisiteError, None, False),
    ("AuthorizationFailed", AuthError, None, False),
    ("InvalidAuthenticationTokenTenant", PrerequisiteError, "signed_out", False),
    ("ExpiredAuthenticationToken", PrerequisiteError, "signed_out", False),
    ("InvalidResourceNamespace", PrerequisiteError, "tenant_endpoint", False),
    ("NoRegisteredProviderFound", PrerequisiteError, None, False),
    ("MissingSubscriptionRegistration", PrerequisiteError, None, False),
    ("MissingSubscription", PrerequisiteError, "no_subscription", False),
    ("ReadOnlyDisabledSubscription", PrerequisiteError, None, False),
    ("SubscriptionDisabled", PrerequisiteError, None, False),
    ("AuthenticationFailed", AuthError, None, False),
    ("TooManyRequests", Unreachable, None, True),
    ("ServerBusy", Unreachable, None, True),
    ("BadGateway", Unreachable, None, True),
    ("GatewayTimeout", Unreachable, None, True),
    ("ServiceUnavailable", Unreachable, None, True),
    ("InternalServerError", Unreachable, None, True),
    ("CommandNotFoundException", PrerequisiteError, None, False),
    ("CouldNotAutoLoadMatchingModule", PrerequisiteError, None, False),
    ("NamedParameterNotFound", PrerequisiteError, None, False),
    ("ScriptsNotAllowed", PrerequisiteError, None, False),
    ("HostFunctionNotImplemented", PrerequisiteError, None, False),
    ("HostException", PrerequisiteError, None, False),
    ("AzureRmContextError", PrerequisiteError, "signed_out", False),
    ("AzureRmContextMissing", PrerequisiteError, "signed_out", False),
    ("NoAzureContext", PrerequisiteError, "signed_out", False),
]


@pytest.mark.parametrize(("code", "error", "reason", "retryable"), CODES)
def test_each_code_has_its_meaning_in_any_case(code, error, reason, retryable):
    for given_code in (code, code.upper(), code.lower()):
        for it in (record(given_code), ErrorRecord("other words", f"{given_code},Some.Class")):
            found = explain(it)
            assert type(found) is error
            assert found.detail.get("reason") == reason
            assert found.retryable is retryable
            assert found.hint
            assert found.detail["error_record"]["fully_qualified_error_id"].startswith(given_code)


def test_every_row_of_the_table_is_reached_by_a_code_above():
    reached = [meaning_of(code) for code, *_ in CODES]
    assert [row.codes for row in MEANINGS if row not in reached] == []


@pytest.mark.parametrize("status", ["InternalServerError", 500, "503", PSObject(text="GatewayTimeout")])
def test_a_server_error_leaves_the_outcome_unknown(status):
    for code in (
        "SmbShareIOException",
        "ResourceNotFound",
        "AuthorizationFailed",
        "BadRequestException",
        "NeverHeardOf",
    ):
        found = explain(record(code, StatusCode=status))
        assert type(found) is Unreachable
        assert found.detail["code"] == code


@pytest.mark.parametrize("status", ["Conflict", 400, "599x", "5" * 5000, "-500", None, PSObject()])
def test_with_any_other_status_the_code_decides(status):
    assert type(explain(record("SmbShareIOException", StatusCode=status))) is PrerequisiteError
    unnamed = explain(record("NeverHeardOf", StatusCode=status))
    assert type(unnamed) is PrerequisiteError
    assert unnamed.conclusive is (status in ("Conflict", 400))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("BackupConflictException", Busy),
        ("PreconditionFailedException", Busy),
        ("ExternalStoreNotConfiguredException", PrerequisiteError),
        ("EncryptionCertNotConfiguredException", PrerequisiteError),
        ("InternalBackupStoreNotConfiguredException", PrerequisiteError),
    ],
)
def test_a_code_that_excludes_a_backup_does_so_under_any_status(code, error):
    assert type(explain(record(code, StatusCode="InternalServerError"))) is error


@pytest.mark.parametrize(
    ("it", "code", "conclusive"),
    [
        (record("SomethingNew"), "SomethingNew", False),
        (record("SomethingNew", StatusCode="Conflict", RequestId="9e0f"), "SomethingNew", True),
        (ErrorRecord("BackupConflictException: another backup is running"), None, False),
        (ErrorRecord("text", "NotFound,Get-AzsBackup_Get", exception_properties={"StatusCode": 404}), "NotFound", True),
        (
            ErrorRecord("text", "Failed,X", exception_properties={"Code": "BrpException", "StatusCode": 412}),
            "BrpException",
            True,
        ),
        (ErrorRecord(""), None, False),
        (ErrorRecord("text", exception_properties={"Code": 409}), None, False),
        (ErrorRecord("text", "Get-AzsBackup", activity="Get-AzsBackup"), None, False),
        (ErrorRecord("text", "Start", activity="Start"), None, False),
        (ErrorRecord("text", "Microsoft.Azure.Commands.Profile.GetAzureRMContextCommand"), None, False),
        (ErrorRecord("text", "System.Exception,Get-Exception"), None, False),
        (ErrorRecord("thrown as it is", "thrown as it is"), None, False),
    ],
)
def test_an_unknown_error_is_a_host_failure_with_its_own_text(it, code, conclusive):
    found = explain(it)
    assert type(found) is PrerequisiteError
    assert (found.detail["code"], found.conclusive) == (code, conclusive)
    assert found.detail["error_record"]["message"] == it.message
    assert it.message in found.message


OPEN = [
    ("System.Net.Http.HttpRequestException", "any words", Unreachable),
    ("System.Threading.Tasks.TaskCanceledException", "A task was canceled.", Unreachable),
    ("System.Exception", "No such host is known. (adminmanagement.redmond.contoso.com:443)", Unreachable),
    ("Azure.Identity.AuthenticationFailedException", "beliebige Worte", PrerequisiteError),
    ("Azure.Identity.AuthenticationFailedException", "Retry failed after 4 tries: No such host is known", Unreachable),
    ("Microsoft.Identity.Client.MsalUiRequiredException", "x", PrerequisiteError),
    ("System.Management.Automation.ParameterBindingException", "x", PrerequisiteError),
    ("System.Exception", "Ausf\u00fchren von Connect-AzAccount", PrerequisiteError),
    ("System.Exception", "AADSTS700082: Das Aktualisierungstoken ist abgelaufen", PrerequisiteError),
    ("System.Exception", "No subscription found in the context. Run Connect-AzAccount to login.", PrerequisiteError),
]


@pytest.mark.parametrize(("exception", "words", "error"), OPEN)
def test_an_error_known_by_exception_or_text_does_not_decide_a_trigger(exception, words, error):
    found = explain(ErrorRecord(words, "Some.Class", activity="Start-AzsBackup", exception_types=(exception,)))
    assert type(found) is error
    assert found.detail["code"] is None
    assert not found.conclusive
    assert words.rstrip(".") in found.message
    assert "Start-AzsBackup" in found.message


def test_the_status_has_priority_over_the_text():
    it = ErrorRecord("run Connect-AzAccount", "X,Y", exception_properties={"StatusCode": "Forbidden", "Code": "New"})
    assert type(explain(it)) is AuthError


def test_the_exceptions_code_has_priority_over_the_error_id():
    it = ErrorRecord("x", "Conflict,Y", exception_properties={"code": "?", "Code": "BackupConflictException"})
    assert isinstance(explain(it), Busy)


def test_response_bodies_and_long_texts_are_left_out():
    it = record("X" * 5000, ResponseBody="secret things", StatusCode=PSObject(text="Conflict"), RequestId=7)
    told = explain(it).detail["error_record"]
    assert "secret things" not in str(explain(it).__dict__)
    assert len(told["Code"]) == 300
    assert (told["StatusCode"], told["RequestId"]) == ("Conflict", "7")


VALUES = st.one_of(st.none(), st.text(), st.integers(), st.booleans(), st.builds(PSObject, text=st.text()))


@given(
    st.builds(
        ErrorRecord,
        message=st.text(),
        fully_qualified_error_id=st.text(),
        activity=st.text(),
        target_name=st.text(),
        exception_properties=st.dictionaries(st.sampled_from(["Code", "StatusCode", "RequestId"]), VALUES),
    )
)
def test_any_record_has_a_meaning(it):
    found = explain(it)
    assert isinstance(found, PsbridgeError)
    assert found.hint


# -- a whole result


def test_an_error_record_counts_in_a_completed_pipeline():
    with pytest.raises(Busy):
        check(Result(errors=(record("BackupConflictException"),)))
    check(Result())


def test_records_of_a_cmdlet_can_be_ignored_in_a_completed_pipeline():
    it = record("AuthorizationFailed", "Invoke-AzRestMethod")
    check(Result(errors=(it,)), but=("invoke-azrestmethod",))
    with pytest.raises(NotFound):
        check(Result(errors=(it, record("ResourceNotFound", "Get-AzsBackup_Get"))), but=("Invoke-AzRestMethod",))
    with pytest.raises(AuthError):
        check(Result(errors=(it,), state=State.FAILED), but=("Invoke-AzRestMethod",))


def test_the_failure_reason_has_priority_over_the_records():
    with pytest.raises(PrerequisiteError):
        check(Result(state=State.FAILED, failure=record("ScriptsNotAllowed"), errors=(record("ServerBusy"),)))
    with pytest.raises(Unknown):
        check(Result(state=State.FAILED))


# -- signing in


def signing_in(result: Result) -> None:
    ConnectAzAccount(SignIn("AzureStackAdmin", "contoso", Credential("app", Secret("s3cret")))).parse(result)


FAILURES = [
    ("AADSTS7000215: Invalid client secret is provided", AuthError),
    ("AADSTS7000222: The provided client secret keys for app are expired", AuthError),
    ("AADSTS700016: Application with identifier 'app' was not found in the directory", AuthError),
    ("MSIS9622: Client authentication failed", AuthError),
    ("AADSTS90002: Tenant 'contoso' not found", PrerequisiteError),
    ("AADSTS90033: A transient error has occurred", Unreachable),
    ("Unable to find environment with name 'AzureStackAdmin'.", PrerequisiteError),
    ("No such host is known. (login.contoso.com:443)", Unreachable),
    ("what nobody knows", PrerequisiteError),
]


@pytest.mark.parametrize(("words", "error"), FAILURES)
def test_a_failed_sign_in_reports_the_reason_and_is_retried_only_if_it_was_not_refused(words, error):
    with pytest.raises(PsbridgeError) as caught:
        signing_in(Result(errors=(ErrorRecord(words, "A.Class", activity="Connect-AzAccount"),)))
    assert type(caught.value) is error
    assert words.rstrip(".") in caught.value.message
    assert caught.value.detail.get("application_id", "app") == "app"
    assert ("once" in caught.value.hint) == (error is AuthError or words == "what nobody knows")
    assert caught.value.retryable == words.startswith("AADSTS90033")
    assert caught.value.detail["reason"]


@pytest.mark.parametrize("message", ["AADSTS7000215: not 's3cret'", "not 's3cret'"])
def test_a_secret_that_the_host_repeats_is_not_shown(message):
    with pytest.raises(PsbridgeError) as caught:
        signing_in(Result(errors=(ErrorRecord(message, message, exception_properties={"Code": "s3cret"}),)))
    assert "s3cret" not in str(caught.value.__dict__)
    assert "***" in caught.value.message


@pytest.mark.parametrize(("state", "error"), [(State.FAILED, Unknown), (State.STOPPED, Unreachable)])
def test_a_sign_in_without_a_result_is_a_failure(state, error):
    with pytest.raises(error):
        signing_in(Result(state=state))


def test_a_host_that_cannot_sign_in_misses_a_prerequisite():
    with pytest.raises(PrerequisiteError):
        signing_in(Result(state=State.FAILED, failure=ErrorRecord("x", "CommandNotFoundException")))
    signing_in(Result(output=(PSObject(),)))


@pytest.mark.parametrize(
    ("id", "message", "code"),
    [
        ("System.Exception,Get-Exception", "Code = BackupConflictException\nMessage = busy", "BackupConflictException"),
        ("System.Exception,Get-Exception", "Code = BackupConflictException\r\nMessage = ", "BackupConflictException"),
        ("System.Exception,Get-Exception", "Code = \nMessage = x", ""),
        ("Other,Get-Else", "Code = BackupConflictException\nMessage = busy", "Other"),
    ],
)
def test_the_code_is_read_from_azurerms_text(id, message, code):
    assert code_of(ErrorRecord(message, id)) == code

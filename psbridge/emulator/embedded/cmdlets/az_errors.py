"""Errors of the Az modules and of Azure Stack behind them: one function a kind of error."""

from __future__ import annotations

from http import HTTPStatus

from psbridge.emulator.dialect import Cmdlet
from psbridge.emulator.embedded.error_record import Category, ErrorRecord
from psbridge.emulator.embedded.exceptions import (
    INVALID_OPERATION_HRESULT,
    PLAIN_HRESULT,
    SYSTEM,
    NetException,
    argument_exception,
)
from psbridge.emulator.embedded.values import Net, Value


def rest_failed(
    cmdlet: Cmdlet, status: int, body: str, code: str, message: str, request_id: str, target: Net
) -> ErrorRecord:
    """Azure Stack refused the call: the exception of the Az module's generated code, from its source.

    Args:
        cmdlet: the cmdlet that made the call.
        status: the HTTP status.
        body: the answer's body.
        code: `error.code` of the body, else the status word.
        message: `error.message` of the body.
        request_id: the header `x-ms-request-id`.
        target: the anonymous object that the module gives as target.
    """
    word = status_word(status)
    first: dict[str, Value] = {
        "StatusCode": word,
        "Code": code,
        "ResponseBody": body,
        "RequestId": request_id,
        "Message": message,
        "Action": "",
    }
    runtime = cmdlet.implementing_type.rpartition(".Cmdlets.")[0] + ".Runtime."
    types = (f"{runtime}UndeclaredResponseException", f"{runtime}RestException", *SYSTEM)
    return ErrorRecord(
        NetException(types, message, first, hresult=PLAIN_HRESULT),
        f"{word},{cmdlet.implementing_type}",
        Category.InvalidOperation,
        target,
        target.text or "",
        target.types[0].partition("[")[0],
        cmdlet,
        written=True,
    )


def not_signed_in(cmdlet: Cmdlet) -> ErrorRecord:
    """The session has no Azure context. Text and exception are Az's; id and category are inferred."""
    message = "Run Connect-AzAccount to login."
    types = ("System.Management.Automation.PSInvalidOperationException", "System.InvalidOperationException")
    exception = NetException(
        (*types, "System.SystemException", *SYSTEM),
        message,
        {"ErrorRecord": message},
        hresult=INVALID_OPERATION_HRESULT,
    )
    return ErrorRecord(
        exception,
        f"InvalidOperation,{cmdlet.implementing_type}",
        Category.InvalidOperation,
        cmdlet=cmdlet,
        written=True,
    )


def sign_in_refused(cmdlet: Cmdlet, application_id: str) -> ErrorRecord:
    """The service principal's secret is wrong. Exception and category are Az.Accounts'; all of it is inferred."""
    message = (
        "ClientSecretCredential authentication failed: AADSTS7000215: Invalid client secret is provided for the app "
        f"'{application_id}'."
    )
    exception = NetException(("Azure.Identity.AuthenticationFailedException", *SYSTEM), message, hresult=PLAIN_HRESULT)
    return ErrorRecord(exception, cmdlet.implementing_type, Category.CloseError, cmdlet=cmdlet, written=True)


def wrong_input(cmdlet: Cmdlet, error_id: str, message: str) -> ErrorRecord:
    """An argument bound, but means nothing here; ids are the emulator's choice (inferred)."""
    return ErrorRecord(
        argument_exception(message),
        f"{error_id},{cmdlet.implementing_type}",
        Category.InvalidArgument,
        cmdlet=cmdlet,
        written=True,
    )


def status_word(status: int) -> str:
    """Return the name that .NET's HttpStatusCode has for a status, the number itself if it has none."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return str(status)
    words = phrase.replace("-", " ").replace("'", "").split()
    return "".join(word[:1].upper() + word[1:].lower() if not word.isupper() else word for word in words)

"""Errors of the Az modules and of Azure Stack behind them: one function a kind of error."""

from __future__ import annotations

from http import HTTPStatus

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.embedded.command_runtime import SignIn
from psbridge.emulator.engines.embedded.error_record import Category, ErrorRecord
from psbridge.emulator.engines.embedded.exceptions import (
    ARGUMENT_HRESULT,
    INVALID_OPERATION_HRESULT,
    PLAIN_HRESULT,
    SYSTEM,
    NetException,
    argument_exception,
)
from psbridge.emulator.engines.embedded.values import Net, Value
from psbridge.emulator.stamp.api import SignInRefusal


def rest_failed(
    cmdlet: Cmdlet, status: int, body: str, code: str, message: str, request_id: str, target: Net
) -> ErrorRecord:
    """Azure Stack refused the call: the exception of the Az module's generated code, from its source.

    `code` and `message` are those of `error` in the body, `target` is the anonymous object that the module names.
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


ENDED = {
    "signed-out": "Your Azure credentials have not been set up or have expired, please run Connect-AzAccount to set up your "
    "Azure credentials.",
    "no-subscription": "No subscription found in the context. Please ensure that the credentials you provided are authorized "
    "to access an Azure subscription, then run Connect-AzAccount to login.",
}
"""What Az's cmdlets say where a context shows and can't be used, by the state of the sign-in (its Resources.resx)."""


def signed_out(cmdlet: Cmdlet, sign_in: SignIn | None) -> ErrorRecord | None:
    """Return the error of a cmdlet without a usable Azure context; None with one.

    Texts are Az's; the exception, and the id and category where there is no context, are inferred. Where there is one the
    record has no id (AzurePSCmdlet.WriteExceptionError), so that PowerShell shows the class in its place.
    """
    if sign_in is None:
        return _invalid(cmdlet, "Run Connect-AzAccount to login.", f"InvalidOperation,{cmdlet.implementing_type}")
    words = ENDED.get(sign_in.state)
    return None if words is None else stray(cmdlet, words)


def stray(cmdlet: Cmdlet, message: str) -> ErrorRecord:
    """An error without an id, as Az's cmdlets write whatever an exception says."""
    return _invalid(cmdlet, message, cmdlet.implementing_type, Category.CloseError)


def _invalid(
    cmdlet: Cmdlet, message: str, error_id: str, category: Category = Category.InvalidOperation
) -> ErrorRecord:
    types = ("System.Management.Automation.PSInvalidOperationException", "System.InvalidOperationException")
    exception = NetException(
        (*types, "System.SystemException", *SYSTEM),
        message,
        {"ErrorRecord": message},
        hresult=INVALID_OPERATION_HRESULT,
    )
    return ErrorRecord(exception, error_id, category, cmdlet=cmdlet, written=True)


def sign_in_refused(cmdlet: Cmdlet, refusal: SignInRefusal) -> ErrorRecord:
    """The login was refused. Category and missing id are Az.Accounts' (reports of its users)."""
    if refusal.exception == "invalid":
        return stray(cmdlet, refusal.message)
    if refusal.exception == "argument":
        types = ("System.ArgumentException", "System.SystemException", *SYSTEM)
        first: dict[str, Value] = {"Message": refusal.message, "ParamName": None}
        exception = NetException(types, refusal.message, first, hresult=ARGUMENT_HRESULT)
    else:
        own = ("Azure.Identity.AuthenticationFailedException", *SYSTEM)
        exception = NetException(own, refusal.message, hresult=PLAIN_HRESULT)
    return ErrorRecord(exception, cmdlet.implementing_type, Category.CloseError, cmdlet=cmdlet, written=True)


def unreachable(cmdlet: Cmdlet, message: str) -> ErrorRecord:
    """The endpoint of an environment that is to be added does not answer (inferred)."""
    types = ("System.Net.Http.HttpRequestException", *SYSTEM)
    first: dict[str, Value] = {"HttpRequestError": "Unknown", "StatusCode": None}
    exception = NetException(types, message, first, hresult=PLAIN_HRESULT)
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

"""Classify an error without a known code (`error_codes`): by its exception, then its HTTP status, then its words.

The most certain comes first: an exception's type and a status say what kind of error it is; words are for people. The words
searched here are English, the only language of Az (its Resources.resx), except names of cmdlets and the identifiers of Entra
ID and AD FS (AADSTS…, MSIS…), which are the same in every language. Where .NET uses the host's language, an error that only
its words identify stays unnamed.

Which of these Az writes, and that many have no error id (it passes an empty one, so that PowerShell shows the class in
its place), is in Az.Accounts' source (AzurePSCmdlet.WriteExceptionError) and in reports of its users
(Azure/azure-powershell#25074, #16037, #13724).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from psbridge.catalogue.error_codes import IDENTITY_CODE, NO_SUBSCRIPTION, SIGNED_OUT, Meaning
from psbridge.powershell.result import ErrorRecord

Fits = Callable[[ErrorRecord, int | None], bool]

_SIGN_IN_CMDLETS: Final = re.compile(r"\b(?:Connect|Login|Add)-Az(?:ureRm)?Account\b", re.IGNORECASE)
_NO_SUBSCRIPTION_WORDS: Final = re.compile(
    r"no (?:default )?subscription (?:was |is )?(?:found|selected|set)"
    r"|(?:does not|doesn't) have (?:any |access to (?:any )?)subscriptions?\b"
    r"|subscription(?:id)?'? (?:cannot|can't) be (?:null|empty)",
    re.IGNORECASE,
)
_NETWORK_WORDS: Final = re.compile(
    r"no such host is known|name or service not known|name could not be resolved|actively refused|connection refused"
    r"|connection timed out|the operation (?:has )?timed out|failed to respond|ssl connection could not be established"
    r"|could not establish trust relationship|an error occurred while sending the request"
    r"|unable to connect to the remote server|network is unreachable|no route to host",
    re.IGNORECASE,
)


class Pattern(msgspec.Struct, frozen=True):
    """A kind of error that no code names.

    Attributes:
        fits: whether a record, with its HTTP status, is of this kind.
        conclusive: the stamp itself refused the request, so it had no effect. False if a trigger that met the error may have
            taken effect.
    """

    fits: Fits
    meaning: Meaning
    conclusive: bool = False


def _of_types(*patterns: str) -> Fits:
    """Match the exception's type or one of its bases, by short name."""

    def fits(record: ErrorRecord, status: int | None) -> bool:  # noqa: ARG001 - other patterns use the status
        names = [
            name.rpartition(".")[2].rpartition("+")[2].casefold() for name in (*record.exception_types, record.reason)
        ]
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return fits


def _of_status(*wanted: range) -> Fits:
    return lambda _, status: status is not None and any(status in each for each in wanted)


def _of_words(*patterns: re.Pattern[str]) -> Fits:
    return lambda record, _: any(pattern.search(record.message) for pattern in patterns)


def _unnamed(exit_code: str, says: str, hint: str) -> Meaning:
    return Meaning((), exit_code, says, hint, quotes=True)


_UNREACHABLE = Meaning(
    (),
    "unreachable",
    "the host can't reach Azure Stack's endpoint ({activity})",
    "Check on the host that the endpoint's name resolves and that the host trusts its certificate.",
    "endpoint_unreachable",
    retryable=True,
    quotes=True,
)

login_failed: Final = _of_types(
    *("*authenticationfailed*exception", "aadauthentication*exception", "credentialunavailableexception"),
    *("msal*exception", "adal*exception"),
)
"""An error of a login, by the exceptions that Az's libraries have for that."""

# The first that fits wins.
PATTERNS: Final = (
    # by the exception
    Pattern(
        _of_types(
            *("httprequestexception", "webexception", "socketexception", "taskcanceledexception"),
            *("operationcanceledexception", "timeoutexception"),
        ),
        _UNREACHABLE,
    ),
    Pattern(lambda record, status: status is None and _of_words(_NETWORK_WORDS)(record, status), _UNREACHABLE),
    Pattern(login_failed, SIGNED_OUT),
    Pattern(
        _of_types(
            *("parameterbinding*exception", "typeloadexception", "reflectiontypeloadexception"),
            *("missingmethodexception", "filenotfoundexception", "fileloadexception"),
        ),
        _unnamed(
            "prerequisite",
            "the host's modules can't run {activity} as psbridge calls it",
            "Supported modules: Azs.Backup.Admin 1.0.x (AzureStack 2.x) and 0.3.x (AzureRM). Run it by hand on the host.",
        ),
    ),
    # by the HTTP status
    Pattern(_of_status(range(401, 402)), SIGNED_OUT, conclusive=True),
    Pattern(
        _of_status(range(403, 404)),
        _unnamed(
            "auth",
            "Azure Stack does not permit the account to run {activity}",
            "Give the account the role Contributor on the Default Provider Subscription.",
        ),
        conclusive=True,
    ),
    Pattern(
        _of_status(range(408, 409), range(425, 426), range(429, 430), range(499, 500)),
        Meaning(
            (),
            "unreachable",
            "Azure Stack did not process {activity} ({code})",
            "Retry in a minute.",
            retryable=True,
            quotes=True,
        ),
    ),
    Pattern(
        _of_status(range(400, 500)),
        _unnamed(
            "prerequisite",
            "Azure Stack refuses {activity} ({code})",
            "Check `location` and `subscription` of the target, and that the session is signed in to the operator's endpoint. "
            "Run {activity} by hand on the host to compare.",
        ),
        conclusive=True,
    ),
    # by the words
    Pattern(_of_words(_NO_SUBSCRIPTION_WORDS), NO_SUBSCRIPTION),
    Pattern(_of_words(_SIGN_IN_CMDLETS, IDENTITY_CODE), SIGNED_OUT),
)

UNNAMED: Final = Pattern(
    lambda *_: True,
    _unnamed(
        "prerequisite",
        "{activity} failed on the host",
        "Run {activity} by hand on the host, in a session of the same account, to see the cause.",
    ),
)
"""Any other error of the host or stamp."""


def pattern_of(record: ErrorRecord, status: int | None) -> Pattern:
    """Return the kind of error of a record without a known code; `status` is its HTTP status, if it has one."""
    return next((pattern for pattern in PATTERNS if pattern.fits(record, status)), UNNAMED)

"""One table from the errors of the libraries to psbridge's own errors.

`translate` is the only entry point. A test walks the exceptions of pypsrp, pyspnego, requests and urllib3 and fails on a
class that has no rule. A rule that needs more than one sentence is a function in the file of its subject. Texts are for
people; decisions use classes and codes only.
"""

from __future__ import annotations

import http.client
import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import cryptography.exceptions
import pypsrp.exceptions
import requests.exceptions
import spnego.exceptions
import urllib3.exceptions

from psbridge.catalogue.hints import RETRY
from psbridge.errors import (
    ConfigError,
    InternalError,
    Interrupted,
    PsbridgeError,
    ResultVoid,
    Unreachable,
    UsageError,
)
from psbridge.remoting.winrm.errors.connections import connection, cut, no_answer
from psbridge.remoting.winrm.errors.logins import missing_package, no_login, not_offered, refused_credentials
from psbridge.remoting.winrm.errors.statuses import http_status
from psbridge.remoting.winrm.errors.translation import (
    BadLogin,
    BrokenSeal,
    ErrorContext,
    LoginLost,
    NotOffered,
    NotWSMan,
    Redirected,
    Rule,
    TooManyLogins,
    Translation,
    causes,
    fixed,
    quoting,
)
from psbridge.remoting.winrm.errors.wsman import broken_seal, not_wsman, wsman_fault

_BUG = "This is a bug in psbridge. Please report it with the output of --debug."

_INVALID = quoting(ConfigError, "the host's address is invalid", "Check `host` and `port` of the target.")
_BROKEN_HTTP = quoting(Unreachable, "the host sent an invalid HTTP answer", RETRY, retryable=True)
_OUR_BUG = quoting(InternalError, "internal error of the session", _BUG)
_PROXY = quoting(Unreachable, "the proxy failed", "Check `proxy` of the target.", reason="proxy_failed")
_VOID = quoting(ResultVoid, "the host's answer is incomplete or invalid", "Retry the command.", retryable=True)

# The first rule whose class matches decides, so subclasses come before their bases.
TABLE: tuple[tuple[type[BaseException], Rule], ...] = (
    (pypsrp.exceptions.AuthenticationError, refused_credentials),
    (pypsrp.exceptions.WSManFaultError, wsman_fault),
    (pypsrp.exceptions.WinRMTransportError, http_status),
    (pypsrp.exceptions.InvalidRunspacePoolStateError, _OUR_BUG),
    (pypsrp.exceptions.InvalidPipelineStateError, _OUR_BUG),
    (pypsrp.exceptions._InvalidStateError, _OUR_BUG),  # noqa: SLF001 - the base of the two above
    (pypsrp.exceptions.InvalidPSRPOperation, quoting(Unreachable, "the host closed the session", RETRY)),
    (pypsrp.exceptions.FragmentError, _VOID),
    (pypsrp.exceptions.SerializationError, quoting(UsageError, "an argument can't be sent", "Check the arguments.")),
    (pypsrp.exceptions.WinRMError, quoting(Unreachable, "the host's answer is not valid WSMan", RETRY, retryable=True)),
    (
        Redirected,
        quoting(
            Unreachable,
            "the host answered with a redirect, which psbridge never follows",
            "Set `host` and `port` of the target to the WinRM listener itself, not to a web server or gateway.",
            reason="redirected",
        ),
    ),
    (
        LoginLost,
        fixed(
            Unreachable,
            "the host, or a gateway in front of it, asked for a new login during the session (HTTP 401)",
            "Retry later. If it happens again, check the gateway or load balancer between this machine and the host: all "
            "requests of a session must use one connection to one host.",
            retryable=True,
            reason="login_lost",
        ),
    ),
    (NotWSMan, not_wsman),
    (TooManyLogins, refused_credentials),
    (NotOffered, not_offered),
    (BadLogin, no_login),
    (BrokenSeal, broken_seal),
    (requests.exceptions.SSLError, connection),
    (requests.exceptions.ProxyError, _PROXY),
    (requests.exceptions.ConnectTimeout, no_answer),
    (requests.exceptions.ReadTimeout, no_answer),
    (requests.exceptions.Timeout, no_answer),
    (requests.exceptions.RetryError, cut),
    (requests.exceptions.ConnectionError, connection),
    (requests.exceptions.ChunkedEncodingError, connection),
    (requests.exceptions.ContentDecodingError, _BROKEN_HTTP),
    (requests.exceptions.InvalidHeader, _BROKEN_HTTP),
    (requests.exceptions.InvalidJSONError, _BROKEN_HTTP),
    (requests.exceptions.TooManyRedirects, _BROKEN_HTTP),
    (requests.exceptions.HTTPError, _BROKEN_HTTP),
    (requests.exceptions.StreamConsumedError, _OUR_BUG),
    (requests.exceptions.UnrewindableBodyError, _OUR_BUG),
    (requests.exceptions.MissingSchema, _INVALID),
    (requests.exceptions.InvalidSchema, _INVALID),
    (requests.exceptions.InvalidURL, _INVALID),
    (requests.exceptions.URLRequired, _INVALID),
    (requests.exceptions.RequestException, connection),
    (cryptography.exceptions.UnsupportedAlgorithm, no_login),
    (cryptography.exceptions.InternalError, no_login),
    (spnego.exceptions.SpnegoError, no_login),
    (spnego.exceptions.FeatureMissingError, no_login),
    (urllib3.exceptions.HTTPError, connection),
    (http.client.HTTPException, cut),
    (ImportError, missing_package),
    (OSError, connection),
    (
        UnicodeEncodeError,  # its text holds a character of the input, which may be a password
        fixed(ConfigError, "a text can't be sent because it has an invalid character", "Check username and password."),
    ),
    # pypsrp reads parts of an answer without checking that they exist.
    (ET.ParseError, not_wsman),
    (ValueError, not_wsman),
    (LookupError, not_wsman),
    (AttributeError, not_wsman),
    (TypeError, not_wsman),
    (struct.error, not_wsman),
)


# Errors of packages that may not be installed, by package and class; "" means every other class of the package.
OPTIONAL: Mapping[tuple[str, str], Rule] = {
    ("krb5", ""): no_login,
    ("gssapi", ""): no_login,
    ("requests_credssp", ""): no_login,
    ("requests_credssp", "NTStatusException"): refused_credentials,
}


def rule_for(kind: type[BaseException]) -> Rule | None:
    """Return the rule that decides for a class of errors, None if there is none."""
    for each in kind.__mro__:
        package = each.__module__.partition(".")[0]
        rule = OPTIONAL.get((package, each.__name__)) or OPTIONAL.get((package, ""))
        if rule is not None:
            return rule
    return next((rule for known, rule in TABLE if issubclass(kind, known)), None)


def _named(found: Translation) -> dict[str, str]:
    """Return the code and the reason of an error, as far as it has them."""
    return {name: value for name, value in (("code", found.code), ("reason", found.reason)) if value is not None}


def translate(error: Exception, context: ErrorContext) -> PsbridgeError:
    """Return psbridge's error for a foreign one; psbridge's own pass through."""
    if isinstance(error, PsbridgeError):
        return error
    stop = next((it for it in causes(error) if isinstance(it, Interrupted)), None)
    if stop is not None:
        return stop  # a library wrapped the exception of a signal handler
    rule = rule_for(type(error))
    found = (rule or _OUR_BUG)(error, context)
    return found.kind(
        f"{context.url}: {found.message}",
        hint=found.hint,
        retryable=found.retryable,
        delivered=context.delivered,
        detail={"host": context.url, "cause": type(error).__name__} | _named(found),
    )

"""One table from what can go wrong below psbridge to psbridge's own errors.

`translate` is the only way in. A test walks the exceptions of pypsrp, pyspnego, requests and urllib3 and fails on a class
that no rule names. What says more than one sentence is a function in the file beside this one that its subject names; texts
are for people, decisions rest on classes and codes only.
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

from psbridge.errors import (
    ConfigError,
    InternalError,
    Interrupted,
    PsbridgeError,
    ResultVoid,
    Unreachable,
    UsageError,
)
from psbridge.remoting.winrm.errors.connections import CUT, connection, no_answer
from psbridge.remoting.winrm.errors.logins import missing_package, no_login, not_offered, refused_credentials
from psbridge.remoting.winrm.errors.statuses import http_status
from psbridge.remoting.winrm.errors.translation import (
    RETRY,
    BadLogin,
    BrokenSeal,
    ErrorContext,
    LoginLost,
    NotOffered,
    NotWSMan,
    Redirected,
    Rule,
    TooManyLogins,
    causes,
    fixed,
    quoting,
)
from psbridge.remoting.winrm.errors.wsman import broken_seal, not_wsman, wsman_fault

_BUG = "This is a bug of psbridge; please report it with the output of --debug."

_INVALID = quoting(
    ConfigError, "the address or a setting can't be used", "Check host, port, tls and auth of the target."
)
_BROKEN_HTTP = quoting(Unreachable, "the host's HTTP answer is broken", RETRY, retryable=True)
_OUR_BUG = quoting(InternalError, "the session was used wrongly", _BUG)
_VOID = quoting(ResultVoid, "the host's answer can't be read whole", "Try again.", retryable=True)

# The first rule whose class matches decides; so subclasses stand before their bases.
TABLE: tuple[tuple[type[BaseException], Rule], ...] = (
    (pypsrp.exceptions.AuthenticationError, refused_credentials),
    (pypsrp.exceptions.WSManFaultError, wsman_fault),
    (pypsrp.exceptions.WinRMTransportError, http_status),
    (pypsrp.exceptions.InvalidRunspacePoolStateError, _OUR_BUG),
    (pypsrp.exceptions.InvalidPipelineStateError, _OUR_BUG),
    (pypsrp.exceptions._InvalidStateError, _OUR_BUG),  # noqa: SLF001 - the base of the two above
    (pypsrp.exceptions.InvalidPSRPOperation, quoting(Unreachable, "the host broke the session off", RETRY)),
    (pypsrp.exceptions.FragmentError, _VOID),
    (pypsrp.exceptions.SerializationError, quoting(UsageError, "an argument can't be sent", "Check the arguments.")),
    (pypsrp.exceptions.WinRMError, quoting(Unreachable, "the host's answer is not WSMan", RETRY, retryable=True)),
    (
        Redirected,
        quoting(Unreachable, "the host redirects elsewhere, which is never followed", "Use the real address as host."),
    ),
    (
        LoginLost,
        fixed(
            Unreachable,
            "the host, or a gateway before it, asked for a login in the middle of a session (HTTP 401)",
            "Try again; if it stays so, look at what stands between this machine and the host.",
            retryable=True,
        ),
    ),
    (NotWSMan, not_wsman),
    (TooManyLogins, refused_credentials),
    (NotOffered, not_offered),
    (BadLogin, no_login),
    (BrokenSeal, broken_seal),
    (requests.exceptions.SSLError, connection),
    (requests.exceptions.ProxyError, quoting(Unreachable, "a proxy is in the way", "Look at `proxy` of the target.")),
    (requests.exceptions.ConnectTimeout, no_answer),
    (requests.exceptions.ReadTimeout, no_answer),
    (requests.exceptions.Timeout, no_answer),
    (requests.exceptions.RetryError, CUT),
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
    (http.client.HTTPException, CUT),
    (ImportError, missing_package),
    (OSError, connection),
    (
        UnicodeEncodeError,  # its own words hold a character of the text, which may be a password
        fixed(ConfigError, "a text can't be sent: it has a character that is none", "Check username and password."),
    ),
    # pypsrp reads an answer without looking whether it has the parts that it takes for granted.
    (ET.ParseError, not_wsman),
    (ValueError, not_wsman),
    (LookupError, not_wsman),
    (AttributeError, not_wsman),
    (TypeError, not_wsman),
    (struct.error, not_wsman),
)


# Those of packages that may not be installed, by package and class; "" is every other class of it.
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


def translate(error: Exception, context: ErrorContext) -> PsbridgeError:
    """Return psbridge's error for a foreign one; psbridge's own pass through."""
    if isinstance(error, PsbridgeError):
        return error
    stop = next((it for it in causes(error) if isinstance(it, Interrupted)), None)
    if stop is not None:
        return stop  # a signal came in the midst of it, and a library took that for an error of its own
    rule = rule_for(type(error))
    found = (rule or _OUR_BUG)(error, context)
    return found.kind(
        f"{context.url}: {found.message}",
        hint=found.hint,
        retryable=found.retryable,
        delivered=context.delivered,
        detail={"host": context.url, "cause": type(error).__name__},
    )

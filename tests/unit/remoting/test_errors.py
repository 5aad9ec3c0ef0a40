"""Every foreign error has a rule, and every rule gives an error with a hint."""

from __future__ import annotations

import re
import socket
import ssl

import pypsrp.exceptions
import pytest
import requests.exceptions
import spnego.exceptions
import urllib3.exceptions

from psbridge.errors import (
    AuthError,
    ConfigError,
    InternalError,
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    Unreachable,
)
from psbridge.remoting.winrm.errors.table import rule_for, translate
from psbridge.remoting.winrm.errors.translation import ErrorContext, NotOffered, causes
from psbridge.values import replace

WHERE = ErrorContext(
    "https://oaw01:5986/wsman", "start a pipeline", delivered=True, auth="ntlm", offered="Negotiate, Basic"
)


def classes(module) -> list[type[Exception]]:
    found = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Exception)]
    own = [item for item in found if item.__module__ in {module.__name__, "http.client"}]
    return [item for item in own if not issubclass(item, Warning)]


@pytest.mark.parametrize("module", [pypsrp.exceptions, requests.exceptions, urllib3.exceptions, spnego.exceptions])
def test_every_exception_class_is_in_the_table(module):
    inner = {spnego.exceptions.NativeError}  # never leaves pyspnego
    assert [item for item in classes(module) if rule_for(item) is None and item not in inner] == []


@pytest.mark.parametrize("kind", [item for item in classes(pypsrp.exceptions) if item is not InternalError])
def test_every_error_of_pypsrp_becomes_an_error_with_place_and_hint(kind):
    error = translate(kind(5, 500, "x", None, None, None), WHERE)
    assert error.message.startswith(WHERE.url)
    assert error.hint
    assert error.delivered


def test_psbridges_own_errors_pass_through():
    own = Interrupted("x")
    assert translate(own, WHERE) is own


def test_an_interrupt_wrapped_as_a_login_failure_is_an_interrupt():
    """pyspnego's negotiation catches any exception, a signal's among them, and goes on or wraps it."""
    stop = Interrupted("interrupted by SIGTERM")
    assert translate(spnego.exceptions.BadMechanismError(base_error=stop, context_msg="negotiating"), WHERE) is stop


def test_an_unexpected_error_is_reported_as_a_bug():
    assert isinstance(translate(ZeroDivisionError("x"), WHERE), InternalError)


def test_refused_credentials_report_the_offered_methods_and_are_never_retried():
    error = translate(pypsrp.exceptions.AuthenticationError("x"), WHERE)
    assert isinstance(error, AuthError)
    assert "ntlm" in error.message
    assert "Negotiate, Basic" in error.message
    assert not error.retryable


@pytest.mark.parametrize(
    ("auth", "user", "names_the_domain"),
    [
        ("ntlm", "operator", True),
        ("negotiate", "operator", True),
        ("ntlm", "AZS\\operator", False),
        ("ntlm", "operator@AZS", False),
        ("basic", "operator", False),
    ],
)
def test_a_refused_user_without_a_domain_is_shown_how_to_name_it(auth, user, names_the_domain):
    error = translate(pypsrp.exceptions.AuthenticationError("x"), replace(WHERE, auth=auth, user=user))
    assert (r"DOMAIN\user" in error.hint) is names_the_domain


def test_a_text_that_cannot_be_sent_is_not_shown():
    error = translate(UnicodeEncodeError("utf-8", "p€\udcff", 2, 3, "surrogates not allowed"), WHERE)
    assert isinstance(error, ConfigError)
    assert error.message == f"{WHERE.url}: a text can't be sent because it has an invalid character"


def wrapped(inner: Exception) -> requests.exceptions.ConnectionError:
    return requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", inner))


@pytest.mark.parametrize(
    ("inner", "says"),
    [
        (socket.gaierror(-2, "x"), "name can't be resolved"),
        (ConnectionRefusedError(), "refused the connection"),
        (ConnectionResetError(), "was cut"),
        (TimeoutError(), "did not answer in time"),
        (OSError(113, "No route to host"), "can't be reached"),
        (ssl.SSLError(1, "wrong version number"), "TLS"),
    ],
)
def test_the_inner_cause_is_named(inner, says):
    error = translate(wrapped(inner), WHERE)
    assert isinstance(error, Unreachable)
    assert says in error.message


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (18, "not signed by a trusted CA"),
        (20, "not signed by a trusted CA"),
        (62, "another name"),
        (10, "expired"),
        (9, "not valid yet"),
        (99, "refused"),
    ],
)
def test_a_failed_certificate_is_reported_with_the_reason(code, says):
    inner = ssl.SSLCertVerificationError(1, "x")
    inner.verify_code = code
    error = translate(requests.exceptions.SSLError(inner), WHERE)
    assert says in error.message
    assert not error.retryable


@pytest.mark.parametrize(("code", "field"), [(18, "-issuer"), (62, "-ext subjectAltName"), (10, "-enddate")])
def test_the_hint_of_a_failed_certificate_shows_it(code, field):
    inner = ssl.SSLCertVerificationError(1, "x")
    inner.verify_code = code
    hint = translate(requests.exceptions.SSLError(inner), WHERE).hint or ""
    command = "openssl s_client -connect oaw01:5986 </dev/null | openssl x509 -noout -subject"
    assert hint.endswith(f"`{command} {field}`")


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        (ErrorContext("https://h:5985/wsman", secure=True, in_handshake=True), "set `tls: false`"),
        (ErrorContext("http://h:5986/wsman", nothing_received=True), "remove `tls: false`"),
        (ErrorContext("http://h:5985/wsman", spoke=True), "Retry later"),
    ],
)
def test_the_hint_of_a_cut_connection_fits_how_far_it_got(where, hint):
    assert hint in (translate(wrapped(ConnectionResetError()), where).hint or "")


@pytest.mark.parametrize(("offered", "says"), [("Basic", "offers only Basic;"), (None, "no authentication method;")])
def test_a_method_that_is_not_offered_names_the_offered_ones(offered, says):
    error = translate(NotOffered("x"), ErrorContext("https://h/wsman", auth="ntlm", offered=offered))
    assert isinstance(error, PrerequisiteError)
    assert says in error.message


@pytest.mark.parametrize(("status", "retryable"), [(403, False), (404, False), (405, False), (503, True), (599, True)])
def test_a_status_is_temporary_or_permanent(status, retryable):
    error = translate(pypsrp.exceptions.WinRMTransportError("http", status, ""), WHERE)
    assert isinstance(error, Unreachable)
    assert str(status) in error.message
    assert error.retryable is retryable


@pytest.mark.parametrize("code", [2150858815, 2150859173, 2150859174, 2150859179, 2150859236, 2150859242])
def test_an_exhausted_quota_is_retryable(code):
    error = translate(pypsrp.exceptions.WSManFaultError(code, None, "x", None, None, None), WHERE)
    assert isinstance(error, Unreachable)
    assert "quota" in error.message
    assert error.retryable


def test_remote_text_is_one_line_of_limited_length():
    error = translate(pypsrp.exceptions.WSManFaultError("c" * 999, None, "r\n" * 999, None, None, "p" * 999), WHERE)
    assert len(error.message) < 600
    assert "\n" not in error.message


def test_a_missing_package_is_a_config_error():
    assert isinstance(translate(ImportError("requests-credssp"), WHERE), ConfigError)


def test_an_error_that_wraps_itself_is_handled():
    loop = OSError("x")
    loop.args = (loop,)
    assert list(causes(loop)) == [loop]
    assert isinstance(translate(loop, WHERE), PsbridgeError)


PERMANENT = (
    400,
    402,
    403,
    404,
    405,
    406,
    407,
    409,
    410,
    411,
    412,
    413,
    414,
    415,
    416,
    417,
    421,
    422,
    426,
    428,
    431,
    451,
)


@pytest.mark.parametrize("code", [*PERMANENT, 202, 204, 501, 505])
def test_a_permanent_status_is_not_retried_and_no_hint_suggests_it(code):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth="ntlm")
    )
    assert isinstance(said, Unreachable)
    assert not said.retryable
    assert f"HTTP {code}" in said.message
    assert not re.search("try again|retry", said.hint or "", re.IGNORECASE)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 507, 599])
def test_a_temporary_status_is_retried(code):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth="ntlm")
    )
    assert said.retryable


@pytest.mark.parametrize("code", [400, 431])
@pytest.mark.parametrize(
    ("auth", "named"), [("kerberos", True), ("negotiate", True), ("ntlm", False), ("basic", False)]
)
def test_too_large_headers_name_the_ticket_if_one_may_be_sent(code, auth, named):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth=auth)
    )
    assert ("ticket" in (said.hint or "")) is named


def test_a_400_from_a_known_wsman_host_is_temporary():
    where = ErrorContext("https://h/wsman", auth="ntlm", spoke=True)
    assert translate(pypsrp.exceptions.WinRMTransportError("http", 400, ""), where).retryable

"""Every foreign error has a rule, and every rule an error that tells what to do."""

from __future__ import annotations

import socket
import ssl

import pypsrp.exceptions
import pytest
import requests.exceptions
import spnego.exceptions
import urllib3.exceptions

from psbridge.errors import AuthError, ConfigError, InternalError, Interrupted, PsbridgeError, Unreachable
from psbridge.remoting.winrm.errors.table import rule_for, translate
from psbridge.remoting.winrm.errors.translation import ErrorContext, causes

WHERE = ErrorContext(
    "https://oaw01:5986/wsman", "start a pipeline", delivered=True, auth="ntlm", offered="Negotiate, Basic"
)


def classes(module) -> list[type[Exception]]:
    found = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Exception)]
    own = [item for item in found if item.__module__ in {module.__name__, "http.client"}]
    return [item for item in own if not issubclass(item, Warning)]


@pytest.mark.parametrize("module", [pypsrp.exceptions, requests.exceptions, urllib3.exceptions, spnego.exceptions])
def test_every_class_of_error_is_in_the_table(module):
    inner = {spnego.exceptions.NativeError}  # never leaves pyspnego
    assert [item for item in classes(module) if rule_for(item) is None and item not in inner] == []


@pytest.mark.parametrize("kind", [item for item in classes(pypsrp.exceptions) if item is not InternalError])
def test_every_error_of_pypsrp_becomes_one_that_says_where_and_what_to_do(kind):
    error = translate(kind(5, 500, "x", None, None, None), WHERE)
    assert error.message.startswith(WHERE.url)
    assert error.hint
    assert error.delivered


def test_psbridges_own_errors_pass_through():
    own = Interrupted("x")
    assert translate(own, WHERE) is own


def test_an_interrupt_that_a_login_took_for_its_own_failure_is_the_interrupt():
    """pyspnego's negotiation catches any exception, a signal's among them, and goes on or wraps it."""
    stop = Interrupted("interrupted by SIGTERM")
    assert translate(spnego.exceptions.BadMechanismError(base_error=stop, context_msg="negotiating"), WHERE) is stop


def test_an_error_that_nobody_foresaw_is_called_a_bug():
    assert isinstance(translate(ZeroDivisionError("x"), WHERE), InternalError)


def test_refused_credentials_tell_what_the_host_offers_and_are_never_retried():
    error = translate(pypsrp.exceptions.AuthenticationError("x"), WHERE)
    assert isinstance(error, AuthError)
    assert "ntlm" in error.message
    assert "Negotiate, Basic" in error.message
    assert not error.retryable


def test_a_text_that_cant_be_sent_is_not_told_for_it_may_be_a_password():
    error = translate(UnicodeEncodeError("utf-8", "p€\udcff", 2, 3, "surrogates not allowed"), WHERE)
    assert isinstance(error, ConfigError)
    assert error.message == f"{WHERE.url}: a text can't be sent: it has a character that is none"


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
def test_the_cause_within_is_named(inner, says):
    error = translate(wrapped(inner), WHERE)
    assert isinstance(error, Unreachable)
    assert says in error.message


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (18, "authority"),
        (20, "authority"),
        (62, "another name"),
        (10, "expired"),
        (9, "not valid yet"),
        (99, "refused"),
    ],
)
def test_a_certificate_that_fails_says_why(code, says):
    inner = ssl.SSLCertVerificationError(1, "x")
    inner.verify_code = code
    error = translate(requests.exceptions.SSLError(inner), WHERE)
    assert says in error.message
    assert not error.retryable


@pytest.mark.parametrize(("status", "retryable"), [(403, False), (404, False), (405, False), (503, True), (599, True)])
def test_a_status_tells_whether_it_may_pass(status, retryable):
    error = translate(pypsrp.exceptions.WinRMTransportError("http", status, ""), WHERE)
    assert isinstance(error, Unreachable)
    assert str(status) in error.message
    assert error.retryable is retryable


@pytest.mark.parametrize("code", [2150858815, 2150859173, 2150859174, 2150859179, 2150859236, 2150859242])
def test_a_full_quota_is_worth_another_try(code):
    error = translate(pypsrp.exceptions.WSManFaultError(code, None, "x", None, None, None), WHERE)
    assert isinstance(error, Unreachable)
    assert "quota" in error.message
    assert error.retryable


def test_text_of_the_far_end_is_one_bounded_line():
    error = translate(pypsrp.exceptions.WSManFaultError("c" * 999, None, "r\n" * 999, None, None, "p" * 999), WHERE)
    assert len(error.message) < 600
    assert "\n" not in error.message


def test_a_missing_package_is_a_matter_of_config():
    assert isinstance(translate(ImportError("requests-credssp"), WHERE), ConfigError)


def test_an_error_that_wraps_itself_ends():
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
def test_a_status_that_stays_is_not_tried_again_and_no_hint_says_so(code):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth="ntlm")
    )
    assert isinstance(said, Unreachable)
    assert not said.retryable
    assert f"HTTP {code}" in said.message
    assert "try again" not in (said.hint or "").casefold()


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 507, 599])
def test_a_status_that_may_pass_is_tried_again(code):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth="ntlm")
    )
    assert said.retryable


@pytest.mark.parametrize("code", [400, 431])
@pytest.mark.parametrize(
    ("auth", "named"), [("kerberos", True), ("negotiate", True), ("ntlm", False), ("basic", False)]
)
def test_headers_that_are_too_large_name_the_ticket_where_there_may_be_one(code, auth, named):
    said = translate(
        pypsrp.exceptions.WinRMTransportError("http", code, ""), ErrorContext("https://h/wsman", auth=auth)
    )
    assert ("ticket" in (said.hint or "")) is named


def test_a_400_from_a_host_that_has_spoken_wsman_may_pass():
    where = ErrorContext("https://h/wsman", auth="ntlm", spoke=True)
    assert translate(pypsrp.exceptions.WinRMTransportError("http", 400, ""), where).retryable

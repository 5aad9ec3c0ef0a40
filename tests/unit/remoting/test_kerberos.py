"""What MIT's error codes mean, and how Kerberos names a user. The codes are krb5.h's, and those that the real one raised."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import spnego.exceptions

from psbridge.errors import AuthError, ConfigError, Unreachable
from psbridge.remoting.winrm.errors.table import translate
from psbridge.remoting.winrm.errors.translation import ErrorContext
from psbridge.remoting.winrm.kerberos import principal, trouble

WHERE = ErrorContext("https://oaw01:5986/wsman", auth="kerberos")


def krb5_error(code: int) -> Exception:
    """An error as python-krb5 makes it, which may not be installed."""
    kind = type("Krb5Error", (Exception,), {"__module__": "krb5._exceptions", "err_code": code})
    return kind("said by the library")


def gss_error(major: int, minor: int) -> Exception:
    kind = type("GSSError", (Exception,), {"__module__": "gssapi.raw.misc", "maj_code": major, "min_code": minor})
    return kind("said by the library")


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (-1765328353, AuthError, "the realm refused the password"),
        (-1765328360, AuthError, "the realm refused the password"),
        (-1765328378, AuthError, "the realm has no such user"),
        (-1765328377, ConfigError, "the realm has no such host"),
        (-1765328366, AuthError, "disabled or locked"),
        (-1765328361, AuthError, "the password has expired"),
        (-1765328352, ConfigError, "the Kerberos ticket of this machine has expired"),
        (-1765328347, ConfigError, "the clocks are too far apart"),
        (-1765328243, ConfigError, "there is no Kerberos ticket"),
        (-1765328189, ConfigError, "there is no Kerberos ticket"),
        (-1765328228, Unreachable, "no domain controller of the realm answers"),
        (-1765328230, ConfigError, "no domain controller of the realm can be found"),
        (-1765328249, ConfigError, "Kerberos configuration can't be used"),
        (-1765328248, ConfigError, "Kerberos configuration can't be used"),
        (-1765328160, ConfigError, "Kerberos configuration can't be used"),
        (-1429577711, ConfigError, "Kerberos configuration can't be used"),
        (-1765328370, ConfigError, "share no Kerberos encryption"),
        (-1765328234, ConfigError, "share no Kerberos encryption"),
        (-1765328148, ConfigError, "share no Kerberos encryption"),
        (-1765328190, ConfigError, "ticket cache can't be read"),
        (-1765328164, Unreachable, "no domain controller of the realm answers"),
        (1, ConfigError, "this machine can't do the login"),
    ],
)
def test_a_code_is_explained_for_every_library(code, kind, says):
    wrapped = spnego.exceptions.SpnegoError(base_error=gss_error(851968, code & 0xFFFFFFFF))
    for error in (krb5_error(code), gss_error(851968, code & 0xFFFFFFFF), wrapped):
        told = translate(error, WHERE)
        assert type(told) is kind
        assert says in told.message
        assert told.hint
        assert told.retryable is (kind is Unreachable), "a refused credential is never tried again"


@pytest.mark.parametrize(("major", "kind"), [(11 << 16, ConfigError), (12 << 16, Unreachable)])
def test_an_expired_ticket_is_local_and_an_expired_session_can_be_reopened(major, kind):
    assert type(translate(gss_error(major, 100001), WHERE)) is kind


def test_an_error_without_a_code_is_not_a_kerberos_error():
    assert trouble(ValueError("x")) is None


@pytest.mark.parametrize(("auth", "extra"), [("kerberos", "kerberos"), ("credssp", "credssp")])
def test_a_missing_package_names_the_extra(auth, extra):
    told = translate(ImportError("No module named x"), ErrorContext("https://oaw01:5986/wsman", auth=auth))
    assert isinstance(told, ConfigError)
    assert f"psbridge[{extra}]" in told.hint


@pytest.mark.parametrize(
    ("realm", "given", "named"),
    [
        (b"CONTOSO.COM", "CONTOSO\\backup", "backup@CONTOSO.COM"),
        (b"CONTOSO.COM", "contoso\\backup", "backup@CONTOSO.COM"),
        (b"CONTOSO.COM", "contoso.com\\backup", "backup@CONTOSO.COM"),
        (b"CONTOSO.COM", "FABRIKAM\\backup", "backup@FABRIKAM"),
        (None, "CONTOSO\\backup", "backup@CONTOSO"),
        (b"CONTOSO.COM", "backup@FABRIKAM.COM", "backup@FABRIKAM.COM"),
        (b"CONTOSO.COM", "backup", "backup"),
    ],
)
def test_a_user_of_a_windows_domain(monkeypatch, realm, given, named):
    failure = type("Krb5Error", (Exception,), {})

    def default_realm(_context):
        if realm is None:
            raise failure
        return realm

    library = SimpleNamespace(init_context=object, get_default_realm=default_realm, Krb5Error=failure)
    monkeypatch.setitem(sys.modules, "krb5", library)
    assert principal(given) == named


def test_an_unreadable_krb5_conf_is_left_to_the_login(monkeypatch):
    failure = type("Krb5Error", (Exception,), {})

    def unreadable():
        raise failure

    library = SimpleNamespace(init_context=unreadable, get_default_realm=None, Krb5Error=failure)
    monkeypatch.setitem(sys.modules, "krb5", library)
    assert principal("CONTOSO\\backup") == "backup@CONTOSO"

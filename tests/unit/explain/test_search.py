"""What a person types or pastes leads to the right entry."""

from __future__ import annotations

import pytest

from psbridge.explain.search import NoSuchEntry, find, in_category


def first(text: str) -> str:
    return find(text).entries[0].id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("11", "ambiguous"),
        (" Ambiguous ", "ambiguous"),
        ("exit code 11", "ambiguous"),
        ("exit 11", "ambiguous"),
        ("Not-Found", "not_found"),
        ("signed out", "signed_out"),
        ("SIGTERM", "interrupted"),
        ("0x80338126", "0x80338126"),
        ("2150859046", "0x80338126"),
        ("-2144108250", "0x80338126"),
        ("error_wsman_network_timedout", "0x80338126"),
        ("cannot find the computer", "0x8033809d"),
        ("AzureStack.BackupController.ExternalShareAlmostFullFault", "ExternalShareAlmostFullFault"),
        ("44339003-7FB8-480D-992E-E3DA7B2E9377", "ExternalShareAlmostFullFault"),
        ("recovery ready", "recovery_ready"),
        ("503", "http-503"),
        ("KRB_AP_ERR_SKEW", "KRB5KRB_AP_ERR_SKEW"),
        ("KDC_ERR_PREAUTH_FAILED", "KRB5KDC_ERR_PREAUTH_FAILED"),
        ("0x18", "KRB5KDC_ERR_PREAUTH_FAILED"),
        ("-1765328360", "KRB5KDC_ERR_PREAUTH_FAILED"),
        ("2529638936", "KRB5KDC_ERR_PREAUTH_FAILED"),
        ("Clock skew too great", "KRB5KRB_AP_ERR_SKEW"),
        ("smbshareio", "SmbShareIOException"),
        ("NamedParameterNotFound,Microsoft.Azs.Start-AzsBackup", "NamedParameterNotFound"),
        ("System error 53", "win32-53"),
        ("aadsts7000215", "invalid_secret"),
        ("AADSTS12345", "AADSTS"),
        ("0x80338999", "wsman_other"),
        ("SmbShareOfALaterRelease", "SmbShareException"),
        ("CERT_HAS_EXPIRED", "X509_V_ERR_CERT_HAS_EXPIRED"),
        ("certificate has expired", "X509_V_ERR_CERT_HAS_EXPIRED"),
        ("Connection refused", "connection_refused"),
        ("0x80070035", "win32-53"),
        ("win32 1326", "win32-1326"),
        ("HTTP 503", "http-503"),
        ("Service Unavailable", "http-503"),
    ],
)
def test_a_name_is_found_in_any_spelling(text: str, found: str) -> None:
    assert [it.id for it in find(text).entries] == [found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("error: another backup is running on the stamp", ["backup_running"]),
        ('{"error":{"code":"busy","detail":{"reason":"tenant_endpoint"}}}', ["tenant_endpoint"]),
        ("https://oaw01:5986/wsman: the host refused (WSMan fault 5: Zugriff verweigert)", ["0x00000005"]),
        (
            "Connecting to oaw01 failed : WinRM cannot complete the operation. Verify that the name is valid",
            ["0x80338126"],
        ),
        ("https://oaw01:5986/wsman: the WinRM service of the host is not ready (HTTP 503)", ["http-503"]),
        ("CategoryInfo: OpenError, FullyQualifiedErrorId : -2144108250,PSSessionStateBroken", ["0x80338126"]),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
            ["X509_V_ERR_CERT_HAS_EXPIRED"],
        ),
        ("psbridge.service: Main process exited, exit status 13", ["unproven"]),
        ("the specified credentials were rejected by the server", ["login_refused"]),
        (
            '{"kind":"error","error":{"code":"unreachable","exit_code":5,"message":"…","detail":{"reason":"no_answer"}}}',
            ["no_answer"],
        ),
        ("Minor (2529638919): Server not found in Kerberos database", ["KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN"]),
        ("AADSTS7000215: Invalid client secret provided. Trace ID: 1-2", ["invalid_secret"]),
        ("nightly.sh: psbridge ended with exit code 14", ["unknown"]),
        ("kinit: Preauthentication failed while getting initial credentials", ["KRB5KDC_ERR_PREAUTH_FAILED"]),
        ("kinit: Client 'x@CONTOSO.COM' not found in Kerberos database", ["KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN"]),
        ("kinit: Password has expired while getting initial credentials", ["KRB5KDC_ERR_KEY_EXP"]),
        ("No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)", ["GSS_S_NO_CRED"]),
        ("kinit: KDC reply did not match expectations", ["KRB5_KDCREP_MODIFIED"]),
        ("Clock skew too great in KDC reply", ["KRB5_KDCREP_SKEW"]),
        (
            "certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)",
            ["X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN"],
        ),
        ("error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca", ["TLSV1_ALERT_UNKNOWN_CA"]),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", ["connection_cut"]),
        ("Bad HTTP response returned from the server. Code: 500, Content: ''", ["http-500"]),
        ("401 Client Error: Unauthorized for url: https://oaw01:5986/wsman", ["http-401"]),
        ("The SSL connection could not be established, see inner exception.", ["endpoint_tls"]),
    ],
)
def test_a_pasted_line_leads_to_the_codes_and_sentences_within_it(line: str, found: list[str]) -> None:
    assert [it.id for it in find(line).entries] == found


def test_a_number_of_an_exit_code_is_that_and_its_other_meanings_are_named() -> None:
    found = find("5")
    assert [it.id for it in found.entries] == ["unreachable"]
    assert "0x00000005" in {it.id for it in found.also}
    assert first("0x5") == "0x00000005"


@pytest.mark.parametrize(
    ("code", "meanings"), [("0x8007052e", ["login_refused", "win32-1326"]), ("0x80070005", ["0x00000005", "win32-5"])]
)
def test_an_error_of_windows_is_a_login_first_and_then_the_share_each_once(code: str, meanings: list[str]) -> None:
    found = find(code)
    assert [it.id for it in (*found.entries, *found.also)] == meanings


def test_words_are_searched_in_all_texts_and_the_rarest_count_most() -> None:
    assert first("update blocks") in {"busy", "update_running"}
    assert first("newest good backup too old") == "stale"
    assert "partial" in {it.id for it in find("backup 08b92613-837a-43cd-86b5-1212ef954384 is incomplete").entries}
    assert first("wrong password of the share") == "win32-86"
    assert len(find("backup").entries) == 8


@pytest.mark.parametrize("text", ["xyzzy", "the", "!", "\x1b[31m"])
def test_what_is_unknown_is_not_found(text: str) -> None:
    with pytest.raises(NoSuchEntry) as told:
        find(text)
    assert told.value.exit_code == 8
    assert "`psbridge explain --list`" in (told.value.hint or "")
    assert told.value.explain is None


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(NoSuchEntry) as told:
        find("ambigous")
    assert "Did you mean ambiguous?" in (told.value.hint or "")


def test_a_category_is_listed_and_an_unknown_one_names_all() -> None:
    assert "busy" in {it.id for it in in_category("Exit codes")}
    with pytest.raises(NoSuchEntry) as told:
        in_category("exit")
    assert "exit-codes, reasons" in (told.value.hint or "")

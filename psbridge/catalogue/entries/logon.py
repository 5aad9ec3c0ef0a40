"""Windows's own codes of a logon: SSPI (SEC_E_…), which WinRM's texts hold, and NTSTATUS, which event 4625 of the host logs."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue import nt_status
from psbridge.catalogue.entries.entry import Entry, do

_NOTHING: Final = "None was started: the login was not made. psbridge tries once, because failed logins lock accounts."
_SEE: Final = ("troubleshooting#the-login-is-refused", "sign-in#the-windows-account")
_EVENTS: Final = do(
    "Read the failed logons on the host; the sub status says why.",
    "PS> Get-WinEvent -FilterHashtable @{LogName='Security'; Id=4625} -MaxEvents 5 | Format-List Message",
)
_LOGIN: Final = do("Then try once.", "$ psbridge doctor --only login")
_SPN: Final = do("See which account has the host's service name.", "PS> setspn -Q host/HOST.FQDN")
_TIME: Final = do("Check the time on the host.", "PS> w32tm /query /status")
_CAUSES: Final = {
    "STATUS_ACCOUNT_RESTRICTION": ("The account has an empty password, or may not log on in this way.",),
    "STATUS_INVALID_LOGON_HOURS": ("Logon hours of the account.",),
    "STATUS_INVALID_WORKSTATION": ("Logon workstations of the account.",),
    "STATUS_PASSWORD_EXPIRED": ("It is older than the domain allows.",),
    "STATUS_ACCOUNT_DISABLED": ("An administrator disabled it.",),
    "STATUS_LOGON_TYPE_NOT_GRANTED": ("A policy of the host: Access this computer from the network.",),
    "STATUS_ACCOUNT_EXPIRED": ("The account was made for a limited time.",),
    "STATUS_PASSWORD_MUST_CHANGE": ("The account was made with a password to change.",),
    "STATUS_ACCOUNT_LOCKED_OUT": ("A wrong password was tried too many times, such as by another job.",),
}


def _code(
    name: str,
    number: str,
    title: str,
    causes: tuple[str, ...],
    *steps: str,
    exit_code: str = "auth",
    see: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        name,
        title,
        _NOTHING,
        causes,
        (*steps, _EVENTS, _LOGIN),
        see=(*_SEE, *see),
        aliases=(number,),
        exit_code=exit_code,
        source="winerror.h and ntstatus.h of the Windows SDK",
    )


ENTRIES: Final = (
    _code(
        "SEC_E_LOGON_DENIED",
        "0x8009030c",
        "the logon attempt failed",
        (
            "The user name or the password is wrong.",
            "A gateway ends TLS, so a right password is refused (channel binding).",
        ),
        see=("explain:login_refused",),
    ),
    _code(
        "SEC_E_NO_CREDENTIALS",
        "0x8009030e",
        "no credentials are available for the login",
        ("Windows's client was to use the logged-on user, or CredSSP may not pass the credentials on.",),
        see=("explain:login_not_possible",),
    ),
    _code(
        "SEC_E_NO_AUTHENTICATING_AUTHORITY",
        "0x80090311",
        "no domain controller can be reached for the login",
        ("The client or the host reaches no domain controller.", "A local account was given without its host name."),
        exit_code="config",
        see=("explain:KRB5_KDC_UNREACH",),
    ),
    _code(
        "SEC_E_WRONG_PRINCIPAL",
        "0x80090322",
        "the target principal name is incorrect",
        ("The host's service name is of another account, such as of a web server's.", "`host` is an alias."),
        _SPN,
        exit_code="config",
        see=("explain:KRB5KRB_AP_ERR_MODIFIED",),
    ),
    _code(
        "SEC_E_TIME_SKEW",
        "0x80090324",
        "the clocks of client and host are too far apart",
        ("One of the two has no time server.",),
        _TIME,
        exit_code="config",
        see=("explain:KRB5KRB_AP_ERR_SKEW",),
    ),
    _code(
        "SEC_E_BAD_BINDINGS",
        "0x80090346",
        "the channel bindings of the login are wrong",
        ("A load balancer, reverse proxy or TLS inspection ends TLS in front of the host.",),
        "Set `channel_binding: false` of the target, or connect to the host directly.",
        see=("explain:login_refused",),
    ),
    _code(
        "SEC_E_UNSUPPORTED_FUNCTION",
        "0x80090302",
        "the function requested is not supported",
        ("A policy of the domain or of the host forbids NTLM.",),
        "Use `auth: kerberos`, or have the policy changed.",
        exit_code="prerequisite",
        see=("explain:login_not_offered",),
    ),
    _code(
        "STATUS_LOGON_FAILURE",
        "0xc000006d",
        "the user name or the password is wrong",
        ("See the sub status in the event.",),
    ),
    _code("STATUS_NO_SUCH_USER", "0xc0000064", "there is no such user", ("The name or its domain is misspelled.",)),
    _code("STATUS_WRONG_PASSWORD", "0xc000006a", "the password is wrong", ("The password was changed.",)),
    *(
        _code(it.name, f"0x{number:08x}", it.says, _CAUSES[it.name], it.hint)
        for number, it in nt_status.REFUSALS.items()
    ),
)

"""Kerberos and GSSAPI. What psbridge does by a code, and its sentence, is in `psbridge.catalogue.kerberos_errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.catalogue.kerberos_errors import BASE, ERRORS, MAJORS

_NOTHING: Final = "None was started: the login was not made."
_SEE: Final = "troubleshooting#kerberos"
_KLIST: Final = do("See the ticket and the cache of this machine.", "$ klist")
_KINIT: Final = do("Get a ticket by hand.", "$ kinit user@REALM")
_SERVICE: Final = do("Ask for the host's ticket.", "$ kvno host/HOST.FQDN")
_LIST: Final = do("Check the login before the next start.", "$ psbridge doctor --only login")
_TIME: Final = (
    do("Check the time here.", "$ timedatectl status"),
    do("Check the time on the host.", "PS> w32tm /query /status"),
)
_POLICY: Final = do("See this machine's crypto policy (Fedora, RHEL).", "$ update-crypto-policies --show")
_KDCS: Final = do(
    "See whether the DNS names the domain controllers, and one answers.", "$ getent hosts REALM", "$ nc -vz DC.REALM 88"
)
_SPNS: Final = do("See which account has the host's service name.", "PS> setspn -Q host/HOST.FQDN")


class _Long(NamedTuple):
    """What is to be said about codes in addition to their sentence and hint."""

    causes: tuple[str, ...]
    steps: tuple[str, ...]
    see: tuple[str, ...] = ()
    backup: str = _NOTHING


_CONF: Final = _Long(
    (
        "The file /etc/krb5.conf is missing, can't be parsed, or names no default_realm.",
        "KRB5_CONFIG names another file.",
    ),
    (_KINIT, _LIST),
)
_NO_TICKET: Final = _Long(
    (
        "No `kinit` was made, or for another user or cache (KRB5CCNAME).",
        "A job of cron or systemd has no ticket of your session.",
    ),
    (_KLIST, _KINIT, "In jobs, set `username` and `password` of the target.", _LIST),
)
_CACHE: Final = _Long(
    ("The cache is another user's, is damaged, or is of a type that this machine does not have.",), (_KLIST, _KINIT)
)
_CIPHER: Final = _Long(
    (
        "The crypto policy of this machine forbids RC4, and the account has no AES key: its password is older than the domain.",
        "The permitted_enctypes in /etc/krb5.conf are too few.",
    ),
    (_POLICY, "Have the account's password set anew in the domain, so that it gets AES keys.", _KINIT),
)
_SILENT: Final = _Long(
    ("Port 88 of the domain controllers is blocked.", "The DNS does not name them."), (_KDCS, _KINIT)
)
_LOCKED: Final = "A wrong password, tried again and again by another job, locks the account again."
_CLOCKS: Final = _Long(("Kerberos allows 5 minutes between two clocks, and one has no time server.",), (*_TIME, _LIST))
_ENDED: Final = _Long(("A ticket lasts ten hours in most domains, and it was not renewed.",), (_KLIST, _KINIT, _LIST))
_PASSWORD: Final = _Long(
    ("The password is wrong, or was changed.", "The user name is of another realm."),
    (_KINIT, _LIST),
    ("troubleshooting#the-login-is-refused", "explain:auth"),
)
_MORE: Final = {
    1: _Long(("The account has an end date in the domain.",), (_KINIT,)),
    6: _Long(("The name or the realm is misspelled.", "The account is a local one of the host: use ntlm."), (_KINIT,)),
    7: _Long(
        (
            "`host` is an address or an alias, and no account has that service name.",
            "The host is not in the domain of this realm.",
        ),
        (_SERVICE, _SPNS),
    ),
    12: _Long(("Logon hours, logon workstations, or a rule for the account.",), (_KINIT,)),
    14: _CIPHER,
    18: _Long((_LOCKED, "The account was disabled."), ("Find what tries it before it is unlocked.", _KINIT)),
    23: _Long(("The password is older than the domain allows.",), (_KINIT,)),
    24: _PASSWORD,
    29: _SILENT,
    31: _PASSWORD,
    32: _ENDED,
    37: _CLOCKS,
    41: _Long(
        (
            "Two accounts have the host's service name, or the wrong one has.",
            "The host was joined to the domain again, and its old ticket is still in the cache.",
        ),
        (_SPNS, do("Find service names that two accounts have.", "PS> setspn -X"), _KINIT),
    ),
    134: _Long(("The user name has a blank, two @ or a backslash.",), (_LIST,)),
    135: _CONF,
    136: _CONF,
    139: _CACHE,
    140: _CACHE,
    141: _NO_TICKET,
    142: _NO_TICKET,
    148: _CLOCKS,
    150: _CIPHER,
    153: _CIPHER,
    154: _Long(
        (
            "The realm is misspelled; realms are written in capital letters.",
            "Neither krb5.conf nor the DNS names its servers.",
        ),
        (_KDCS, _KINIT),
    ),
    156: _SILENT,
    178: _Long(("The crypto policy of this machine (FIPS) forbids what the ticket needs.",), (_POLICY,)),
    185: _NO_TICKET,
    188: _CIPHER,
    193: _CACHE,
    194: _CACHE,
    195: _NO_TICKET,
    196: _CACHE,
    199: _CACHE,
    200: _CIPHER,
    203: _NO_TICKET,
    217: _Long(("No rule in krb5.conf ([domain_realm]) fits the host's name.",), (_SERVICE, _LIST)),
    220: _SILENT,
    224: _CONF,
    236: _CIPHER,
    237: _CONF,
    248: _CONF,
}
_MAJOR: Final = {
    7 << 16: _NO_TICKET,
    11 << 16: _ENDED,
    12 << 16: _Long(
        ("The wait took longer than the ticket lasts.",),
        (
            _KINIT,
            "In jobs, set `username` and `password` of the target.",
            do("Resume the wait.", "$ psbridge backup wait"),
        ),
        backup="The backup on the stamp continues. psbridge logs in anew where it has a password or a fresh ticket.",
    ),
}
_TEXTS: Final = {
    1: "Client's entry in database has expired",
    6: "Client not found in Kerberos database",
    7: "Server not found in Kerberos database",
    12: "KDC policy rejects request",
    13: "KDC can't fulfill requested option",
    14: "KDC has no support for encryption type",
    18: "Client's credentials have been revoked",
    23: "Password has expired",
    24: "Preauthentication failed",
    25: "Additional pre-authentication required",
    31: "Decrypt integrity check failed",
    32: "Ticket expired",
    33: "Ticket not yet valid",
    34: "Request is a replay",
    37: "Clock skew too great",
    41: "Message stream modified",
    52: "Response too big for UDP",
    60: "Generic error (see e-text)",
    68: "Realm not local to KDC",
    134: "Malformed representation of principal",
    135: "Can't open/find Kerberos configuration file",
    136: "Improper format of Kerberos configuration file",
    139: "Credential cache name malformed",
    140: "Unknown credential cache type",
    141: "Matching credential not found",
    144: "Wrong principal in request",
    147: "KDC reply did not match expectations",
    148: "Clock skew too great in KDC reply",
    150: "Program lacks support for encryption type",
    153: "Program lacks support for checksum type",
    154: "Cannot find KDC for realm",
    156: "Cannot contact any KDC for realm",
    178: "Cryptosystem internal error",
    181: "Key table entry not found",
    185: "Cannot find ticket for requested realm",
    188: "Bad encryption type",
    193: "Credentials cache I/O operation failed",
    194: "Credentials cache permissions incorrect",
    195: "No credentials cache found",
    196: "Internal credentials cache error",
    199: "Bad format in credentials cache",
    200: "No credentials found with supported encryption types",
    203: "No credentials supplied to library routine",
    217: "Cannot determine realm for host",
    220: "Cannot resolve network address for KDC",
    224: "Configuration file does not specify default realm",
    236: "Encryption type not permitted",
    237: "No supported encryption types (config file error?)",
    248: "Invalid format of Kerberos lifetime or clock skew string",
}
"""What MIT's library says, where tools print only that."""
_MAJOR_TEXTS: Final = {
    7 << 16: (
        "No credentials were supplied, or the credentials were unavailable or inaccessible",
        "No Kerberos credentials available",
    ),
    11 << 16: ("The referenced credential has expired",),
    12 << 16: ("The context has expired",),
}
_OTHERS: Final[Mapping[int, tuple[str, str, tuple[str, ...], tuple[str, ...]]]] = {
    13: (
        "KRB5KDC_ERR_BADOPTION",
        "the domain controller can't grant what was asked for",
        ("A ticket was to be renewed or passed on that may not be.", "The account may not be delegated."),
        (_KLIST, _KINIT),
    ),
    25: (
        "KRB5KDC_ERR_PREAUTH_REQUIRED",
        "the domain controller asks for more before it gives a ticket",
        ("This is normal: every login meets it once. As an error it means that no password was at hand.",),
        (_KINIT,),
    ),
    33: (
        "KRB5KRB_AP_ERR_TKT_NYV",
        "the ticket is not valid yet",
        ("The clock of this machine or of the host is behind.",),
        _TIME,
    ),
    34: (
        "KRB5KRB_AP_ERR_REPEAT",
        "the host has seen this login before and takes it for a replay",
        ("A gateway sent a request twice.", "Two machines share one name."),
        (_SERVICE,),
    ),
    52: (
        "KRB5KRB_ERR_RESPONSE_TOO_BIG",
        "the answer is too large for UDP",
        ("The library asks again over TCP; port 88 is open for UDP only.",),
        (_KDCS,),
    ),
    60: (
        "KRB5KRB_ERR_GENERIC",
        "the domain controller met an error without a number of its own",
        ("The text after it says why.",),
        (_KINIT,),
    ),
    68: (
        "KRB5KDC_ERR_WRONG_REALM",
        "the user is of another realm",
        ("The realm of `username` is not the one whose controllers were asked.",),
        ("Write username of the target as user@REALM.", _KINIT),
    ),
    144: (
        "KRB5KRB_AP_WRONG_PRINC",
        "the host has no key for the service name of the ticket",
        ("`host` is an alias, and the keytab or account has the full name.", "`service` of the target is another one."),
        (_SERVICE, _SPNS),
    ),
    147: (
        "KRB5_KDCREP_MODIFIED",
        "the domain controller answered for another user or realm than was asked for",
        ("The realm is not written in capital letters.", "The domain knows the user by another name."),
        ("Write username of the target as user@REALM, the realm in capital letters.", _KINIT),
    ),
    181: (
        "KRB5_KT_NOTFOUND",
        "the keytab has no key that fits",
        ("The keytab is of another name or realm.", "The password was changed, so the keytab's key is an old one."),
        (do("List the keytab.", "$ klist -kte FILE"), _KINIT),
    ),
    4 << 16: (
        "GSS_S_BAD_BINDINGS",
        "the channel bindings of the login are wrong",
        ("A load balancer, reverse proxy or TLS inspection ends TLS in front of the host.",),
        ("Set `channel_binding: false` of the target, or connect to the host directly.",),
    ),
    9 << 16: (
        "GSS_S_DEFECTIVE_TOKEN",
        "a message of the login can't be read",
        ("A gateway altered it.", "The host answered with another method than `auth` names."),
        (_SERVICE,),
    ),
    13 << 16: (
        "GSS_S_FAILURE",
        "GSSAPI failed; the minor code says why",
        ("The number after `Minor` has an entry of its own.",),
        (_KLIST, _KINIT),
    ),
}
"""Codes that psbridge decides nothing by: the name, the title, likely causes and steps."""
_PROTOCOL: Final = 128
"""Numbers below it are of the protocol."""
_FIRST_MAJOR: Final = 1 << 16
"""Numbers from it on are GSSAPI's."""


def _names(number: int, name: str) -> tuple[str, ...]:
    """Return the other names and numbers of a code: RFC 4120's and Windows's, then signed and unsigned."""
    code = BASE + number
    short = name.removeprefix("KRB5").removeprefix("KRB")  # KRB5KDC_ERR_X: KDC_ERR_X; KRB5KRB_AP_ERR_X: _AP_ERR_X
    protocol = f"KRB{short}" if short.startswith("_AP") else short
    windows = (f"0x{number:x}",) if number < _PROTOCOL else ()
    text = (_TEXTS[number],) if number in _TEXTS else ()
    return (*((protocol,) if number < _PROTOCOL else ()), *windows, str(code), str(code % (1 << 32)), *text)


ENTRIES: Final = (
    *(
        Entry(
            it.name,
            it.says,
            _MORE[number].backup,
            _MORE[number].causes,
            (it.hint, *_MORE[number].steps),
            see=(_SEE, "sign-in#kerberos-from-linux", *_MORE[number].see),
            aliases=_names(number, it.name),
            exit_code=it.exit_code,
            source="krb5.h of MIT Kerberos, RFC 4120",
        )
        for number, it in ERRORS.items()
    ),
    *(
        Entry(
            it.name,
            it.says,
            _MAJOR[number].backup,
            _MAJOR[number].causes,
            (it.hint, *_MAJOR[number].steps),
            see=(_SEE, *_MAJOR[number].see),
            aliases=(str(number), *_MAJOR_TEXTS[number]),
            exit_code=it.exit_code,
            source="RFC 2744",
        )
        for number, it in MAJORS.items()
    ),
    *(
        Entry(
            name,
            title,
            _NOTHING,
            causes,
            (*steps, _LIST),
            see=(_SEE, "sign-in#kerberos-from-linux"),
            aliases=_names(number, name) if number < _FIRST_MAJOR else (str(number),),
            exit_code="config",
            source="krb5.h of MIT Kerberos, RFC 4120, RFC 2744",
        )
        for number, (name, title, causes, steps) in _OTHERS.items()
    ),
)

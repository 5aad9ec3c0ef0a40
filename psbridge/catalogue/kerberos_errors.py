"""What MIT Kerberos' error codes (krb5.h) and GSSAPI's major codes mean.

python-krb5 raises the codes signed; GSSAPI's minor code is the same number unsigned. The first 128 are those of the protocol
(RFC 4120), which Windows logs, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

BASE: Final = -1765328384
"""ERROR_TABLE_BASE_krb5."""
PROFILE: Final = range(-1429577728, -1429577728 + 64)
"""ERROR_TABLE_BASE_prof: what is wrong with krb5.conf."""


class KerberosError(NamedTuple):
    """What a code means.

    Attributes:
        name: its constant.
        exit_code: `auth` if the realm refused the user; `config` if this machine lacks a ticket or a setting, or can't do
            the computation; `unreachable` if no domain controller answered.
    """

    name: str
    says: str
    hint: str
    exit_code: str = "auth"


_CHECK: Final = (
    "Check username and password of the target. psbridge does not retry refused credentials, because failed attempts lock "
    "accounts."
)
_KDC: Final = "Check the realm in /etc/krb5.conf or DNS, and that port 88 of its domain controllers can be reached."
_TICKET: Final = "Get a ticket with `kinit`, or set username and password of the target."
_CONF: Final = "Check /etc/krb5.conf, or the file that KRB5_CONFIG names."
_SPN: Final = (
    "Set `host` to the full name of the host, or set `service` and `service_host` to its service principal name "
    "(SERVICE/HOST; the default is host/NAME)."
)
_ENCRYPTION: Final = (
    "Compare permitted_enctypes in /etc/krb5.conf and this machine's crypto policy with the encryption types of the "
    "accounts in the realm."
)
_CACHE: Final = "Check the cache that `klist` names; `kinit` creates a new one."
_USER: Final = "Write username of the target as user@REALM."
_NTP: Final = "Set the clocks of this machine, the host and the realm (NTP)."

_BROKEN_SAYS: Final = "this machine's Kerberos configuration can't be used"
_NO_TICKET_SAYS: Final = "there is no Kerberos ticket on this machine"
_ENDED_SAYS: Final = "the Kerberos ticket of this machine has expired"
_CLOCKS_SAYS: Final = "the clocks are too far apart for Kerberos"
_CIPHER_SAYS: Final = "this machine and the realm share no Kerberos encryption"
_CACHE_SAYS: Final = "this machine's ticket cache can't be read"
_SILENT_SAYS: Final = "no domain controller of the realm answers"

BROKEN_PROFILE: Final = KerberosError("KRB5_CONFIG_BADFORMAT", _BROKEN_SAYS, _CONF, "config")
"""Any code of `PROFILE`."""


def _all(
    names: Iterable[tuple[int, str]], says: str, hint: str, exit_code: str = "config"
) -> Iterator[tuple[int, KerberosError]]:
    """Yield several codes of one meaning."""
    for number, name in names:
        yield number, KerberosError(name, says, hint, exit_code)


ERRORS: Final[Mapping[int, KerberosError]] = {
    1: KerberosError(
        "KRB5KDC_ERR_NAME_EXP", "the user's Kerberos entry has expired", "Have the account extended in the domain."
    ),
    6: KerberosError("KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN", "the realm has no such user", _USER),
    7: KerberosError("KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", "the realm has no such host", _SPN, "config"),
    12: KerberosError(
        "KRB5KDC_ERR_POLICY",
        "the realm's policy refuses the user",
        "Check the account's logon hours and workstations.",
    ),
    18: KerberosError(
        "KRB5KDC_ERR_CLIENT_REVOKED", "the account is disabled or locked", "Have the account unlocked or enabled."
    ),
    23: KerberosError(
        "KRB5KDC_ERR_KEY_EXP",
        "the password has expired",
        "Change it (`kpasswd`), and update password of the target.",
    ),
    24: KerberosError("KRB5KDC_ERR_PREAUTH_FAILED", "the realm refused the password", _CHECK),
    # The answer could not be decrypted with it.
    31: KerberosError("KRB5KRB_AP_ERR_BAD_INTEGRITY", "the realm refused the password", _CHECK),
    32: KerberosError("KRB5KRB_AP_ERR_TKT_EXPIRED", _ENDED_SAYS, _TICKET, "config"),
    37: KerberosError("KRB5KRB_AP_ERR_SKEW", _CLOCKS_SAYS, _NTP, "config"),
    41: KerberosError(
        "KRB5KRB_AP_ERR_MODIFIED",
        "the host can't decrypt the Kerberos ticket because its key differs from the realm's",
        _SPN,
        "config",
    ),
    134: KerberosError("KRB5_PARSE_MALFORMED", "the user name is not valid for Kerberos", _USER, "config"),
    148: KerberosError("KRB5_KDCREP_SKEW", _CLOCKS_SAYS, _NTP, "config"),
    154: KerberosError(
        "KRB5_REALM_UNKNOWN", "no domain controller of the realm can be found from this machine", _KDC, "config"
    ),
    178: KerberosError(
        "KRB5_CRYPTO_INTERNAL", "this machine lacks an algorithm that Kerberos needs", _ENCRYPTION, "config"
    ),
    217: KerberosError(
        "KRB5_ERR_HOST_REALM_UNKNOWN", "the realm of the host is unknown to this machine", _KDC, "config"
    ),
    **dict(
        _all(
            (
                (135, "KRB5_CONFIG_CANTOPEN"),
                (136, "KRB5_CONFIG_BADFORMAT"),
                (224, "KRB5_CONFIG_NODEFREALM"),
                (237, "KRB5_CONFIG_ETYPE_NOSUPP"),
                (248, "KRB5_DELTAT_BADFORMAT"),
            ),
            _BROKEN_SAYS,
            _CONF,
        )
    ),
    **dict(
        _all(
            (
                (141, "KRB5_CC_NOTFOUND"),
                (142, "KRB5_CC_END"),
                (185, "KRB5_NO_TKT_IN_RLM"),
                (195, "KRB5_FCC_NOFILE"),
                (203, "KRB5_NOCREDS_SUPPLIED"),
            ),
            _NO_TICKET_SAYS,
            _TICKET,
        )
    ),
    **dict(
        _all(
            (
                (139, "KRB5_CC_BADNAME"),
                (140, "KRB5_CC_UNKNOWN_TYPE"),
                (193, "KRB5_CC_IO"),
                (194, "KRB5_FCC_PERM"),
                (196, "KRB5_FCC_INTERNAL"),
                (199, "KRB5_CC_FORMAT"),
            ),
            _CACHE_SAYS,
            _CACHE,
        )
    ),
    **dict(
        _all(
            (
                (14, "KRB5KDC_ERR_ETYPE_NOSUPP"),
                (150, "KRB5_PROG_ETYPE_NOSUPP"),
                (153, "KRB5_PROG_SUMTYPE_NOSUPP"),
                (188, "KRB5_BAD_ENCTYPE"),
                (200, "KRB5_CC_NOT_KTYPE"),
                (236, "KRB5_NOPERM_ETYPE"),
            ),
            _CIPHER_SAYS,
            _ENCRYPTION,
        )
    ),
    **dict(
        _all(
            ((29, "KRB5KDC_ERR_SVC_UNAVAILABLE"), (156, "KRB5_KDC_UNREACH"), (220, "KRB5_REALM_CANT_RESOLVE")),
            _SILENT_SAYS,
            _KDC,
            "unreachable",
        )
    ),
}
"""By the number within krb5's table."""

MAJORS: Final[Mapping[int, KerberosError]] = {
    # Unless the minor code says more.
    7 << 16: KerberosError("GSS_S_NO_CRED", _NO_TICKET_SAYS, _TICKET, "config"),
    11 << 16: KerberosError("GSS_S_CREDENTIALS_EXPIRED", _ENDED_SAYS, _TICKET, "config"),
    # An expired ticket neither seals nor opens messages, on either side.
    12 << 16: KerberosError(
        "GSS_S_CONTEXT_EXPIRED", "the Kerberos ticket expired during the session", _TICKET, "unreachable"
    ),
}
"""By GSSAPI's major code."""

NAMES: Final = frozenset(it.name for it in (*ERRORS.values(), *MAJORS.values()))


def error_of(code: int) -> KerberosError | None:
    """Return what a code of krb5.h or of its profile library means, signed or not; None if it is unknown."""
    signed = code - (1 << 32) if code >= 1 << 31 else code
    return BROKEN_PROFILE if signed in PROFILE else ERRORS.get(signed - BASE)

"""TLS: refused certificates and failed handshakes. What psbridge does by each is in `psbridge.catalogue.tls_errors`."""

from __future__ import annotations

from typing import Final, NamedTuple

from psbridge.catalogue import tls_errors
from psbridge.catalogue.entries.entry import Entry, do

_NOTHING: Final = "None was started: no message is sent before TLS stands."
_SEE: Final = "troubleshooting#tls"
_SHOW: Final = do(
    "Show the host's certificate and the CA that signed it.",
    "$ openssl s_client -connect HOST:5986 </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
)
_HANDSHAKE: Final = do(
    "Show the handshake: version, cipher and alerts.", "$ openssl s_client -connect HOST:5986 </dev/null"
)
_POLICY: Final = do("See this machine's crypto policy (Fedora, RHEL).", "$ update-crypto-policies --show")
_LISTENER: Final = do(
    "See the listeners and the certificate of each on the host.", "PS> winrm enumerate winrm/config/listener"
)
_TIME: Final = do("Check the time here.", "$ timedatectl status")
_LIST: Final = do("See what the handshake shows.", "$ psbridge doctor --only tls")
_KEEP: Final = "Do not use `verify: false`: whoever answers as the host is trusted then."
_CLIENT: Final = do(
    "Show the client certificate.", "$ openssl x509 -noout -subject -issuer -dates -ext extendedKeyUsage -in FILE"
)
_MAPPING: Final = do(
    "See which CA and name the host maps to which account.", "PS> Get-ChildItem WSMan:\\localhost\\ClientCertificate"
)


class _Long(NamedTuple):
    """What is to be said about a reason in addition to its sentence and hint. `texts`: what OpenSSL and Python print."""

    causes: tuple[str, ...]
    steps: tuple[str, ...]
    texts: tuple[str, ...] = ()


_UNTRUSTED: Final = {
    9: _Long(
        ("A clock is wrong, here or where the certificate was issued.",),
        (_TIME, _SHOW),
        ("certificate is not yet valid",),
    ),
    10: _Long(
        ("The certificate of the WinRM listener was not renewed, or the listener still names the old one.",),
        (_LISTENER, _SHOW),
        ("certificate has expired",),
    ),
    18: _Long(
        ("The host made the certificate itself.",),
        (
            "Save its certificate as PEM, compare its fingerprint on the host, and name it as `tls: {ca: FILE}`.",
            _SHOW,
            _KEEP,
        ),
        ("self-signed certificate", "self signed certificate"),
    ),
    19: _Long(
        (
            "A private CA signed it, and this machine does not know its root.",
            "TLS is inspected on the way: the CA is the gateway's.",
        ),
        (_SHOW, _KEEP),
        ("self-signed certificate in certificate chain", "self signed certificate in certificate chain"),
    ),
    20: _Long(
        ("A private CA signed it.", "The host sends no intermediate certificate: the CA file must hold it too."),
        (_SHOW, _KEEP),
        ("unable to get local issuer certificate",),
    ),
    21: _Long(
        ("The host sends its own certificate only, and this machine does not know the CA.",),
        (_SHOW, _KEEP),
        ("unable to verify the first certificate", "The SSL certificate is signed by an unknown certificate authority"),
    ),
    62: _Long(
        ("`host` is an alias or a short name, and the certificate has the full name.", "Another machine answered."),
        (_SHOW,),
        (
            "Hostname mismatch, certificate is not valid for",
            "The SSL certificate contains a common name (CN) that does not match the hostname",
        ),
    ),
    63: _Long(("The certificate is not one of a server.",), (_SHOW,), ("email address mismatch",)),
    64: _Long(
        ("`host` is an IP address, and the certificate has names only.",),
        (_SHOW,),
        ("IP address mismatch, certificate is not valid for",),
    ),
}
_WEAK: Final = {
    66: _Long(
        ("The certificate is old or was made by an old template.",), (_POLICY, _SHOW), ("EE certificate key too weak",)
    ),
    67: _Long(("The CA is old.",), (_POLICY, _SHOW), ("CA certificate key too weak",)),
    68: _Long(
        ("The certificate was signed with SHA-1 or MD5.",),
        (_POLICY, _SHOW),
        ("CA signature digest algorithm too weak",),
    ),
}
_STRICT: Final = _Long(
    ("The CA writes certificates in an old style; Windows and OpenSSL without strict checks accept them.",),
    (_SHOW, _LIST),
    (
        "Missing Authority Key Identifier",
        "Basic Constraints of CA cert not marked critical",
        "CA cert does not include key usage extension",
    ),
)
_REFUSED: Final = (_CLIENT, _MAPPING)
_CIPHERS: Final = ("The host's Windows is old, or its TLS settings (SCHANNEL) allow old versions and ciphers only.",)
_HERE: Final = ("This machine's openssl.cnf or crypto policy allows less than the host offers.",)


def _printed(name: str) -> tuple[str, ...]:
    """Return what OpenSSL prints for a reason of a handshake: `tlsv1 alert unknown ca`."""
    return () if name.startswith("X509_") or "_" not in name else (name.replace("_", " ").lower(),)


def _entry(name: str, says: str, hint: str, more: _Long, exit_code: str, aliases: tuple[str, ...] = ()) -> Entry:
    return Entry(
        name,
        says,
        _NOTHING,
        more.causes,
        (hint, *more.steps),
        see=(_SEE,),
        aliases=(*aliases, *_printed(name), *more.texts),
        exit_code=exit_code,
        source="x509_vfy.h and sslerr.h of OpenSSL",
    )


def _verify(number: int, name: str) -> tuple[str, ...]:
    """Return the other names of a verify code."""
    return (name.removeprefix("X509_V_ERR_"), f"verify code {number}", f"verify error {number}")


ENTRIES: Final = (
    _entry(
        tls_errors.VERIFY_FAILED,
        "the host's certificate is refused",
        "Read the text after `certificate verify failed`: it names the reason, and has an entry of its own.",
        _Long(
            ("Its CA is not trusted here, it is for another name, or it has expired.",),
            (_SHOW, _LISTENER, _KEEP),
            ("certificate verify failed",),
        ),
        "unreachable",
    ),
    *(
        _entry(it.name, it.says, f"{it.hint}.", _UNTRUSTED[number], "unreachable", _verify(number, it.name))
        for number, it in tls_errors.UNTRUSTED.items()
    ),
    *(
        _entry(
            name,
            f"this machine's crypto policy refuses the host's certificate because {clause}",
            tls_errors.POLICY,
            _WEAK[number],
            "config",
            _verify(number, name)[1:],
        )
        for number, (name, clause) in tls_errors.WEAK.items()
    ),
    _entry(
        tls_errors.STRICT[85],
        "the certificate of the host or of its CA breaks the strict rules of RFC 5280",
        tls_errors.STRICTLY,
        _STRICT,
        "unreachable",
        (
            "VERIFY_X509_STRICT",
            *(it for number, it in tls_errors.STRICT.items() if number != 85),
            *(it for number, name in tls_errors.STRICT.items() for it in _verify(number, name)[:1]),
        ),
    ),
    *(
        _entry(
            name,
            f"the host refused the client certificate: {clause}",
            tls_errors.CLIENT_CERTIFICATE,
            _Long((), _REFUSED),
            "auth",
        )
        for name, clause in tls_errors.REFUSED_BY_HOST.items()
    ),
    *(
        _entry(name, clause, tls_errors.POLICY, _Long((*_HERE, *_CIPHERS), (_POLICY, _HANDSHAKE)), "config")
        for name, clause in tls_errors.FORBIDDEN.items()
    ),
    *(
        _entry(
            name,
            f"TLS failed: {tls_errors.NOTHING_SHARED_SAYS}",
            tls_errors.NOTHING_SHARED_HINT,
            _Long(_CIPHERS, (_HANDSHAKE, _POLICY)),
            "unreachable",
        )
        for name in sorted(tls_errors.NOTHING_SHARED)
    ),
    *(
        _entry(
            name,
            tls_errors.NOT_TLS_SAYS,
            tls_errors.NOT_TLS_HINT,
            _Long(("The port is WinRM's plain one (5985), or another program has it.",), (_LISTENER, _LIST)),
            "unreachable",
        )
        for name in sorted(tls_errors.NOT_TLS)
    ),
)

"""Why TLS failed: OpenSSL's verify codes and the alerts that a host sends."""

from __future__ import annotations

import ssl

from psbridge.errors import AuthError, Unreachable
from psbridge.remoting.faults.outcome import RETRY, Outcome, Where, bounded, causes

_ALERTS = {  # what a host says of our certificate, by OpenSSL's reason
    "TLSV1_ALERT_UNKNOWN_CA": "no authority that it trusts has signed it",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is broken",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is not for clients",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it is not acceptable",
    "TLSV1_ALERT_ACCESS_DENIED": "it is not wanted",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it got none",
}
_UNTRUSTED = (  # OpenSSL's verify codes, x509_vfy.h
    ({18, 19, 20, 21}, "its certificate is signed by no authority that is trusted here", "Set tls.ca to the PEM file"),
    ({62, 63, 64}, "its certificate is for another name", "Use the name that the certificate has as host"),
    ({10}, "its certificate has expired", "Renew the certificate of the host's WinRM listener"),
    ({9}, "its certificate is not valid yet", "Check the clocks of this machine and of the host"),
)


def tls(error: BaseException, where: Where) -> Outcome:
    """Say what either side holds against the other's certificate, or that they can't speak TLS."""
    for cause in causes(error):
        refusal = _ALERTS.get(str(getattr(cause, "reason", "")))
        if refusal and where.auth == "certificate":
            return Outcome(
                AuthError,
                f"the host refused the client certificate: {refusal}",
                "Look at tls.client_cert of the target, and at the authorities that the host trusts.",
            )
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
            return Outcome(Unreachable, "the connection was cut", RETRY, True)
        if isinstance(cause, ssl.SSLCertVerificationError):
            code = getattr(cause, "verify_code", 0)
            for codes, what, hint in _UNTRUSTED:
                if code in codes:
                    return Outcome(Unreachable, f"TLS to the host failed: {what}", f"{hint}.")
            said = bounded(getattr(cause, "verify_message", "") or cause)
            return Outcome(Unreachable, f"the host's certificate is refused: {said}", "Look at the certificate.")
    return Outcome(
        Unreachable,
        f"TLS to the host failed: {bounded(error, 160)}",
        "Check that the port speaks https (5986) and that both sides share a TLS version.",
    )

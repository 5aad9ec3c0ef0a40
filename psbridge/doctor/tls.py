"""The stage `tls`: does TLS work, and which certificate does the host have?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from psbridge.doctor.opening import Facts, of_stage
from psbridge.doctor.results import ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage

SOON: Final = 30
"""Days left of a certificate below which it should be renewed."""
_SHOWN_NAMES: Final = 4
_UNVERIFIED = (
    "Set `tls: {ca: FILE}` to the PEM file of the CA that signed it, and remove `verify: false`: without verification "
    "another machine can answer in the host's name."
)
_RENEW = (
    "Renew it on the host and bind the new one to the listener: `winrm enumerate winrm/config/listener` there shows the "
    "thumbprint in use."
)
_RENEW_CA = "Renew the CA's certificate, and update the file of `tls: {ca: FILE}` if it has it."


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(
        state, Stage.TLS, _findings_of, "not used: the target has plain http, where the login encrypts the messages"
    )


def _findings_of(facts: Facts) -> Iterator[Finding]:
    if "version" in facts:
        yield ok(f"{facts['version']}, {facts['cipher']}")
    chain = facts.get("chain") or []
    if "version" in facts and not facts["verified"]:
        yield warn(f"the certificate is not verified: {facts['reason']}", _UNVERIFIED)
    for place, certificate in enumerate(chain):
        yield from _certificate(certificate, own=place == 0, accepted="version" in facts)


def _certificate(certificate: Facts, *, own: bool, accepted: bool) -> Iterator[Finding]:
    if "unreadable" in certificate:
        if own:
            yield warn(f"the certificate can't be read: {certificate['unreadable']}")
        return
    days = certificate["days_left"]
    until = certificate["not_after"][:10]
    if own:
        yield ok(
            f"the certificate is {certificate['subject']}, for {_names(certificate)}, issued by {certificate['issuer']}, "
            f"valid from {certificate['not_before'][:10]} to {until}"
        )
    if accepted and days < SOON:
        which = "the certificate" if own else f"the CA certificate {certificate['subject']}"
        left = f"expires in {days} days, on {until}" if days >= 0 else f"expired on {until}"
        yield warn(f"{which} {left}", _RENEW if own else _RENEW_CA)


def _names(certificate: Facts) -> str:
    """Return the names that a client compares with the host."""
    names = certificate["names"]
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
    return shown or "no name (it has no subjectAltName)"

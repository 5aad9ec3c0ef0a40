"""The stage `login`: does the host accept the target's login, and how are the messages protected?"""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.doctor.opening import Facts, of_stage
from psbridge.doctor.results import ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage

_BOUND = frozenset({"ntlm", "kerberos"})  # mechanisms that can be bound to a TLS certificate (RFC 5929, 4)
_BIND = (
    "Remove `channel_binding: false` from the target, unless a gateway with its own certificate is in front of the host: a "
    "login without it can be passed on to another server."
)
_OPEN = "Check the listener: a WinRM host asks for a login."


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(state, Stage.LOGIN, _findings_of)


def _findings_of(facts: Facts) -> Iterator[Finding]:
    if "mechanism" not in facts:
        return
    mechanism = facts["mechanism"]
    if mechanism is None:
        yield warn("the host asked for no login", _OPEN)
        return
    yield ok(f"logged in by {_mechanism(facts)}")
    if facts["sealed"]:
        yield ok("the login's key encrypts the messages")
    if facts["tls"]:
        bound = ", and the login is bound to its certificate" if facts["channel_binding"] else ""
        yield ok(f"TLS encrypts the messages{bound}")
    if facts["tls"] and mechanism in _BOUND and facts["below"] != "credssp" and not facts["channel_binding"]:
        yield warn(f"{_mechanism(facts)} is not bound to the TLS certificate (channel_binding: false)", _BIND)


def _mechanism(facts: Facts) -> str:
    """Return the mechanism as people write it, and what carried it."""
    names = {"ntlm": "NTLM", "kerberos": "Kerberos", "basic": "Basic", "certificate": "the client certificate"}
    below = {"negotiate": "Negotiate", "credssp": "CredSSP", "kerberos": "Kerberos", "ntlm": "NTLM"}
    named = names.get(facts["mechanism"], str(facts["mechanism"]))
    return f"{named} (in {below.get(facts['below'], facts['below'])})" if facts.get("below") else named

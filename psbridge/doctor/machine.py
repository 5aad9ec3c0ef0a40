"""The stage `machine`: what of this machine a backup depends on: Python, ciphers, Kerberos, the clock, the state folder."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from psbridge.doctor import state_folder
from psbridge.doctor.results import Found, found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import ConfigError
from psbridge.models.connection import Auth
from psbridge.models.diagnosis import StageResult
from psbridge.models.target import Target
from psbridge.models.text import approximate_duration

_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock is right that is before this release."""
_FAR: Final = datetime(2080, 1, 1, tzinfo=UTC)
_POLICY: Final = (
    "Use auth kerberos or certificate, or allow these algorithms in this machine's crypto policy (FIPS mode)."
)
_SOON: Final = 900.0
"""Seconds; a ticket that ends sooner may end during a start."""


def check(state: DoctorState) -> StageResult:
    """Look at this machine; without a sound config at what no target changes."""
    facts: dict[str, object] = {"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION}
    seen = [
        Found(ok(f"Python {facts['python']}, {' '.join(ssl.OPENSSL_VERSION.split()[:2])}"), facts),
        *_ciphers(state.target),
        *_kerberos(state.target),
        _clock(state.clock.now()),
        *state_folder.findings(state),
    ]
    return found(*seen)


def _auths(target: Target | None) -> set[Auth]:
    return {endpoint.auth for endpoint in target.endpoints} if target is not None else set()


def _ciphers(target: Target | None) -> Iterator[Found]:
    """NTLM needs old digests and ciphers, which a crypto policy may deny; CredSSP and Negotiate may carry it."""
    auths = _auths(target)
    if not auths & {Auth.NTLM, Auth.CREDSSP, Auth.NEGOTIATE}:
        return
    from psbridge.remoting.this_machine import ntlm_lacks

    lacking = ntlm_lacks()
    facts = {"ntlm_lacks": list(lacking)}
    if not lacking:
        yield Found(ok("NTLM's ciphers are allowed"), facts)
    elif auths & {Auth.NTLM, Auth.CREDSSP}:
        said = f"this machine's crypto policy does not allow {', '.join(lacking)}, which NTLM needs"
        yield Found.failure(ConfigError(said, hint=_POLICY), facts)
    else:
        said = f"Kerberos only: this machine's crypto policy does not allow {', '.join(lacking)}, which NTLM needs"
        yield Found(warn(said, _POLICY), facts)


def _kerberos(target: Target | None) -> Iterator[Found]:
    """Where a login may be Kerberos's: the realm, and the ticket if no password is configured."""
    endpoints = [it for it in target.endpoints if it.auth in {Auth.KERBEROS, Auth.NEGOTIATE}] if target else []
    if not endpoints:
        return
    needed = any(it.auth is Auth.KERBEROS or it.username is None for it in endpoints)
    from psbridge.remoting.this_machine import kerberos_tickets

    try:
        seen = kerberos_tickets()
    except ImportError:  # the stage `config` says so where it matters
        yield Found(ok("no Kerberos packages"), {"kerberos": None})
        return
    except ConfigError as problem:
        yield Found.failure(problem) if needed else Found(warn(problem.message, problem.hint))
        return
    facts = {
        "kerberos": {"realm": seen.realm, "cache": seen.cache, "principal": seen.principal, "left": seen.seconds_left}
    }
    password = all(it.password is not None for it in endpoints)
    if password or not needed:
        yield Found(ok(f"Kerberos realm {seen.realm or 'not configured'}"), facts)
    elif seen.problem is not None:
        yield Found.failure(seen.problem, facts)
    elif seen.seconds_left is not None and seen.seconds_left < _SOON:
        said = f"the ticket of {seen.principal} ends in {approximate_duration(seen.seconds_left)}"
        yield Found(warn(said, "Renew it: kinit -R, or kinit."), facts)
    else:
        yield Found(ok(f"ticket of {seen.principal}, {approximate_duration(seen.seconds_left or 0)} left"), facts)


def _clock(now: datetime) -> Found:
    from psbridge.doctor.ntp import synchronised

    ntp = synchronised()
    facts = {"time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "ntp": ntp}
    if not _MADE < now < _FAR:
        said = f"this machine's clock says {now:%Y-%m-%d}"
        return Found(
            warn(said, "Set the clock (NTP): certificates, tickets and the age of a backup depend on it."), facts
        )
    kept = {True: "clock kept by NTP", False: "clock not kept by NTP", None: "NTP unknown"}[ntp]
    return Found(ok(kept), facts)

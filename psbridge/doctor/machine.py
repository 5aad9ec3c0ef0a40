"""The stage `machine`: what of this machine psbridge needs."""

from __future__ import annotations

import platform
import ssl

from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult


def check(state: DoctorState) -> StageResult:
    """Look at Python, OpenSSL, the clock and the state folder."""
    facts = {
        "state": None if isinstance(state.asked.state, Exception) else str(state.asked.state),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
    }
    return found(ok(f"Python {facts['python']}, {facts['openssl']}"), facts=facts)

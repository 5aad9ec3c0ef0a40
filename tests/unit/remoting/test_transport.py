"""What the transport makes of an answer's head."""

from __future__ import annotations

import pytest

from psbridge.clock import SystemClock
from psbridge.models.connection import Auth, Endpoint
from psbridge.remoting.winrm.transport import DeadlineTransport


def host_time_of(date: str | None) -> str | None:
    transport = DeadlineTransport(Endpoint("oaw01", 5985, auth=Auth.NTLM), SystemClock(), 1.0)
    transport._guard.date = date
    told = transport.host_time
    return str(told) if told else None


def test_the_hosts_time_is_the_date_of_its_answer():
    assert host_time_of("Mon, 23 Nov 2026 12:00:00 GMT") == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    "date",
    [
        None,
        "soon",
        "Mon, 23 Nov 2026 12:00:00",
        "Mon, 23 Nov 2026 12:00:00 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -2300",
    ],
)
def test_an_invalid_date_is_not_a_time(date):
    assert host_time_of(date) is None

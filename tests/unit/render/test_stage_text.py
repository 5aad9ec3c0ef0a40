"""What `-v` shows of each stage of a connection."""

from __future__ import annotations

import json

import pytest

from psbridge.models.events import StageEnded
from psbridge.models.output import OutputFormat
from psbridge.render.event_text import say
from psbridge.render.observers import Notes
from psbridge.values import replace
from tests.support.samples import STAGE

HOST = "https://oaw01:5986/wsman"


def ended(stage: str, **facts: object) -> StageEnded:
    return StageEnded(stage, HOST, 0.256, facts)


LINES = {
    "name      0.26s  oaw01 is 10.0.0.5, 10.0.0.6": ended(
        "name", name="oaw01", addresses=["10.0.0.5", "10.0.0.6"], literal=False
    ),
    "name      0.26s  10.0.0.5 (an address)": ended("name", name="10.0.0.5", addresses=["10.0.0.5"], literal=True),
    "tcp       0.26s  10.0.0.5:5986: Connection refused; connected to 10.0.0.6:5986": ended(
        "tcp", failed=["10.0.0.5:5986: Connection refused"], address="10.0.0.6:5986"
    ),
    "tcp       0.26s  connected to 10.0.0.9:3128 through the proxy proxy:3128": ended(
        "tcp", failed=[], address="10.0.0.9:3128", proxy="proxy:3128"
    ),
    "tls       0.26s  TLSv1.3, TLS_AES; certificate CN=oaw01 not verified, 3 days left": ended(
        "tls", version="TLSv1.3", cipher="TLS_AES", verified=False, chain=[{"subject": "CN=oaw01", "days_left": 3}]
    ),
    "wsman     0.26s  HTTP 401, offers Negotiate, Kerberos; Microsoft-HTTPAPI/2.0": ended(
        "wsman", status=401, offered=["Negotiate", "Kerberos"], server="Microsoft-HTTPAPI/2.0"
    ),
    "wsman     0.26s  HTTP 200": ended("wsman", status=200, offered=None, server=None),
    "login     0.26s  kerberos in negotiate; messages inside TLS, bound to its certificate": ended(
        "login", mechanism="kerberos", below="negotiate", sealed=False, tls=True, channel_binding=True
    ),
    "login     0.26s  basic; messages in the clear": ended("login", mechanism="basic", sealed=False, tls=False),
    "login     0.26s  the host asked for no login": ended("login", mechanism=None),
    "session   0.26s  PowerShell 5.1.17763.1 Desktop; Microsoft.PowerShell, shell 1A": ended(
        "session",
        configuration="Microsoft.PowerShell",
        shell="1A",
        version_table={"PSVersion": "5.1.17763.1", "PSEdition": "Desktop"},
    ),
    "session   0.26s  PowerShell of protocol 2.3; Jea, shell 1A": ended(
        "session", configuration="Jea", shell="1A", protocol_version="2.3", version_table=None
    ),
    "tls       0.26s  failed: refused; the host presented CN=oaw02, for oaw02, oaw02.contoso.com": replace(
        ended("tls", chain=[{"subject": "CN=oaw02", "names": ["oaw02", "oaw02.contoso.com"]}]), error=f"{HOST}: refused"
    ),
    "tls       0.26s  failed: the certificate \\x1b[2J is refused": replace(
        ended("tls"), error=f"{HOST}: the certificate \x1b[2J is refused"
    ),
}


@pytest.mark.parametrize("text", LINES)
def test_a_stage_is_one_line(text: str) -> None:
    said = say(LINES[text], 1)
    assert said is not None
    assert (said.level, said.text) == ("debug", text)


def test_v_shows_the_first_connection_and_vv_those_after_it() -> None:
    again = replace(STAGE, again=True)
    assert [bool(say(STAGE, number)) for number in (-1, 0, 1, 2)] == [False, False, True, True]
    assert [bool(say(again, number)) for number in (-1, 0, 1, 2)] == [False, False, False, True]


@pytest.mark.parametrize(
    ("output", "verbosity", "kinds"), [("json", 1, ["stage"]), ("jsonl", 1, ["stage"]), ("json", 0, [])]
)
def test_json_has_a_document_of_its_own(output: str, verbosity: int, kinds: list[str]) -> None:
    lines: list[str] = []
    Notes(lines.append, OutputFormat(output), verbosity)(STAGE)
    assert [json.loads(line)["kind"] for line in lines] == kinds
    assert all(json.loads(line)["facts"]["version"] == "TLSv1.2" for line in lines)

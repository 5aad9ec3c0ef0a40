"""What a client sends can neither forge a line of the log nor make one long."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.http.request_log import Entry, stamped, word
from tests.support.clients.wsman_client import envelope, raw_exchange
from tests.support.hosts.wsman_engine import ToyEngine

pytestmark = pytest.mark.source("psbridge: the log")

NOW = datetime(2026, 11, 25, 9, 30, 1, 42_999, tzinfo=UTC)


def test_a_line_has_its_fields_in_order_and_a_dash_for_unknown() -> None:
    entry = Entry(user="CONTOSO\\me", action="receive", shell="s", status=200)
    assert entry.line("127.0.0.1:5", 1.25) == "127.0.0.1:5 CONTOSO\\me receive s 200 1.2ms"
    assert Entry(fault="never").line("[::1]:5", 30_000) == "[::1]:5 - http - gone 30000.0ms never"
    assert stamped("x", NOW) == "2026-11-25T09:30:01.042Z x"


def test_a_word_is_one_word_and_a_line_is_one_line() -> None:
    assert word("a b\nc\x1b[2J\u202e\U000e0001") == "a\\x20b\\x0ac\\x1b[2J\\u202e\\U000e0001"
    assert len(word("x" * 1000)) == 80
    assert stamped("a\r\nb\x85c", NOW).endswith("Z a\\x0d\\x0ab\\x85c")
    assert len(stamped("x" * 100_000, NOW)) < 600


def test_a_fault_is_logged_with_its_value(engine: ToyEngine) -> None:
    lines: list[str] = []
    faults = ("tcp:1:delay=0.01", "http:1:drip=5000")
    with OperatorHost(engine, users={"a": "b"}, faults=faults, log=lines.append) as host:
        requests.post(host.url, timeout=10)
    assert [line.rpartition(" ")[2] for line in lines] == ["delay=0.01", "drip=5000"]


def test_hostile_requests_cannot_forge_log_lines(engine: ToyEngine) -> None:
    lines: list[str] = []
    forged = "me\n2026-11-25T09:30:01.042Z 127.0.0.1:5 admin create - 200 1.0ms"
    with OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True, log=lines.append) as host:
        raw_exchange(host, b"G\x1b[31mET /\n HTTP/1.1\r\n\r\n")
        requests.post(host.url, data=b"<" * 5000, auth=("a", "b"))
        requests.post(host.url, data=envelope("urn:" + "x" * 5000 + "\nfake"), auth=("a", "b"))
        requests.post(host.url, data=b"x", auth=(forged, "b"))
        raw_exchange(host, b"\x16\x03\x01" + b"\n" * 100)
    assert len(lines) >= 5
    assert all(line.isprintable() and len(line) < 600 for line in lines)
    assert not any(line.split()[2] == "admin" for line in lines)

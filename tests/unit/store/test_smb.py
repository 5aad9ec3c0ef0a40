"""A share whose server is not one, or hostile, and what is said of each cause. The real server: tests/contract/test_smb.py."""

from __future__ import annotations

import socket
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from psbridge.catalogue import nt_status
from psbridge.clock import Deadline, SystemClock
from psbridge.errors import ExitCode, UsageError
from psbridge.models.secret import Secret
from psbridge.store.reader import Entry, StoreUnreadable
from psbridge.store.smb import SmbStore, _entry, place_of
from psbridge.store.smb_errors import _STATUSES, Step, said
from tests.support.hosts.one_host import server

PASSWORD = "hunter2-Zz"
HEADER = b"\xfeSMB\x40\x00"


def framed(data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + data


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        framed(b"A" * 16),
        framed(b"\xfeSMB" + bytes(60)),
        framed(HEADER + b"\xff" * 90),
        framed(b"\xfdTRA" + bytes(60)),
        framed(b"\xfcCMP" + bytes(60)),
        framed(b"\xffSMB" + bytes(60)),
    ],
    ids=["nothing", "text", "zeros", "ones", "sealed", "compressed", "smb1"],
)
def test_what_is_not_an_smb_server_is_said_and_logged_nowhere(
    answer: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(answer)

    with server(serve) as port:
        store = SmbStore(rf"\\127.0.0.1@{port}\backups", "reader", Secret(PASSWORD))
        with pytest.raises(StoreUnreadable) as raised:
            store.entries("", Deadline.after(SystemClock(), 60))
        store.close()
    error = raised.value
    assert (error.exit_code, bool(error.hint)) == (ExitCode.PREREQUISITE, True)
    assert "can't connect to the server" in error.message
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])


def test_a_name_that_is_not_known_and_a_closed_port_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for where, text in (
        (rf"\\127.0.0.1@{port}\backups", "the port is closed"),
        (r"\\nowhere.invalid\backups", "the server's name can't be resolved"),
    ):
        with pytest.raises(StoreUnreadable, match=text):
            SmbStore(where, "reader", Secret(PASSWORD)).entries("", Deadline.after(SystemClock(), 60))


@pytest.mark.parametrize("status", [*nt_status.REFUSALS, 0xC0000022, 0xC000006D])
def test_a_login_that_is_refused_says_why(status: int) -> None:
    text, hint = said(Answer(status), Step.LOGIN, ticket=False)
    assert text.startswith("the server refused the ")
    assert hint
    assert " password of the target" not in hint  # the share has a password of its own


def test_each_status_has_its_sentence_and_an_unknown_one_its_number() -> None:
    for status, known in _STATUSES.items():
        assert said(Answer(status), Step.READ, ticket=False) == known
    assert "0xC0000999" in said(Answer(0xC0000999), Step.READ, ticket=False).text


def test_without_a_password_the_hint_is_about_the_ticket() -> None:
    assert "kinit" in said(Exception("no credentials"), Step.LOGIN, ticket=True).hint
    assert "store_password" in said(Exception("no credentials"), Step.LOGIN, ticket=False).hint


class Answer(Exception):
    """An error of smbprotocol that holds the server's status."""

    def __init__(self, status: int) -> None:
        self.status = status


def listed(name: str, attributes: int = 0, size: int = 3) -> Any:
    values = {"file_name": name.encode("utf-16-le"), "file_attributes": attributes, "end_of_file": size}
    return {key: SimpleNamespace(get_value=lambda value=value: value) for key, value in values.items()}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", r"..\up", "a\x00b"])
def test_a_name_that_leads_elsewhere_is_not_listed(name: str) -> None:
    assert _entry(listed(name)) == []


def test_links_are_not_listed_and_folders_have_no_size() -> None:
    assert _entry(listed("link", 0x400)) == []
    assert _entry(listed("folder", 0x10)) == [Entry("folder", is_folder=True)]
    assert _entry(listed("a;b;-;c.zip", 0x20)) == [Entry("a;b;-;c.zip", is_folder=False, size=3)]
    assert _entry(listed("below", 0x20, -1))[0].size == 0


@pytest.mark.parametrize(
    ("where", "place"),
    [
        (r"\\files\backups", ("files", 445, "backups", "")),
        (r"\\files@4445\backups\a\b", ("files", 4445, "backups", r"a\b")),
        ("//files.contoso.com/backups//a/b/", ("files.contoso.com", 445, "backups", r"a\b")),
    ],
)
def test_a_share_is_named_as_windows_does(where: str, place: tuple[str, int, str, str]) -> None:
    found = place_of(where)
    assert (found.server, found.port, found.share, found.folder) == place


@pytest.mark.parametrize("where", [r"\\files", r"\\files@0\x", r"\\files@99999\x", r"\\@445\x", "\\\\\\x"])
def test_what_names_no_share_is_a_usage_error(where: str) -> None:
    with pytest.raises(UsageError, match="not a share"):
        place_of(where)

"""Envelopes of our own to a host that lets Basic pass over plain http, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import requests

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from tests.support.clients.wsman_client import envelope
from tests.support.process.until import LONG


@dataclass
class Reply:
    """An answer, or a fault with its code."""

    status: int
    root: Element

    @property
    def code(self) -> int:
        """The fault's code; 0 for an answer."""
        found = self.root.find(f".//{{{names.FAULT}}}WSManFault")
        if found is not None:
            return int(found.get("Code", 0))
        told = [item.text for item in self.root.iter() if item.tag.endswith("}error_Code")]
        return int(told[0] or 0) if told else 0

    @property
    def subcode(self) -> str:
        found = self.root.find(f".//{{{names.SOAP}}}Subcode/{{{names.SOAP}}}Value")
        return (found.text or "") if found is not None else ""

    def header(self, name: str) -> str | None:
        """The text of an element of the header by its local name."""
        header = self.root.find(f"{{{names.SOAP}}}Header")
        assert header is not None
        return next((item.text for item in header if item.tag.endswith("}" + name)), None)

    def all(self, name: str) -> list[str]:
        """The texts of all elements with a local name."""
        return [item.text or "" for item in self.root.iter() if item.tag.endswith("}" + name)]


@dataclass
class Client:
    """One client session of one user."""

    host: OperatorHost
    user: str = "admin"
    password: str = "secret"
    session_id: str = field(default_factory=lambda: f"uuid:{uuid4()}")
    http: requests.Session = field(default_factory=requests.Session)

    def send(self, data: bytes, **options: Any) -> Reply:
        options.setdefault("timeout", LONG)
        answer = self.http.post(self.host.url, data=data, auth=(self.user, self.password), **options)
        return Reply(answer.status_code, ET.fromstring(answer.content))

    def request(self, action: str, body: str = "", *, headers: str = "", **options: Any) -> bytes:
        """Return the bytes of a request of this session."""
        return envelope(action, body, headers=f"<p:SessionId>{self.session_id}</p:SessionId>{headers}", **options)

    def ask(self, action: str, body: str = "", *, headers: str = "", **options: Any) -> Reply:
        """Send a request of this session, return what came."""
        return self.send(self.request(action, body, headers=headers, **options))


def receive(command_id: UUID | str | None = None) -> str:
    owner = f' CommandId="{command_id}"' if command_id else ""
    return f"<rsp:Receive><rsp:DesiredStream{owner}>stdout</rsp:DesiredStream></rsp:Receive>"


def listing(shell_id: UUID | str) -> str:
    """The body of an Enumerate with a SelectorFilter."""
    return (
        f'<n:Enumerate><w:OptimizeEnumeration/><w:Filter Dialect="{names.SELECTOR_FILTER}"><w:SelectorSet>'
        f'<w:Selector Name="shellid">{shell_id}</w:Selector></w:SelectorSet></w:Filter></n:Enumerate>'
    )


def timeout(text: str) -> str:
    """The header of an OperationTimeout."""
    return f"<w:OperationTimeout>{text}</w:OperationTimeout>"


def operation(name: str, *, again: bool, sequence: int = 1) -> str:
    """The headers of a robust client ([MS-WSMV] 4.11.3)."""
    return (
        f'<p:OperationID s:mustUnderstand="{str(again).lower()}">{name}</p:OperationID>'
        f'<p:SequenceId s:mustUnderstand="false">{sequence}</p:SequenceId>'
    )

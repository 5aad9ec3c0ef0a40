"""Inside the dialect both engines say the same, message by message. Where they differ, the real engine is right.

The same pipelines run on the embedded engine and, through the relay, on PowerShell itself, in front of two stamps
that are alike. Compared is the structure of every message; ids, times, positions and stack traces are masked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from psrpcore.types import PSCredential, PSSecureString

from psbridge.emulator.dialect import Cmdlet, Parameter, table_of
from psbridge.emulator.dialect import model as dialect
from psbridge.emulator.embedded import EmbeddedEngine
from psbridge.emulator.relay import PwshEngine
from psbridge.emulator.stamp.face import HostProfile
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.service import ServicePrincipal, Stamp
from tests.support.clixml_shape import differences, shape
from tests.support.psrp_client import Answer, Pipeline, PsrpClient

pytestmark = pytest.mark.pwsh

NOW = datetime(2026, 3, 4, 12, 15, 43, 123456, tzinfo=UTC)
NASTY = {
    "quotes and a command": "'; Remove-Item * #",
    "a subexpression": "$(calc)",
    "a newline": "a\nb\r\nc",
    "an emoji": "💾 é",
    "a line separator": "a\u2028b",
    "what looks escaped": "_x0041_",
    "a control character": "a\x01b",
    "a path": "../../_emulator/counts",
    "markup": "<S>&amp;</S>",
}
VALUES: dict[str, Any] = {
    dialect.STRING: "redmond",
    dialect.STRINGS: ["5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10"],
    dialect.SWITCH: True,
    dialect.INT32: 3,
    dialect.ACTION: "SilentlyContinue",
}
SPECIAL: dict[str, Any] = {
    "Top": "2", "Skip": "1", "Name": "Get-AzsBackup", "MemberName": "Name", "Method": "GET", "ListAvailable": True,
    "Path": "/subscriptions?api-version=2016-06-01", "ResourceGroupName": "system.redmond", "Payload": "{}",
}  # fmt: skip


def make_stamp() -> Stamp:
    """Return a stamp that is the same each time."""
    numbers = itertools.count(1)
    return Stamp(
        speed=600,
        now=lambda: NOW,
        principal=ServicePrincipal(secret="right"),
        new_id=lambda: UUID(int=next(numbers), version=5),
    )


def value_for(parameter: Parameter) -> Any:
    return SPECIAL.get(parameter.name, VALUES.get(parameter.type))


def mandatory(cmdlet: Cmdlet) -> dict[str, Any]:
    """Return what the cmdlet can't do without, ForEach-Object's member among it."""
    if cmdlet.name == "ForEach-Object":
        return {"MemberName": "Name"}
    wanted = (each for each in cmdlet.parameters if each.mandatory and cmdlet.name != "Get-Module")
    return {each.name: value_for(each) for each in wanted}


def generated() -> Iterator[tuple[str, Pipeline]]:
    """Yield pipelines from the dialect's table."""
    for cmdlet in table_of(HostProfile()).commands():
        if cmdlet.name == "Connect-AzAccount":
            continue  # takes a PSCredential, which needs a key exchange; see below
        given = mandatory(cmdlet)
        if cmdlet.name not in {"Get-Command", "Get-Module", "ForEach-Object", "Start-AzsBackup"}:
            yield f"{cmdlet.name} alone", [(cmdlet.name, given)]
        if not cmdlet.takes_rest:  # else it is one of the remaining arguments, which the dialect refuses
            yield f"{cmdlet.name} with an unknown parameter", [(cmdlet.name, {**given, "Nope": 1})]
        if cmdlet.name not in {
            "Get-AzContext",
            "ForEach-Object",
            "Get-Command",
        }:  # of these, another than in the dialect
            yield f"{cmdlet.name} with an ambiguous prefix", [(cmdlet.name, {**given, "E": "x"})]
        yield f"{cmdlet.name} with a word for a switch", [(cmdlet.name, {**given, "Verbose": "maybe"})]
        yield f"{cmdlet.name} with a wrong action", [(cmdlet.name, {**given, "ErrorAction": "Perhaps"})]
        yield f"{cmdlet.name} with a variable", [(cmdlet.name, {**given, "OutVariable": "x"})]
        yield (
            f"the parameters of {cmdlet.name}",
            [
                ("Get-Command", {"Name": cmdlet.name}),
                ("ForEach-Object", {"MemberName": "Parameters"}),
                ("ForEach-Object", {"MemberName": "Keys"}),
            ],
        )
        for member in ("Name", "Version", "Definition", "CommandType", "ModuleName"):
            yield (
                f"{member} of {cmdlet.name}",
                [
                    ("Get-Command", {"Name": cmdlet.name}),
                    ("ForEach-Object", {"MemberName": member}),
                ],
            )
        for parameter in cmdlet.parameters:
            value = value_for(parameter)
            unfit = cmdlet.name in {"Start-AzsBackup", "ForEach-Object", "Get-Module", "Get-Command"}
            if parameter.emulated and value is not None and not unfit:
                yield f"{cmdlet.name} -{parameter.name}", [(cmdlet.name, {**given, parameter.name: value})]


def written() -> Iterator[tuple[str, Pipeline]]:
    """Yield pipelines that no table has."""
    listed, one = ("Get-AzsBackup", {"Top": "2"}), ("Get-AzsBackup", {"Top": "1"})
    member: Callable[[str], tuple[str, dict[str, Any]]] = lambda name: ("ForEach-Object", {"MemberName": name})  # noqa: E731
    yield "a script", "1+1"
    yield "an unknown command", [("Get-Nothing", {})]
    yield "an unknown command in the second statement", [one, None, ("Get-Nothing", {})]
    yield "an unknown command in the first statement", [("Get-Nothing", {}), None, one]
    yield "two statements", [listed, None, listed, member("RoleStatus")]
    yield "a struct", [listed, member("Status")]
    yield "a date", [listed, member("CreatedDateTime")]
    yield "a dictionary", [listed, member("Tag")]
    yield "a missing member", [listed, member("Nope")]
    yield "names of parameters by a prefix", [("Get-AzsBackup", {"To": "1"})]
    yield "case does not matter", [("get-AZSbackup", {"tOP": "1"})]
    yield "an alias", [one, ("%", {"MemberName": "Name"})]
    yield "not found", [("Get-AzsBackup", {"Name": "zzz"})]
    yield "not found, then another statement", [("Get-AzsBackup", {"Name": "zzz"}), None, one]
    for action in ("Stop", "SilentlyContinue", "Ignore", "Continue"):
        yield f"not found with {action}", [("Get-AzsBackup", {"Name": "zzz", "ErrorAction": action})]
    yield "not found with Stop, then another statement", [
        ("Get-AzsBackup", {"Name": "zzz", "ErrorAction": "Stop"}), None, one,
    ]  # fmt: skip
    yield "a place that is not there", [("Get-AzsBackup", {"Location": "nowhere"})]
    yield "a group that is not there", [("Get-AzsBackup", {"ResourceGroupName": "rg"})]
    yield "a subscription that is not there", [("Get-AzsBackup", {"SubscriptionId": ["x"], "Location": "redmond"})]
    yield "two subscriptions", [("Get-AzsBackup", {"SubscriptionId": ["5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10", "x"]})]
    yield "a top that is no number", [("Get-AzsBackup", {"Top": "many"})]
    yield "a number for a text", [("Get-AzsBackup", {"Top": 2})]
    yield "null for a text", [("Get-AzsBackup", {"Name": None})]
    yield "null for a switch", [("Start-AzsBackup", {"WhatIf": None})]
    yield "verbose", [("Get-AzsBackup", {"Top": "1", "Verbose": True})]
    yield "verbose off", [("Get-AzsBackup", {"Top": "1", "Verbose": False})]
    yield "what if", [("Start-AzsBackup", {"WhatIf": True})]
    yield "as a job", [("Start-AzsBackup", {"WhatIf": True, "NoWait": "maybe"})]
    yield "settings of nowhere", [("Get-AzsBackupConfiguration", {"Location": "nowhere"})]
    yield (
        "which commands exist",
        [
            ("Get-Command", {"Name": ["Start-AzsBackup", "Nope-Nope"], "ErrorAction": "SilentlyContinue"}),
            member("Name"),
        ],
    )
    yield "which commands exist, with the error", [
        ("Get-Command", {"Name": ["Start-AzsBackup", "Nope-Nope", "Get-AzContext"]}), member("Name"),
    ]  # fmt: skip
    for module in ("Azs.Backup.Admin", "Az.Accounts", "Nope"):
        yield f"version of {module}", [("Get-Module", {"Name": module, "ListAvailable": True}), member("Version")]
        yield f"version of {module}, loaded", [("Get-Module", {"Name": module}), member("Version")]
    yield "names of the loaded modules", [("Get-Module", {}), member("Name")]
    yield "names of the commands", [("Get-Command", {}), member("Name")]
    yield "names of the commands by a pattern", [("Get-Command", {"Name": "*-Azs*"}), member("Name")]
    yield "a command object", [("Get-Command", {"Name": "Start-AzsBackup"})]
    for part in ("Account", "Environment", "Subscription", "Tenant", "ExtendedProperties"):
        yield f"{part} of the context", [("Get-AzContext", {}), member(part)]
    yield "a raw call", [("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01", "Method": "get"})]
    yield "a raw call to nothing", [("Invoke-AzRestMethod", {"Path": "/subscriptions/x?api-version=2016-06-01"})]
    yield "a raw call without a slash", [("Invoke-AzRestMethod", {"Path": "subscriptions"})]
    yield "a raw call with a wrong method", [("Invoke-AzRestMethod", {"Path": "/subscriptions", "Method": "HEAD"})]
    yield "the headers of a raw call", [
        ("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01"}), member("Headers"),
    ]  # fmt: skip
    for what, text in NASTY.items():
        yield f"{what} as a name", [("Get-AzsBackup", {"Name": text})]
        yield f"{what} as a group", [("Get-AzsBackup", {"ResourceGroupName": text})]
        yield f"{what} as a subscription", [("Get-AzsBackup", {"SubscriptionId": [text], "Location": "redmond"})]
        if "*" not in text:  # a pattern: beyond the dialect
            yield f"{what} as a member", [one, member(text)]
        if "\x01" not in text:  # psrpcore does not escape it there, so it is no XML
            yield f"{what} as a command", [(text, {})]
        yield f"{what} as a parameter", [("Get-AzsBackup", {text: 1})]
        yield f"{what} as an action", [("Get-AzsBackup", {"ErrorAction": text})]
        yield f"{what} as a location", [("Get-AzsBackup", {"Location": text})]
    # what changes the stamps comes last
    yield "start", [("Start-AzsBackup", {"NoWait": True})]
    yield "start while one runs", [("Start-AzsBackup", {"NoWait": True})]
    yield "start while one runs, with Stop", [("Start-AzsBackup", {"NoWait": True, "ErrorAction": "Stop"})]
    yield "a list with one that runs", [("Get-AzsBackup", {"Top": "1"})]


CASES: dict[str, Pipeline] = {**dict(generated()), **dict(written())}


# Properties that differ for a reason that stays.
KNOWN = {
    "ErrorDetails_ScriptStackTrace": "a cmdlet whose body is a script has one, a compiled one has none",
    "HelpFile": "it is named for the assembly's file, and an emitted assembly has none",
    "DLL": "as HelpFile",
}


@pytest.fixture(scope="module")
def embedded() -> Iterator[PsrpClient]:
    with PsrpClient(EmbeddedEngine(make_stamp())) as client:
        yield client


@pytest.fixture(scope="module")
def real() -> Iterator[PsrpClient]:
    stamp = make_stamp()
    with RestServer(stamp) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)
        with PsrpClient(engine) as client:
            yield client


def compared(answer: Answer) -> list[tuple[str, Any]]:
    return [(message.type.name, shape(message.clixml, KNOWN)) for message in answer.messages]


@pytest.mark.parametrize("name", CASES)
def test_both_engines_say_the_same(name: str, embedded: PsrpClient, real: PsrpClient) -> None:
    ours, theirs = compared(embedded.run(CASES[name])), compared(real.run(CASES[name]))
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs]
    found = [line for one, other in zip(ours, theirs, strict=True) for line in differences(one[1], other[1])]
    assert not found, "embedded != PowerShell\n" + "\n".join(found)


def test_both_engines_count_their_messages_alike(embedded: PsrpClient, real: PsrpClient) -> None:
    for client in (embedded, real):
        before = len(client.object_ids)
        client.run([("Get-AzsBackup", {"Top": "2"})])
        assert len(client.object_ids) == before + 3
        assert client.object_ids == list(range(1, len(client.object_ids) + 1))


@pytest.mark.parametrize(
    "changed",
    [{}, {"Environment": "Elsewhere"}, {"Subscription": "nope"}, {"Tenant": "no"}, {"WhatIf": True}, {"secret": "no"}],
    ids=["right", "environment", "subscription", "tenant", "what if", "secret"],
)
def test_both_engines_sign_in_alike(changed: dict[str, Any]) -> None:
    answers = []
    here, there = make_stamp(), make_stamp()
    with RestServer(there) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=there.profile)
        for client in (PsrpClient(EmbeddedEngine(here)), PsrpClient(engine)):
            with client:
                client.exchange_key()
                secret = PSSecureString(changed.get("secret", "right"))
                arguments = {
                    "ServicePrincipal": True,
                    "Credential": PSCredential(UserName=here.principal.application_id, Password=secret),
                    "Tenant": here.profile.tenant,
                    "Environment": "AzureStackAdmin",
                    **{name: value for name, value in changed.items() if name != "secret"},
                }
                answers.append(compared(client.run([("Connect-AzAccount", arguments), None, ("Get-AzContext", {})])))
    assert [kind for kind, _ in answers[0]] == [kind for kind, _ in answers[1]]
    assert not [line for one, other in zip(*answers, strict=True) for line in differences(one[1], other[1])]
    assert here.counts() == there.counts()

"""Inside the dialect both engines say the same, message by message. Where they differ, the real engine is right.

The same pipelines run on the embedded engine and, through the relay, on PowerShell itself, in front of two stamps
that are alike. Compared is the structure of every message; ids, times, positions and stack traces are masked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from psrpcore.types import PSCredential, PSSecureString

from psbridge.emulator.engine import Engine
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import CERTIFICATE, ServicePrincipal, Stamp
from tests.support.agreement import HOSTS
from tests.support.clients.psrp_client import Answer, PsrpClient
from tests.support.clixml_shape import differences, shape

pytestmark = [pytest.mark.pwsh, pytest.mark.source("engine 7.6.9 itself")]

NOW = datetime(2026, 3, 4, 12, 15, 43, 123456, tzinfo=UTC)
CASES = {(host, name): pipeline for host, case in HOSTS.items() for name, pipeline in case.pipelines().items()}
# Properties that differ for a reason that stays.
KNOWN = {
    "ErrorDetails_ScriptStackTrace": "a cmdlet whose body is a script has one, a compiled one has none",
    "HelpFile": "it is named for the assembly's file, and an emitted assembly has none",
    "DLL": "as HelpFile",
}

OF_FUNCTIONS = {
    "ScriptBlock": "the module's own text",
    "Definition": "as ScriptBlock",
}

IN_SCRIPTS = {
    **dict.fromkeys(
        (
            *("ScriptLineNumber", "OffsetInLine", "ScriptName", "Line", "Statement", "PositionMessage"),
            *("PSScriptRoot", "PSCommandPath"),
        ),
        "where in the module's own text an error arose",
    ),
    "Data": "the frames of that text",
}


def make_stamp(scenario: Scenario | str = "succeeds") -> Stamp:
    """Return a stamp that is the same each time."""
    numbers = itertools.count(1)
    return Stamp(
        scenario,
        speed=600,
        now=lambda: NOW,
        principal=ServicePrincipal(secret="right"),
        new_id=lambda: UUID(int=next(numbers), version=5),
    )


# A module counts as loaded once one of its commands was used; the relay has loaded its own before anybody comes. So that
# no case depends on those before it, each module is used once; where it is not there, both engines say so.
FIRST_USES = ("Get-AzContext", "Get-AzureRmContext", "Get-AzsBackup", "Get-AzsAlert", "Get-AzsUpdate")

Pair = tuple[PsrpClient, PsrpClient]


class Hosts:
    """A session of each engine on a kind of host, kept while the same kind is asked for: an engine takes 200 MB."""

    def __init__(self) -> None:
        self._name = ""
        self._open = ExitStack()
        self._pair: Pair | None = None

    def pair(self, name: str) -> Pair:
        """Return the sessions, embedded first."""
        if self._pair is None or name != self._name:
            self.close()
            host = HOSTS[name]
            here, there = make_stamp(host.on_stamp()), make_stamp(host.on_stamp())
            rest = self._open.enter_context(RestServer(there))
            real = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=there.profile)
            engines: tuple[Engine, Engine] = (EmbeddedEngine(here), real)
            one, other = (
                self._open.enter_context(PsrpClient(each, configuration=host.configuration)) for each in engines
            )
            for client, command in itertools.product((one, other), FIRST_USES):
                client.run([(command, {})])
            self._name, self._pair = name, (one, other)
        return self._pair

    def close(self) -> None:
        self._open.close()
        self._pair = None


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    opened = Hosts()
    yield opened
    opened.close()


def compared(answer: Answer) -> list[tuple[str, Any]]:
    return [(message.type.name, shape(message.clixml, left_out(message.clixml))) for message in answer.messages]


def left_out(clixml: str) -> set[str]:
    """Return the names of what is not compared in a message."""
    functions = OF_FUNCTIONS if "FunctionInfo" in clixml else {}
    scripts = IN_SCRIPTS if "Write-Error" in clixml or "MethodInvocationException" in clixml else {}
    return {*KNOWN, *functions, *scripts}


@pytest.mark.parametrize(("host", "name"), CASES)
def test_both_engines_give_the_same_results(hosts: Hosts, host: str, name: str) -> None:
    ours, theirs = (compared(client.run(CASES[(host, name)])) for client in hosts.pair(host))
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs]
    found = [line for one, other in zip(ours, theirs, strict=True) for line in differences(one[1], other[1])]
    assert not found, "embedded != PowerShell\n" + "\n".join(found)


def test_both_engines_number_messages_identically(hosts: Hosts) -> None:
    for client in hosts.pair("az"):
        before = len(client.object_ids)
        client.run([("Get-AzsBackup", {"Top": "2"})])
        assert len(client.object_ids) == before + 3
        assert client.object_ids == list(range(1, len(client.object_ids) + 1))


SIGN_INS: dict[str, list[dict[str, Any]]] = {
    "succeeds": [
        {"Environment": "Elsewhere"},
        {"Subscription": "nope"},
        {"Tenant": "no"},
        {"WhatIf": True},
        {"secret": "no"},
        {"thumbprint": "0" * 40},
        {"thumbprint": CERTIFICATE, "SkipContextPopulation": True, "Scope": "Process"},
        {"thumbprint": CERTIFICATE, "secret": "both"},
        {},
        {"secret": "no"},
    ],
    "azurerm-module": [{}, {"thumbprint": CERTIFICATE}],
}
"""What is changed of a sign-in that succeeds, one after the other in one session: an engine takes seconds to start."""


def _proof(changed: dict[str, Any], application_id: str) -> dict[str, Any]:
    """Return the parameters of a sign-in by secret, by certificate, or by both, which fit no parameter set."""
    given: dict[str, Any] = {}
    if "thumbprint" in changed:
        given = {"ApplicationId": application_id, "CertificateThumbprint": changed["thumbprint"]}
    if "thumbprint" not in changed or "secret" in changed:
        secret = PSSecureString(changed.get("secret", "right"))
        given["Credential"] = PSCredential(UserName=application_id, Password=secret)
    return given


REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"identity": "adfs"}, {"secret": "no"}),
    ({"certificate": "key-unreadable"}, {"thumbprint": CERTIFICATE}),
    ({"sign_in_fails": "authority-type"}, {}),
    ({"endpoint": "refuses", "environment_known": False}, {}),
]
"""How the host is, and what is changed of a sign-in; each needs an engine of its own."""


@pytest.mark.parametrize(("host", "changed"), REFUSED)
def test_both_engines_refuse_a_sign_in_identically(host: dict[str, Any], changed: dict[str, Any]) -> None:
    scenario = replace(SCENARIOS["not-signed-in"], host=replace(SCENARIOS["not-signed-in"].host, **host))
    here, there = make_stamp(scenario), make_stamp(scenario)
    arguments = {"ServicePrincipal": True, "Tenant": here.profile.tenant, "Environment": here.profile.environment}
    arguments |= _proof(changed, here.principal.application_id)
    add = {"Name": here.profile.environment, "ARMEndpoint": here.profile.resource_manager_url}
    with RestServer(there) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=there.profile)
        answers = []
        for client in (PsrpClient(EmbeddedEngine(here)), PsrpClient(engine)):
            with client:
                client.exchange_key()
                answers.append(
                    compared(client.run([("Add-AzEnvironment", add), None, ("Connect-AzAccount", arguments)]))
                )
    ours, theirs = answers
    assert "ErrorRecord" in [kind for kind, _ in ours]
    assert [kind for kind, _ in ours] == [kind for kind, _ in theirs]
    found = [line for mine, real in zip(ours, theirs, strict=True) for line in differences(mine[1], real[1])]
    assert not found, "\n".join(found)
    assert here.counts() == there.counts()


@pytest.mark.parametrize("scenario", SIGN_INS)
def test_both_engines_sign_in_identically(scenario: str) -> None:
    answers: list[list[list[tuple[str, Any]]]] = []
    here, there = make_stamp(scenario), make_stamp(scenario)
    az = here.profile.family == "az"
    connect, context, tenant = (
        ("Connect-AzAccount", "Get-AzContext", "Tenant")
        if az
        else ("Add-AzureRmAccount", "Get-AzureRmContext", "TenantId")
    )
    with RestServer(there) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=there.profile)
        for client in (PsrpClient(EmbeddedEngine(here)), PsrpClient(engine)):
            with client:
                client.exchange_key()
                answers.append([])
                for changed in SIGN_INS[scenario]:
                    arguments = {
                        "ServicePrincipal": True,
                        tenant: here.profile.tenant,
                        "Environment": "AzureStackAdmin",
                        **_proof(changed, here.principal.application_id),
                        **{name: value for name, value in changed.items() if name not in {"secret", "thumbprint"}},
                    }
                    answers[-1].append(compared(client.run([(connect, arguments), None, (context, {})])))
    ours, theirs = answers
    for changed, one, other in zip(SIGN_INS[scenario], ours, theirs, strict=True):
        assert [kind for kind, _ in one] == [kind for kind, _ in other], changed
        found = [line for mine, real in zip(one, other, strict=True) for line in differences(mine[1], real[1])]
        assert not found, f"{changed}: " + "\n".join(found)
    assert here.counts() == there.counts()

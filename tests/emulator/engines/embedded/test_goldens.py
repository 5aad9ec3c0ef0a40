"""The embedded engine sends what PowerShell 7.6.9 sent: every message of the capture, ids and traces masked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from psrpcore import Command
from psrpcore.types import RemoteStreamOptions

from psbridge.emulator.engines.dialect import table_of
from psbridge.emulator.engines.embedded import clixml, records
from psbridge.emulator.engines.embedded.records import Invocation
from psbridge.emulator.engines.embedded.values import switch
from psbridge.emulator.stamp.api import HostProfile
from tests.support.clients.embedded import Client, FakeStamp, Sent, cmdlet

CAPTURE = json.loads((Path(__file__).parents[3] / "data" / "engine-7.6.9.json").read_text())
BY_NAME = {entry["name"]: entry for entry in CAPTURE}
# The capture's test module wrote records of its own there, which the real module does not write.
WITH_RECORDS = "start without waiting: progress, warning, information, output"
# Its errors were plain exceptions; the engine's are those of the Az module.
REST_ERRORS = (
    "backup not found: a non-terminating error",
    "backup not found, ErrorAction Stop",
    "start while another runs",
)


def masked(text: str) -> str:
    text = re.sub(r'<S N="StackTrace">[^<]*</S>', '<S N="StackTrace" />', text)
    return re.sub(r"_x000A_   at [^<]*</ToString>", "</ToString>", text)


def without_exception(text: str) -> str:
    text = re.sub(r'<Obj N="Exception" RefId="(\d)">.*?(?=<Obj N="TargetObject")', r'<Exception RefId="\1" />', text)
    text = re.sub(r"(ErrorRecord</T><T>System.Object</T></TN>)<ToString>[^<]*</ToString>", r"\1", text)
    text = re.sub(r'(N="FullyQualifiedErrorId">)[^,]*', r"\1", text)
    text = re.sub(r'(<S N="ErrorCategory_Reason">)[^<]*', r"\1", text)
    text = re.sub(r"(ErrorCategory_Message\">[^<]*\], )\w+", r"\1", text)
    # the exception's own types take part in the numbering of types
    return re.sub(r'(TN|TNRef) RefId="\d+"', r"\1", text)


def statements(pipeline: Any) -> list[list[Command]]:
    if isinstance(pipeline, str):
        return [[Command(pipeline, is_script=True)]]
    found: list[list[Command]] = [[]]
    for part in pipeline:
        if part is None:
            found.append([])
        else:
            found[-1].append(cmdlet(part["cmdlet"], **part["parameters"]))
    return found


def answers(name: str) -> list[Sent]:
    client = Client(FakeStamp())
    return client.run(*statements(BY_NAME[name]["pipeline"]), options=RemoteStreamOptions.AddInvocationInfo)


@pytest.mark.parametrize("name", [name for name in BY_NAME if BY_NAME[name]["pipeline"] is not None])
def test_a_captured_pipeline_gets_the_captured_messages(name: str) -> None:
    mask = without_exception if name in REST_ERRORS else str
    wanted = [(item["type"], mask(masked(item["data"]))) for item in BY_NAME[name]["messages"]]
    if name == WITH_RECORDS:
        wanted = [item for item in wanted if item[0] in ("PipelineOutput", "PipelineState")]
    assert [(item.type, mask(masked(item.data))) for item in answers(name)] == wanted


def test_opening_a_pool_gets_the_captured_messages() -> None:
    sent = Client(FakeStamp()).sink.messages
    wanted = [(item["object_id"], item["type"], item["data"]) for item in BY_NAME["open the runspace pool"]["messages"]]
    assert [(item.object_id, item.type, item.data) for item in sent] == wanted


def test_object_ids_count_from_one_over_all_messages_of_the_pool() -> None:
    client = Client(FakeStamp())
    for entry in CAPTURE:
        if entry["pipeline"] is not None:
            client.run(*statements(entry["pipeline"]))
    ids = [message.object_id for message in client.sink.messages]
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) > 80


def captured(kind: str) -> str:
    return next(item["data"] for item in BY_NAME[WITH_RECORDS]["messages"] if item["type"] == kind)


def test_a_warning_record_is_the_captured_one() -> None:
    start = table_of(HostProfile()).find("Start-AzsBackup")
    assert start is not None
    invocation = Invocation(start, {"Location": "redmond", "NoWait": switch(True)})
    record = records.informational("Warning", "a warning", invocation, extended=True)
    assert clixml.message(record, records.DEPTH).decode("utf-8-sig") == captured("WarningRecord")


def test_a_progress_record_is_the_captured_one() -> None:
    record = records.progress("Start-AzsBackup", "Running", 10)
    assert clixml.message(record, records.DEPTH).decode("utf-8-sig") == captured("ProgressRecord")

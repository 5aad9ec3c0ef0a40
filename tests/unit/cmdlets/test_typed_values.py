"""Of a value with a localized text, the typed value is read."""

from __future__ import annotations

import pytest

from psbridge.cmdlets.azs_backup import read_backup, read_settings
from psbridge.cmdlets.decode import flag_of, instant_of, integer_of, span_of, text_of
from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.stamp.api import HostProfile
from psbridge.errors import Unknown
from psbridge.models.time import Instant, Span
from psbridge.powershell.result import PSObject, Value
from psbridge.remoting.psrp.clixml import deserialize
from tests.support.clients.psrp_client import PsrpClient

ID = "08b92613-1ad7-4b4c-9a0c-1a6ee0b4b0a4"
END = Instant.parse("2026-03-04T10:15:43.1234567Z")
BUDDHIST = "4/3/2569 12:15:43"
# as the engine writes them (measured on PowerShell 7.6.9), the text of some in another culture
NOTED_DATE = (
    f"<ToString>{BUDDHIST}</ToString><DT>2026-03-04T12:15:43.1234567+02:00</DT><MS><S N='DisplayHint'>DateTime</S></MS>"
)
OFFSET = f"""<TN RefId='0'><T>System.DateTimeOffset</T><T>System.ValueType</T><T>System.Object</T></TN>
<ToString>{BUDDHIST} +02:00</ToString><Props><DT N='DateTime'>2026-03-04T12:15:43.1234567</DT>
<DT N='UtcDateTime'>2026-03-04T10:15:43.1234567Z</DT><DT N='LocalDateTime'>2026-03-04T10:15:43.1234567+00:00</DT>
<DT N='Date'>2026-03-04T00:00:00</DT><I32 N='Day'>4</I32><S N='DayOfWeek'>Wednesday</S><TS N='Offset'>PT2H</TS>
<I64 N='Ticks'>639082233431234567</I64><I64 N='UtcTicks'>639082161431234567</I64><I32 N='Year'>2026</I32></Props>"""
ENUM = "<TN RefId='0'><T>Some.OperationStatus</T><T>System.Enum</T><T>System.ValueType</T><T>System.Object</T></TN>"


def value(content: str) -> Value:
    return deserialize(f"<Obj RefId='0'>{content}</Obj>".encode())


def a_backup(**properties: Value) -> PSObject:
    given = {"Name": f"redmond/{ID}", "Status": "Succeeded", "CreatedDateTime": None, **properties}
    return PSObject(properties=given)


@pytest.mark.parametrize("content", [NOTED_DATE, OFFSET], ids=["a date with notes", "a DateTimeOffset"])
def test_a_date_is_read_from_its_typed_value(content: str) -> None:
    assert read_backup(a_backup(CreatedDateTime=value(content)), "Get-AzsBackup").completed_at == END
    assert read_settings(PSObject(properties={"NextBackupTime": value(content)})).next_backup_time == END


@pytest.mark.parametrize(
    "kept",
    [("UtcDateTime",), ("DateTime", "Offset"), ("UtcTicks",), ("UtcDateTime", "UtcTicks")],
)
def test_any_part_of_a_datetimeoffset_gives_the_time(kept: tuple[str, ...]) -> None:
    whole = value(OFFSET)
    assert isinstance(whole, PSObject)
    assert instant_of(PSObject(whole.type_names, whole.text, {name: whole.get(name) for name in kept})) == END


def test_a_contradictory_datetimeoffset_is_unreadable() -> None:
    torn = value(OFFSET.replace("PT2H", "PT3H"))
    with pytest.raises(Unknown, match="CreatedDateTime"):
        read_backup(a_backup(CreatedDateTime=torn), "Get-AzsBackup")


@pytest.mark.parametrize(
    "text", [BUDDHIST, "03/04/2026 12:15:43 +02:00", "4. M\u00e4rz 2026", "2026-03-04 12:15:43 PM"]
)
def test_a_localized_date_is_never_guessed(text: str) -> None:
    below_the_depth = PSObject(("System.DateTimeOffset",), text)
    for shown in (text, below_the_depth):
        with pytest.raises(Unknown):
            read_backup(a_backup(CreatedDateTime=shown), "Get-AzsBackup")


@pytest.mark.parametrize(
    ("content", "ticks"),
    [
        ("<ToString>1 hora</ToString><TS>PT1H1M1.5S</TS><MS><S N='x'>y</S></MS>", 36_615_000_000),
        (("<TN RefId='0'><T>Deserialized.System.TimeSpan</T></TN><ToString>01:01:01,5</ToString>"
         "<Props><I64 N='Ticks'>36615000000</I64><D N='TotalHours'>1.02</D></Props>"), 36_615_000_000),
    ],
)  # fmt: skip
def test_a_duration_is_its_typed_value(content: str, ticks: int) -> None:
    assert span_of(value(content)) == Span(ticks)
    assert read_backup(a_backup(TimeTakenToCreate=value(content)), "Get-AzsBackup").duration == Span(ticks)


def test_a_localized_duration_is_never_guessed() -> None:
    with pytest.raises(Unknown):
        read_backup(a_backup(TimeTakenToCreate=PSObject(("System.TimeSpan",), "01:01:01,5")), "Get-AzsBackup")


def test_the_status_of_an_enum_is_its_word() -> None:
    word = value(f"{ENUM}<ToString>Succeeded</ToString><I32>3</I32>")
    assert read_backup(a_backup(Status=word), "Get-AzsBackup").status == "Succeeded"


def test_a_number_is_not_a_known_status() -> None:
    shown = read_backup(a_backup(Status=value(f"{ENUM}<I32>3</I32>")), "Get-AzsBackup")
    assert shown.status == "3"
    assert str(shown.phase) == "unknown"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<ToString>Falsch</ToString><B>true</B><MS><S N='x'>y</S></MS>", True),
        ("<ToString>True</ToString><B>false</B>", False),
    ],
)
def test_a_boolean_is_its_typed_value(content: str, expected: bool) -> None:
    assert flag_of(value(content)) is expected
    assert (
        read_backup(a_backup(IsCloudRecoveryReady=value(content)), "Get-AzsBackup").is_cloud_recovery_ready is expected
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<ToString>zw\u00f6lf</ToString><I32>12</I32><MS><S N='x'>y</S></MS>", 12),
        ("<S>12</S>", 12),
        ("<ToString>1.200</ToString><I64>1200</I64>", 1200),
    ],
)
def test_a_number_is_its_typed_value(content: str, expected: int) -> None:
    assert integer_of(value(content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<ToString>shown</ToString><S>meant</S><MS><S N='x'>y</S></MS>", "meant"),
        (f"<ToString>{{shown}}</ToString><G>{ID}</G><MS><S N='x'>y</S></MS>", ID),
        ("<ToString>v1</ToString><Version>1.2301.2.58</Version><MS><S N='x'>y</S></MS>", "1.2301.2.58"),
        ("<ToString>shown</ToString><URI>https://a/b</URI><MS><S N='x'>y</S></MS>", "https://a/b"),
        (
            "<Obj RefId='1'><ToString>shown</ToString><S>meant</S><MS><S N='x'>y</S></MS></Obj><MS><S N='z'>y</S></MS>",
            "meant",
        ),
        ("<TN RefId='0'><T>Some.Struct</T></TN><ToString>Succeeded</ToString>", "Succeeded"),
    ],
)
def test_a_text_is_its_typed_value_and_a_struct_its_own_text(content: str, expected: str) -> None:
    assert text_of(value(content)) == expected


@pytest.mark.pwsh
def test_the_engines_own_dates_are_read() -> None:
    script = """
        $at = [DateTimeOffset]::new(2026, 3, 4, 12, 15, 43, [TimeSpan]::FromHours(2)).AddTicks(1234567)
        $noted = [psobject]::AsPSObject($at.UtcDateTime)
        $noted.psobject.Properties.Add([psnoteproperty]::new('DisplayHint', 'Date'))
        $at; $noted; [DateTimeOffset]::MinValue; [TimeSpan]::FromSeconds(3661.5); [DayOfWeek]::Friday"""
    engine = PwshEngine(rest_url="http://127.0.0.1:1", rest_token="x", profile=HostProfile(), language="FullLanguage")
    with PsrpClient(engine) as client:
        answer = client.run(script)
    found = [deserialize(it.clixml.encode()) for it in answer.messages if it.type.name == "PipelineOutput"]
    assert [instant_of(it) for it in found[:2]] == [END, END]
    assert str(instant_of(found[2])) == "0001-01-01T00:00:00Z"
    assert span_of(found[3]) == Span(36_615_000_000)
    assert text_of(found[4]) == "Friday"

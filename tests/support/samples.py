"""Values that several tests of documents and renderers share; shaped after a recorded backup of March 2020."""

from __future__ import annotations

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.config.problems import Problem
from psbridge.documents import proof
from psbridge.documents.alert import AlertListDocument
from psbridge.documents.backup import BackupDocument, BackupListDocument, backup_body
from psbridge.documents.config import ConfigDocument, ConfigProblemsDocument, TargetListDocument
from psbridge.documents.doctor import DoctorDocument
from psbridge.documents.emulation import EmulationDocument
from psbridge.documents.error import ErrorDocument
from psbridge.documents.explanation import ExplanationDocument
from psbridge.documents.keys import KeyCheckDocument, KeyProblemBody, WrappedKeysDocument
from psbridge.documents.notify_test import NotifyTestDocument, NotifyWayBody
from psbridge.documents.progress import LogDocument, StageDocument, StartedDocument, StatusDocument
from psbridge.documents.proof import MakerBody, ProofCheckDocument
from psbridge.documents.recovery import KeyBody, KeyListDocument, OpenedKeyBody, RecoverySheetDocument, SheetRowBody
from psbridge.documents.run import RunClosedDocument, RunDocument, RunListDocument
from psbridge.documents.settings import SettingsDocument
from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.documents.store_list import StoreListDocument
from psbridge.documents.verdict import DryRunDocument, EvidenceBody, VerdictDocument
from psbridge.documents.verification import VerificationDocument
from psbridge.errors import AuthError, BackupPartial, ExitCode, Trigger, Unreachable
from psbridge.models import events
from psbridge.models.backup import Backup
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.context import AzContext
from psbridge.models.diagnosis import Diagnosis, Finding, StageResult, StageState
from psbridge.models.keys import LastVerification, OpenedKey
from psbridge.models.observation import Observation
from psbridge.models.report import DryRun, Report, RunRecord
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.stamp_status import (
    JudgedBackup,
    RowState,
    RunningStatus,
    Schedule,
    StampStatus,
    StatusRow,
    Unread,
    UpdateState,
)
from psbridge.models.target import Target
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
from psbridge.models.verification import (
    FileTest,
    Level,
    Reason,
    Snapshot,
    StoreCase,
    StoredFile,
    TestResult,
    VerificationReport,
)
from psbridge.report.recovery_sheet import NOTES, sheet
from psbridge.values import replace
from psbridge.verdict.store import judge_store, problem_of
from tests.support.backups import GOOD, ID, OLD, case

NYC = Target("nyc", endpoints=(Endpoint("oaw01", 5986, Tls(), Auth.KERBEROS),), location="redmond")
DEMO = Target("demo", emulated=True)
CONTEXT = AzContext(
    "AzureStackAdmin", "d0f2e2c4-0000-4000-8000-000000000001", "Default Provider Subscription", "t", "me"
)
RUNNING = Backup(id=OLD, status="Running", roles=None)
VERDICT = Verdict(
    Judgement.PARTIAL,
    GOOD,
    (
        Evidence("status", Outcome.PASS, "Succeeded"),
        Evidence("upload", Outcome.WARN, "can't be read; assumed after 15m"),
        Evidence("off-site copy", Outcome.NOT_CHECKED, "psbridge can't see the share"),
    ),
    upload_proof="assumed",
    last_good=RUNNING,
)
CASE = case(settings=BackupSettings(location="redmond")).with_observation(
    Observation(GOOD, 200, upload_read=True), Instant.parse("2020-03-04T12:29:30.5Z"), 60.5
)
REPORT = Report(VERDICT, action="started", run="r1", context=CONTEXT, case=CASE, host="oaw01")
RUN = RunRecord(
    "r1", "nyc", "redmond", "decided", "sent", "2020-03-04T12:00:00Z", "2020-03-04T12:30:00Z", ID, "partial", 3
)
STAGE = events.StageEnded(
    "tls",
    "https://oaw01:5986/wsman",
    0.0421,
    {
        "version": "TLSv1.2",
        "cipher": "ECDHE-RSA-AES256-GCM-SHA384",
        "verified": True,
        "reason": None,
        "chain": [
            {
                "subject": "CN=oaw01.contoso.com",
                "issuer": "CN=CONTOSO CA",
                "names": ["oaw01.contoso.com"],
                "not_before": "2025-03-04T00:00:00Z",
                "not_after": "2026-03-04T00:00:00Z",
                "days_left": 29,
            }
        ],
    },
)
STATUS = events.Status(ID, RUNNING, 61.2, 1100.0, 4, 13)
ERROR = AuthError(
    "oaw01 refused CONTOSO\\me", hint="check the password", trigger=Trigger.NOT_SENT, detail={"host": "oaw01"}
)
SETTINGS = BackupSettings(
    location="redmond",
    path="\\\\share\\backup",
    user_name="CONTOSO\\azsbackup",
    backup_frequency_in_hours=12,
    backup_retention_period_in_days=7,
    available_capacity="1.00 TB",
    is_backup_scheduler_enabled=True,
    next_backup_time=Instant.parse("2020-03-05T00:00:00Z"),
)
DRY_RUN = DryRun("nyc", "oaw01", "redmond", "start", None, None, CONTEXT, None, GOOD)
DIAGNOSIS = Diagnosis(
    "nyc",
    emulated=False,
    stages=(
        StageResult(
            StageState.WARN,
            (
                Finding(
                    "c.yaml:3: targets.nyc.password: the secret stands in the config as plain text",
                    StageState.WARN,
                    "Write it as {file: PATH}.",
                ),
                Finding("c.yaml, target nyc, auth ntlm"),
            ),
            {"file": "c.yaml", "target": "nyc"},
            seconds=0.01,
            stage="config",
            group="machine",
        ),
        StageResult(
            StageState.OK, (Finding("Python 3.11.7, OpenSSL 3.0.19"),), seconds=0.02, stage="machine", group="machine"
        ),
        StageResult(
            StageState.FAIL,
            (Finding(ERROR.message, StageState.FAIL, ERROR.hint),),
            {"auth": "ntlm"},
            ERROR,
            1.24,
            "login",
            "connection",
        ),
        StageResult(
            StageState.NOT_REACHED,
            (Finding("login failed", StageState.NOT_REACHED),),
            stage="session",
            group="connection",
        ),
    ),
    not_checked=("whether the account may start a backup (createBackup)",),
)
ENTRY = Entry(
    "0x0000CAFE",
    "the coffee is out",
    "None was started.",
    ("The machine is empty.", "Nobody cleaned it."),
    (do("Fill it.", "$ psbridge backup list", "PS> Get-Coffee | Format-List"), "Retry."),
    "Retry in a minute.",
    ("troubleshooting#tls", "commands", "explain:busy"),
    ("51966", "ERROR_NO_COFFEE"),
    "busy",
    "coffee.h",
    inferred=True,
    outcomes=(("pass", "full"), ("fail", "empty")),
)
PROBLEM = Problem("unknown key", "c.yaml", 3, "defaults.pol", "poll").plain()

MAKER = MakerBody("0.1.0", "3.11.7", "operator", "admin01")
PROOF = proof.ProofDocument.of(NYC, REPORT, "2020-03-04T12:30:01Z", MAKER)

NOW = Instant.parse("2020-03-04T15:22:18.7883083Z")
STAMP_STATUS = StampStatus(
    target="nyc",
    read_at=NOW,
    host="oaw01",
    location="redmond",
    host_time=NOW,
    newest=JudgedBackup(GOOD, "confirmed", ExitCode.OK, None, "shown"),
    last_good=JudgedBackup(GOOD, "confirmed", ExitCode.OK, None, "shown"),
    age=10800.0,
    max_age=86400.0,
    max_age_from="schedule",
    schedule=Schedule(True, 12, 7, Instant.parse("2020-03-05T00:00:00Z")),
    free_text="1.00 TB",
    free_bytes=2**40,
    certificate_thumbprint="5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
    alerts=(),
    update=UpdateState("AppliedSuccessfully"),
    stamp_version="1.2002.0.35",
    stamp_version_from="update_location",
    runs=(RUN,),
    rows=(
        StatusRow("backup", RowState.OK, f"confirmed {ID}, completed 2020-03-04 12:22:18Z, took 5m 16s, 2/2 roles"),
        StatusRow("schedule", RowState.OK, "every 12h, kept 7d, next 2020-03-05 00:00:00Z"),
    ),
)
_FAULT = "AzureStack.BackupController.BackupPartialSucceededFault"
_PARTIAL = replace(GOOD, id=OLD, status="PartialSucceeded", duration=Span(0), is_cloud_recovery_ready=False)
STAMP_NOT_WELL = replace(
    STAMP_STATUS,
    newest=JudgedBackup(_PARTIAL, "partial", ExitCode.PARTIAL, f"backup {OLD} is incomplete: status PartialSucceeded"),
    running=RunningStatus("08b92613-837a-43cd-86b5-1212ef954384", "operation", "r2", NOW, NOW),
    alerts=(
        Alert("a1", "Backup only partially completed", "Critical", _FAULT, NOW),
        Alert("a2", "?", "Warning", "AzureStack.BackupController.NewFault", NOW),
    ),
    update=None,
    stamp_version_from="backup",
    version_warning="the newest good backup was made on version 1.2002.0.35, the stamp runs 1.2108.0.32: back up now",
    unread=(Unread("update", "prerequisite", "oaw01 has no cmdlet Get-AzsUpdateLocation"),),
    rows=(
        StatusRow("backup", RowState.FAIL, f"partial {OLD}, completed 2020-03-04 12:22:18Z, 1/2 roles"),
        StatusRow("alerts", RowState.WARN, "2 open: Backup only partially completed"),
        StatusRow("update", RowState.UNKNOWN, "oaw01 has no cmdlet Get-AzsUpdateLocation"),
    ),
    problem=BackupPartial(f"backup {OLD} is incomplete: status PartialSucceeded", id=OLD, hint="Start another."),
)
STAMP_UNREACHABLE = StampStatus(
    target="nyc", read_at=NOW, error=Unreachable("oaw01:5986 refused the connection", hint="Check the listener.")
)

ALERTS = (
    Alert(
        "redmond/a1",
        "Backup only partially completed",
        "Critical",
        _FAULT,
        NOW,
        resource="Infrastructure backup",
        provider="Microsoft.Backup.Admin",
        description=("Some roles failed.",),
        remediation=("1. Start a backup.", "2. Contact Support (https://example.test/support)."),
        properties=(("rolesFailedInBackup", "WAS"),),
    ),
    Alert("redmond/a2", "Something new", "Warning", "AzureStack.BackupController.NewFault"),
)

_FOLDER = "MASBackup/ProgressiveBackup/1.2108.2.65/NRP;Microsoft.Network.Admin;-;Quota"
_NAME = f"{_FOLDER}/202003041217_{ID}_Full_C"
STORE_CASE = StoreCase(
    where="/mnt/backups",
    level=Level.OPENABLE,
    backup_id=ID,
    layout="progressive",
    snapshots=(
        Snapshot(
            repository="NRP;Microsoft.Network.Admin;-;Quota",
            named_id=ID,
            named_kind="Full",
            metadata=StoredFile(f"{_NAME}.xml", 2048, "ab" * 32),
            data=StoredFile(f"{_NAME}.zip", 1130),
            described_as="NRP;Microsoft.Network.Admin;-;Quota",
            backup_id=ID,
            kind="Full",
            status="Succeeded",
            created=str(NOW),
            thumbprint="5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
            stamp_version="1.2108.2.65",
            data_version="1.1.0",
            wrapped_key="AAAA",
            opened=FileTest(TestResult.PASS),
        ),
    ),
    essential=("NRP;Microsoft.Network.Admin;-;Quota",),
    essential_from="registrations",
    key_thumbprint="5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
)
STORE_DAMAGED = replace(
    STORE_CASE,
    snapshots=(
        replace(STORE_CASE.snapshots[0], opened=FileTest(TestResult.FAIL, "it needs another key", Reason.WRONG_KEY)),
    ),
    stamp_status="Succeeded",
)


KEY = OpenedKey(
    thumbprint="5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
    subject="CN=backup",
    serial="0A1B2C",
    not_after=Instant.parse("2027-03-04T12:30:01Z"),
    path="/root/backup.pfx",
    machine="admin01",
    opened_at=NOW,
    backup_id=ID,
)
SHEET = sheet(
    NYC,
    GOOD,
    SETTINGS,
    (KEY,),
    LastVerification(at=NOW, backup_id=OLD, where="/mnt/backups", level="whole", reached="openable", exit_code=15),
)


def verified(case: StoreCase) -> VerificationReport:
    """Return the report of a case."""
    found = judge_store(case)
    return VerificationReport(case=case, verification=found, problem=problem_of(case, found))


DOCUMENTS = {
    "backup_list": BackupListDocument.of(NYC, [GOOD, RUNNING]),
    "backup_list_empty": BackupListDocument.of(DEMO, []),
    "backup": BackupDocument.of(NYC, GOOD),
    "verdict": VerdictDocument.of(NYC, REPORT),
    "verdict_nothing": VerdictDocument.of(DEMO, Report(Verdict(Judgement.UNKNOWN, None, ()))),
    "started": StartedDocument.of(NYC, events.Started("r1", ID, "started")),
    "status": StatusDocument.of(NYC, STATUS),
    "settings": SettingsDocument.of(NYC, SETTINGS),
    "error": ErrorDocument.of(ERROR),
    "run_list": RunListDocument.of([RUN]),
    "run": RunDocument.of(RUN),
    "run_unfinished": RunDocument.of(replace(RUN, state="open"), "process 7", ["psbridge -t nyc backup wait"]),
    "run_closed": RunClosedDocument.of(replace(RUN, state="closed", closed_reason="seen in the portal"), "It goes on."),
    "dry_run": DryRunDocument.of(DEMO, DRY_RUN),
    "config": ConfigDocument(
        path="c.yaml",
        defaults={"poll": "30s"},
        targets={"nyc": {"host": ["oaw01"], "password": {"env": "X"}}},
        origins={"defaults.poll": "built-in"},
    ),
    "config_problems": ConfigProblemsDocument.of("c.yaml", [PROBLEM]),
    "target_list": TargetListDocument.of([NYC, DEMO], "nyc"),
    "explanation": ExplanationDocument.of("sample", [(ENTRY, "wsman")], [(ENTRY, "http")]),
    "explanation_list": ExplanationDocument.of(None, [(ENTRY, "wsman"), (ENTRY, "wsman"), (ENTRY, "http")]),
    "emulation": EmulationDocument(
        store=None,
        key=None,
        key_password_file=None,
        url="https://127.0.0.1:5986/wsman",
        engine="embedded",
        scenario="succeeds",
        speed=60.0,
        auth="ntlm",
        offered=["negotiate", "ntlm"],
        username="operator",
        password="random-per-start",
        ca_file=None,
        client_cert=None,
        client_key=None,
        location="redmond",
        config="version: 1\ntargets:\n  rehearsal:\n    host: 127.0.0.1\n",
        config_file=None,
        password_variable="REHEARSAL_PASSWORD",
        application_id="00000000-0000-4000-8000-000000000001",
        application_secret="random-too",
    ),
    "proof": PROOF,
    "proof_check": ProofCheckDocument(
        file="redmond.json",
        intact=True,
        agrees=False,
        exit_code=14,
        problems=("the record says the verdict confirmed, its observations lead to partial",),
        target="nyc",
        emulated=False,
        made_at="2020-03-04T12:30:01Z",
        made_by=MAKER,
        host="oaw01",
        run="r1",
        backup=backup_body(GOOD),
        backup_id=ID,
        recorded_verdict="confirmed",
        recorded_exit_code=0,
        verdict="partial",
        evidence=(EvidenceBody("status", "pass", "the stamp says Succeeded"),),
        note="CHG0042",
        rules=1,
        warnings=(),
    ),
    "verification": VerificationDocument.of("nyc", verified(STORE_CASE), "2020-03-04T12:30:01Z", MAKER),
    "verification_wrong_key": VerificationDocument.of(None, verified(STORE_DAMAGED), "2020-03-04T12:30:01Z", MAKER),
    "key_list": KeyListDocument(
        target="nyc",
        emulated=False,
        keys=(
            KeyBody(
                "5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
                in_settings=True,
                backups=(ID, OLD),
                in_store=(ID,),
                opened=OpenedKeyBody.of(KEY),
                warnings=("it expires in 30 days: set a new one before",),
            ),
            KeyBody("AB" * 20, in_settings=False, backups=(), in_store=("0" * 8 + OLD[8:],), opened=None, warnings=()),
        ),
        in_store=("MASBackup/backup.pfx",),
    ),
    "recovery_sheet": RecoverySheetDocument(
        target="nyc",
        emulated=False,
        made_at="2020-03-04T12:30:01Z",
        backup_id=ID,
        rows=tuple(SheetRowBody(it.section, it.name, it.value, it.source) for it in SHEET),
        notes=NOTES,
    ),
    "wrapped_keys": WrappedKeysDocument.of(STORE_CASE),
    "key_check": KeyCheckDocument(
        key="backup.pfx",
        thumbprint="5B5C1F9A0F3E7B6D0D2E8B1C4A9F7E6D5C4B3A29",
        subject="CN=backup",
        not_after="2027-03-04T12:30:01Z",
        against="keys.json",
        backup_id=ID,
        keys=2,
        opened=1,
        exit_code=15,
        code="not_verified",
        problems=(KeyProblemBody("SRP;SRP;-;-", ID, "AB" * 20, "it needs the certificate ABAB"),),
    ),
    "alert_list": AlertListDocument.of(NYC, ALERTS),
    "alert_list_empty": AlertListDocument.of(DEMO, [], every=True),
    "store_list": StoreListDocument.of(
        NYC,
        ["masbackup/progressivebackup/1.2108.0.32/BackupEncryptionCert.pfx", "masbackup/notes.txt"],
        store="/mnt/backups",
        there={"masbackup/progressivebackup/1.2108.0.32/BackupEncryptionCert.pfx": True, "masbackup/notes.txt": False},
    ),
    "store_list_empty": StoreListDocument.of(DEMO, []),
    "stamp_status": StampStatusDocument.of(STAMP_STATUS),
    "stamp_status_not_well": StampStatusDocument.of(STAMP_NOT_WELL),
    "stamp_status_unreachable": StampStatusDocument.of(STAMP_UNREACHABLE),
    "doctor": DoctorDocument.of(DIAGNOSIS),
    "doctor_ok": DoctorDocument.of(replace(DIAGNOSIS, stages=DIAGNOSIS.stages[:2])),
    "notify_test": NotifyTestDocument(
        target="nyc",
        event=None,
        exit_code=5,
        code="unreachable",
        ways=(
            NotifyWayBody("healthchecks", arrived=True, why=None, code="ok"),
            NotifyWayBody("apprise ops", arrived=False, why="timed out after 10s", code="unreachable"),
        ),
    ),
    "log": LogDocument.of("warning", "the host's clock is 3m ahead"),
    "stage": StageDocument.of(STAGE),
    "stage_failed": StageDocument.of(replace(STAGE, error=f"{STAGE.host}: the host's certificate is refused")),
}

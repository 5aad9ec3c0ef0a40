"""Every error code of the backup service, in answer to a trigger and to what only reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.arm_error import ERRORS, Refusal
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import ExitCode, PsbridgeError, Trigger

REFUSED = {  # what a start ends with: nothing was started
    "BackupConflictException": ExitCode.BUSY,
    "PreconditionFailedException": ExitCode.BUSY,
    "ResourceNotFoundException": ExitCode.NOT_FOUND,
    "BadRequestException": ExitCode.PREREQUISITE,
    "BrpArgumentException": ExitCode.PREREQUISITE,
    "BrpMethodNotAllowedException": ExitCode.PREREQUISITE,
    "PayloadTooLargeException": ExitCode.PREREQUISITE,
    "ExternalStoreNotConfiguredException": ExitCode.PREREQUISITE,
    "EncryptionCertNotConfiguredException": ExitCode.PREREQUISITE,
    "InternalBackupStoreNotConfiguredException": ExitCode.PREREQUISITE,
    "SmbShareException": ExitCode.PREREQUISITE,
    "SmbShareAuthenticationException": ExitCode.PREREQUISITE,
    "SmbShareConnectionException": ExitCode.PREREQUISITE,
    "SmbConnectionConflictException": ExitCode.PREREQUISITE,
    "SmbShareIOException": ExitCode.PREREQUISITE,
    "SmbShareNotAccessibleException": ExitCode.PREREQUISITE,
    "SmbSharePathInvalidException": ExitCode.PREREQUISITE,
    "SmbShareOutOfCapacityException": ExitCode.PREREQUISITE,
}
OPEN = {  # says nothing of the trigger: it is looked for, and nothing is sent again
    "BackupOperationException",
    "BackupPartiallySucceededException",
    "BackupDataExportException",
    "BackupSourceException",
    "EceClientException",
    "InfraShareOutOfCapacityException",
    "InternalBackupUploadException",
    "RestoreOperationException",
    "RestoreAlreadyDoneException",
    "WrongStampVersionException",
    "OperationNotResumableException",
}
# Refusals that a running backup may meet too; without a share or a certificate none runs.
MIDWAY = [it for it, code in REFUSED.items() if code is ExitCode.PREREQUISITE and "NotConfigured" not in it]


@dataclass
class Answering:
    """A stamp whose calls of one kind are answered with an error; `obeying` carries them out all the same."""

    stamp: Stamp
    error: Refusal
    calls: Callable[[str, str], bool]
    obeying: bool = False

    def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
        if not self.calls(method, path):
            return self.stamp.rest(method, path, body)
        if self.obeying:
            assert self.stamp.rest(method, path, body).status == 202
        return RestResponse(self.error.status, {}, self.error.body())

    def __getattr__(self, name: str) -> object:
        return getattr(self.stamp, name)


def is_trigger(method: str, path: str) -> bool:
    return method == "POST" and "/createBackup" in path


def is_read(method: str, path: str) -> bool:
    return method == "GET" and "Microsoft.Backup.Admin" in path


def kind(problem: PsbridgeError, code: str) -> bool:
    """Tell whether an error is one sentence with a hint, and names the stamp's code for support."""
    assert problem.message[0].islower()
    assert "\n" not in problem.message
    assert "no name" not in problem.message
    assert problem.hint
    assert problem.hint.endswith(".")
    return problem.detail["code"] == code == problem.detail["error_record"]["Code"]


def test_every_code_of_the_service_has_a_meaning():
    assert set(REFUSED) | OPEN == set(ERRORS)
    assert not set(REFUSED) & OPEN


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_start_started_nothing_and_says_so(bench, code):
    it = bench(f"error:{code}")
    problem = it.refused()
    assert problem.exit_code is REFUSED[code]
    assert "nothing was started" in problem.message
    assert (problem.trigger, problem.detail["refused"]) == (Trigger.SENT, True)
    assert kind(problem, code)
    assert it.journal.list()[0].state == "refused"
    assert (it.triggers, len(it.sessions.triggers)) == (0, 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("code", sorted(OPEN))
def test_a_failed_start_is_ambiguous_without_a_new_backup(bench, code):
    it = bench(f"error:{code}")
    problem = it.refused()
    assert problem.exit_code is ExitCode.AMBIGUOUS
    assert code in problem.message
    assert "nothing was started" not in problem.message
    assert problem.hint
    assert (problem.trigger, problem.detail["candidates"]) == (Trigger.UNKNOWN, [])
    assert it.journal.list()[0].state == "open"
    assert len(it.sessions.triggers) == 1


@pytest.mark.sampled(3)
@pytest.mark.parametrize("code", sorted(OPEN))
def test_a_failed_start_adopts_the_backup_it_made(bench, code):
    it = bench()
    it.sessions.stamp = Answering(it.stamp, ERRORS[code], is_trigger, obeying=True)
    report = it.start()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert (it.triggers, len(it.sessions.triggers)) == (1, 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("code", MIDWAY)
def test_no_code_that_may_occur_midway_denies_a_made_backup(bench, code):
    it = bench()
    it.sessions.stamp = Answering(it.stamp, Refusal(500, code, "x"), is_trigger, obeying=True)
    assert it.start().exit_code is ExitCode.OK
    assert (it.triggers, len(it.sessions.triggers)) == (1, 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("code", ERRORS)
def test_a_read_ends_like_a_start_or_reports_an_unreachable_stamp(bench, code):
    expected = ExitCode.UNREACHABLE if code in OPEN else REFUSED[code]
    it = bench()
    it.sessions.stamp = Answering(it.stamp, ERRORS[code], is_read)
    for read in (it.client.backups.list, it.client.settings):
        with pytest.raises(PsbridgeError) as caught:
            read()
        assert caught.value.exit_code is expected
        assert kind(caught.value, code)
    assert it.refused().exit_code is expected  # its list comes before its trigger
    assert it.sessions.triggers == []

"""What was read of a backup in its store, and what that proves, as values. Nothing in them is secret.

The case holds all that the judgement rests on, so that it can be saved and judged again (`psbridge.verdict.store`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.verdict import Evidence


class Level(StrEnum):
    """How much of a backup is read. Each level includes those before it."""

    PRESENT = "present"
    DESCRIBED = "described"
    OPENABLE = "openable"
    WHOLE = "whole"
    READABLE = "readable"

    def includes(self, other: Level) -> bool:
        """Return whether this level reads all that another reads."""
        order = list(Level)
        return order.index(other) <= order.index(self)


class Reason(StrEnum):
    """Why a backup is not verified: `detail.reason` of exit code 15."""

    WRONG_KEY = "wrong_key"
    DAMAGED = "damaged"
    MISSING = "missing"
    CHAIN = "chain"
    OTHER_STAMP = "other_stamp"


class TestResult(StrEnum):
    """The result of one test of one file."""

    PASS = "pass"  # noqa: S105 - the result of a test, not a password
    FAIL = "fail"
    NOT_TESTED = "not_tested"
    """The level does not ask for it, or what it needs is not there."""
    NOT_RECOGNIZED = "not_recognized"
    """The file is of a form that this release does not know."""


class FileTest(msgspec.Struct, frozen=True):
    """One test of one file.

    Attributes:
        result: how it ended.
        detail: why, a clause in plain English; empty after a pass.
        reason: what a failure means.
    """

    result: TestResult = TestResult.NOT_TESTED
    detail: str = ""
    reason: Reason | None = None


class StoredFile(msgspec.Struct, frozen=True):
    """A file of the store.

    Attributes:
        path: relative to the store, `/` between the names, as listed.
        size: bytes.
        sha256: of a metadata file, in hexadecimal; None for a data file.
    """

    path: str
    size: int
    sha256: str | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One repository's part of one backup: a metadata file and, beside it, a data file.

    Attributes:
        repository: as its folder is named, such as `NRP;Microsoft.Network.Admin;-;Quota`; of the legacy layout, as its file is.
        named_id, named_kind: what its file name says, `Full` or `Progressive`; empty in the legacy layout.
        metadata: its metadata file, None if there is only data.
        data: its data file, None if there is only metadata.
        unread: why the metadata can't be read; None if it was read, or the level does not ask for it.
        unrecognized: the metadata is well-formed, but of a form or version that this release does not know: which.
        described_as: the repository that the metadata names.
        backup_id, snapshot_id, kind, previous, full, status, thumbprint, stamp_version, oem_version, deployment_id,
            data_version: of the metadata; empty where it does not say. Ids are lower case; `previous` and `full` are empty
            for a full snapshot.
        created: RFC 3339 in UTC, of the metadata.
        wrapped_key: base64, as the metadata has it: the key of the data file, encrypted with the certificate.
        opened: whether the key at hand opens the wrapped key.
        whole: whether the data file is the one that was written with that key.
        readable: whether it decrypts to an archive that is whole.
    """

    repository: str
    named_id: str = ""
    named_kind: str = ""
    metadata: StoredFile | None = None
    data: StoredFile | None = None
    unread: str | None = None
    unrecognized: str | None = None
    described_as: str = ""
    backup_id: str = ""
    snapshot_id: str = ""
    kind: str = ""
    previous: str = ""
    full: str = ""
    status: str = ""
    created: str = ""
    thumbprint: str = ""
    stamp_version: str = ""
    oem_version: str = ""
    deployment_id: str = ""
    data_version: str = ""
    wrapped_key: str = ""
    opened: FileTest = FileTest()
    whole: FileTest = FileTest()
    readable: FileTest = FileTest()


class StoreCase(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read of one backup in one store. Equal cases have equal verifications.

    Attributes:
        where: the store, as the user named it.
        level: what was asked for.
        backup_id: lower case.
        layout: `progressive` or `legacy`; None if neither was recognized.
        snapshots: of this backup and of every chain it needs, by repository, the oldest of a chain first.
        essential: the repositories that a recovery needs.
        essential_from: where that is known from: `registrations`, `last_good`, or None if it is not known.
        double_encrypted: the repositories whose content has an inner layer that the key does not open.
        unrecognized: what of the store has a form that this release does not know: sentences. It is neither good nor bad.
        info: the backup's BackupInfo file; None if there is none.
        info_unread: why it can't be read.
        info_backup_id, info_status, info_uploaded, info_deployment_id, info_stamp_version, info_thumbprint: what it says.
        stamp_status, stamp_uploaded, stamp_deployment_id, stamp_version, stamp_thumbprint: what the stamp says of the
            backup; None if it was not asked or does not say.
        key_thumbprint: of the certificate at hand; None without a key.
    """

    where: str
    level: Level
    backup_id: str
    layout: str | None = None
    snapshots: tuple[Snapshot, ...] = ()
    essential: tuple[str, ...] = ()
    essential_from: str | None = None
    double_encrypted: tuple[str, ...] = ()
    unrecognized: tuple[str, ...] = ()
    info: StoredFile | None = None
    info_unread: str | None = None
    info_backup_id: str = ""
    info_status: str = ""
    info_uploaded: bool | None = None
    info_deployment_id: str = ""
    info_stamp_version: str = ""
    info_thumbprint: str = ""
    stamp_status: str | None = None
    stamp_uploaded: bool | None = None
    stamp_deployment_id: str | None = None
    stamp_version: str | None = None
    stamp_thumbprint: str | None = None
    key_thumbprint: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong with a backup in its store.

    Attributes:
        level: the lowest level that can find it.
        reason: what it means.
        text: a sentence that names the repository or file.
    """

    level: Level
    reason: Reason
    text: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a case leads to.

    Attributes:
        reached: the highest level that passed; None if not even `present` did.
        rows: one for each level, and those that were not checked.
        problems: those of the lowest level first.
        undecided: why the backup is neither good nor bad (14): sentences. The store has a form that this release does not know,
            or it and the stamp contradict each other.
        uploading: the backup is not complete in the store yet (13).
    """

    reached: Level | None
    rows: tuple[Evidence, ...]
    problems: tuple[Problem, ...] = ()
    undecided: tuple[str, ...] = ()
    uploading: bool = False

    @property
    def reason(self) -> Reason | None:
        """What is wrong first."""
        return self.problems[0].reason if self.problems else None


class VerificationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a verification.

    Attributes:
        case: all that was read; `psbridge.verdict.store.judge_store` judges it again.
        verification: what it proves.
        problem: what `require()` raises: None if all that was asked for passed.
    """

    case: StoreCase
    verification: Verification
    problem: PsbridgeError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The code that the command line ends with."""
        return self.problem.exit_code if self.problem else ExitCode.OK

    def require(self) -> None:
        """Raise the problem, if there is one."""
        if self.problem:
            raise self.problem

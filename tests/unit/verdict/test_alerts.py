"""What to do about an open alert, by its title or fault type."""

from __future__ import annotations

import pytest

from psbridge.models.stamp import Alert
from psbridge.verdict.checks import remedy_for


# Titles seen on stamps (published alert lists) and the service's own alert classes (AzureStack-Tools).
@pytest.mark.parametrize(
    ("title", "fault_type", "word"),
    [
        ("Backup failed because file share is full", None, "free space"),
        (None, "AzureStack.BackupController.BackupFailedShareOutOfCapacityFault", "free space"),
        ("Backup failed because backup file share path is not valid", None, "correct its path"),
        ("Backup failed because of network connectivity issues", None, "name resolution"),
        ("Backup failed because can't access backup share", None, "rights of its user"),
        ("Cannot write to the backup file share", None, "start another"),
        ("Backup failed because of an unknown error", None, "support case"),
        ("Backup only partially completed because of an unexpected error", None, "start another"),
        ("Backup could not be deleted", None, "files that are in use"),
        ("Backup is not enabled for a location", None, "Set-AzsBackupConfiguration"),
        (None, "BackupSkippedWithFailedOperation", "held the backup back"),
        (None, "BackupSchedulerPaused", "scheduler"),
        (None, None, "support case"),
    ],
)
def test_each_known_alert_has_a_remedy(title: str | None, fault_type: str | None, word: str) -> None:
    assert word in remedy_for(Alert(title=title, fault_type=fault_type))

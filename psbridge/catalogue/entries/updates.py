"""The states of an update that block backups: `State` of Get-AzsUpdateLocation and of Get-AzsUpdate."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do

_SOURCE: Final = "Azure REST specification, update admin 2021-07-01"
_SEE: Final = ("explain:update_running", "troubleshooting#another-backup-or-an-update-is-in-the-way-7")
_LOOK: Final = do("See the state on the host.", "PS> Get-AzsUpdateLocation | Format-List Name, State, CurrentVersion")
_AFTER: Final = do("Start a backup when it has ended; a job may retry every hour.", "$ psbridge backup start")
_BLOCKED: Final = "The stamp refuses a start request and skips scheduled backups until it has ended."


def _running(id_: str, title: str) -> Entry:
    return Entry(
        id_,
        title,
        _BLOCKED,
        ("An operator started an update; it may take days.",),
        (_LOOK, do("See how far it is.", "PS> Get-AzsUpdate | Format-Table DisplayName, State"), _AFTER),
        see=_SEE,
        exit_code="busy",
        source=_SOURCE,
        inferred=True,
    )


def _failed(id_: str, title: str) -> Entry:
    return Entry(
        id_,
        title,
        "The stamp skips scheduled backups, and may refuse a start request, until the failed update is completed.",
        ("The update met an error; the portal (Update) shows the step that failed.",),
        (
            _LOOK,
            "Resume the update in the portal (Update) when its cause is gone. If it fails again, open a support case.",
            _AFTER,
        ),
        see=(*_SEE, "explain:BackupSkippedWithFailedOperationFault"),
        exit_code="busy",
        source=_SOURCE,
        inferred=True,
    )


ENTRIES: Final = (
    _running("UpdateInProgress", "an update of the stamp is installing"),
    _running("PreparationInProgress", "an update of the stamp is being prepared"),
    _running("Preparing", "this update is being prepared"),
    _running("Installing", "this update is installing"),
    _failed("UpdateFailed", "the last update of the stamp failed"),
    _failed("InstallationFailed", "the installation of this update failed"),
    _failed("PreparationFailed", "the preparation of an update failed"),
    Entry(
        "NeedsAttention",
        "the update service needs an operator",
        "It is not known whether the stamp makes backups in this state.",
        ("An update stopped and waits for a decision.",),
        (_LOOK, "Read the portal (Update).", do("Try a backup; a refusal starts nothing.", "$ psbridge backup start")),
        see=_SEE,
        source=_SOURCE,
        inferred=True,
    ),
)

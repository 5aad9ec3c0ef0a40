"""start, wait, list, show, confirm. They print nothing, read no clock but the one they are given, and own no sleep."""

from psbridge.operations.confirm import confirm
from psbridge.operations.link import Link
from psbridge.operations.reads import list_backups, read_settings, show_backup
from psbridge.operations.resume import wait
from psbridge.operations.start import StartOptions, dry_run, start
from psbridge.operations.work import Work

__all__ = [
    "Link",
    "StartOptions",
    "Work",
    "confirm",
    "dry_run",
    "list_backups",
    "read_settings",
    "show_backup",
    "start",
    "wait",
]

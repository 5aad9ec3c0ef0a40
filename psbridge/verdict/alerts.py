"""What to do about an open alert of the backup service, by its fault type or title.

The five documented failures and their remedies: Azure Stack Hub documentation, "Infrastructure Backup Service reference";
the other classes are named in the service's own alert definitions (AzureStack-Tools), their remedies are psbridge's.
"""

from __future__ import annotations

from typing import Final

from psbridge.models.alert import Alert

# Words in lower case, without spaces; the first row all of whose words are in the alert's fault type and title applies.
_TABLE: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("capacity",), "free space on the share, or add some"),
    (("full",), "free space on the share, or add some"),
    (("credential",), "correct the share's user name and password in the settings"),
    (("authentication",), "correct the share's user name and password in the settings"),
    (("path",), "open the share from another machine, and correct its path in the settings"),
    (("connect",), "check the network and name resolution between the stamp and the file server"),
    (("network",), "check the network and name resolution between the stamp and the file server"),
    (("access", "share"), "check that the share is there, and the credentials and rights of its user"),
    (("skipped",), "see which update or failed operation held the backup back; start one when it is over"),
    (("notconfigured",), "configure the share: Set-AzsBackupConfiguration"),
    (("notenabled",), "configure the share: Set-AzsBackupConfiguration"),
    (("paused",), "switch the scheduler on again, or go on starting backups yourself"),
    (("partial",), "start another; if roles fail again, open a support case"),
    (("delet",), "look at the share for files that are in use or whose rights were changed"),
)
_OTHERWISE: Final = "start another; if it fails again, open a support case"


def remedy_for(alert: Alert) -> str:
    """Return what to do about an alert."""
    words = "".join(f"{alert.fault_type or ''} {alert.title or ''}".split()).casefold()
    return next((remedy for row, remedy in _TABLE if all(word in words for word in row)), _OTHERWISE)

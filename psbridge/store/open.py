r"""Opens a store by what the user named: a folder of this machine, or `\\server\share\folder` over SMB."""

from __future__ import annotations

from psbridge.errors import UsageError
from psbridge.files import expanded
from psbridge.store.folder import FolderStore
from psbridge.store.reader import Store


def is_unc(where: str) -> bool:
    r"""Return whether a store is named as a share: `\\server\share`, or with slashes."""
    return where.startswith(("\\\\", "//"))


def open_store(where: str) -> Store:
    """Return a store; nothing is read yet.

    Raises:
        psbridge.UsageError: it names nothing, or a share, which must be mounted.
    """
    if not where.strip():
        raise UsageError("the store is empty", hint="If it comes from a variable, check that the variable is set.")
    if is_unc(where):
        raise UsageError(
            f"{where}: a share must be mounted on this machine",
            hint="Mount it read-only (mount -t cifs -o ro) and name the folder.",
        )
    return FolderStore(expanded(where))

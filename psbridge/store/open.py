r"""Opens a store by what the user named: a folder of this machine, or `\\server\share\folder` over SMB."""

from __future__ import annotations

from psbridge.errors import ConfigError, UsageError
from psbridge.files import expanded
from psbridge.models.target import StorePlace, is_unc
from psbridge.store.folder import FolderStore
from psbridge.store.reader import Store


def open_store(place: StorePlace) -> Store:
    """Return a store; nothing is read yet.

    Raises:
        psbridge.UsageError: it names nothing.
        psbridge.ConfigError: it is a share, and this machine lacks the package for it.
    """
    if not place.where.strip():
        raise UsageError("the store is empty", hint="If it comes from a variable, check that the variable is set.")
    return _share(place) if is_unc(place.where) else FolderStore(expanded(place.where))


def _share(place: StorePlace) -> Store:
    try:
        from psbridge.store.smb import SmbStore
    except ImportError as lacking:
        raise ConfigError(
            f"{place.where}: a share needs the package psbridge[smb], which this machine does not have",
            hint="Install it (pip install 'psbridge[smb]'), or mount the share read-only and name the folder.",
            detail={"reason": "package_missing"},
        ) from lacking
    return SmbStore(place.where, place.username, place.password)

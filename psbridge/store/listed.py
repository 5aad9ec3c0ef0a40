"""Whether paths that the stamp named are in the store."""

from __future__ import annotations

from collections.abc import Iterable

from psbridge.clock import Deadline
from psbridge.store.contents import find_root
from psbridge.store.reader import Entry, NotInStore, Store


def are_there(store: Store, paths: Iterable[str], deadline: Deadline) -> dict[str, bool]:
    """Return for each path whether the store has it; names are compared without case.

    The stamp's paths are relative to the share and begin with `masbackup`. The store may be that folder itself.

    Raises:
        psbridge.store.reader.StoreUnreadable: the store can't be listed, or is not one.
        psbridge.DeadlineExceeded: it timed out.
    """
    root = find_root(store, deadline)
    listed: dict[str, dict[str, Entry]] = {}

    def entries(folder: str) -> dict[str, Entry]:
        if folder not in listed:
            try:
                listed[folder] = {entry.name.lower(): entry for entry in store.entries(folder, deadline)}
            except NotInStore:
                listed[folder] = {}
        return listed[folder]

    def there(path: str) -> bool:
        names = [name for name in path.replace("\\", "/").lower().split("/") if name]
        folder = ""
        if not root and names[:1] == ["masbackup"]:
            names = names[1:]
        for name in names:
            entry = entries(folder).get(name)
            if entry is None:
                return False
            folder = f"{folder}/{entry.name}" if folder else entry.name
        return bool(names)

    return {path: there(path) for path in paths}

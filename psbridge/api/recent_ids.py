"""The ids that the last list showed, by target: all that shell completion knows of the stamp, so it never connects."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from psbridge.bounded_json import loads
from psbridge.files import private_folder, read_regular

_KEPT = 50
_LARGEST = 1 << 20
"""Bytes of the file; fifty ids of a target are 2 KiB."""


def remember(folder: Path, target: str, ids: Iterable[str]) -> None:
    """Keep ids for completion. A failure to keep them is ignored."""
    known = _read(folder)
    known[target] = list(ids)[:_KEPT]
    path = folder / "recent-ids.json"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        private_folder(folder)
        fresh.write_text(json.dumps(known), "utf-8")
        fresh.replace(path)


def recent_ids(folder: Path, target: str | None) -> list[str]:
    """Return the ids kept for a target; for None, of all targets."""
    known = _read(folder)
    return [id_ for name, ids in known.items() if target in {None, name} for id_ in ids]


def _read(folder: Path) -> dict[str, list[str]]:
    try:
        found = loads(read_regular(folder / "recent-ids.json", _LARGEST))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(name): [str(id_) for id_ in ids if isinstance(id_, str)]
        for name, ids in found.items()
        if isinstance(ids, list)
    }

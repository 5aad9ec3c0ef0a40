"""Shell completion from local data: target names, the ids of the last list, the journal. It never connects."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from itertools import takewhile
from typing import Any


def complete_target(incomplete: str) -> list[str]:
    """Return the matching targets; none from a config that can't be read."""
    return [name for name in (*_targets(), "demo") if name.startswith(incomplete)]


def complete_id(ctx: Any, incomplete: str) -> list[str]:
    """Return the matching backup ids, of the target on the command line or else of all targets."""
    from psbridge.api.folders import cache_folder
    from psbridge.api.recent_ids import recent_ids

    folder = cache_folder(os.environ)
    return [id_ for id_ in recent_ids(folder, _named(ctx)) if id_.startswith(incomplete)] if folder else []


def complete_id_or_latest(ctx: Any, incomplete: str) -> list[str]:
    """Return `latest` and the backup ids that match."""
    return [*(["latest"] if "latest".startswith(incomplete) else []), *complete_id(ctx, incomplete)]


def complete_run(incomplete: str) -> list[str]:
    """Return the matching run ids."""
    from psbridge.api.folders import state_folder
    from psbridge.errors import PsbridgeError

    try:
        folder = state_folder(None, os.environ) / "runs"
    except PsbridgeError:  # no state folder
        return []
    return sorted((path.stem for path in folder.glob(f"{incomplete}*.jsonl")), reverse=True)


def complete_entry(ctx: Any, incomplete: str) -> list[str]:
    """Return the matching names of what `explain` explains; after `--list`, the categories."""
    from psbridge.explain.entries import CATEGORIES, every

    names = CATEGORIES if ctx.params.get("listed") else (entry.id for entry in every())
    return [name for name in names if name.startswith(incomplete)]


def one_of(module: str, name: str) -> Callable[[str], list[str]]:
    """Return a completion of the words in an enum, a tuple or a mapping; its module is loaded when it is called."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in map(str, getattr(import_module(module), name)) if word.startswith(incomplete)]

    return complete


def _named(ctx: Any) -> str | None:
    while ctx is not None:
        found = ctx.params.get("target")
        if found:
            return str(found)
        ctx = ctx.parent
    return os.environ.get("PSBRIDGE_TARGET") or None


def _targets() -> list[str]:
    """Return the target names in the config, which is read without being checked."""
    from psbridge.config import files
    from psbridge.errors import PsbridgeError
    from psbridge.files import read_regular

    try:
        path = files.find(None, os.environ)
        if path is None:
            return []
        text = read_regular(path, files.MOST).decode("utf-8-sig")
    except (OSError, ValueError, PsbridgeError):
        return []
    names = target_lines(text)
    return _target_keys(text) if names is None else names


def target_lines(text: str) -> list[str] | None:
    """Return the names under `targets:` if each has its own line, as in almost every config; else None.

    This avoids the import of yaml, which takes longer than the rest of a completion.
    """
    lines = iter(text.splitlines())
    head = next((line for line in lines if line.startswith("targets:")), None)
    if head is None or not _blank(head.removeprefix("targets:")):
        return None
    below = [line for line in takewhile(lambda line: not line or line[0] in " #", lines) if not _blank(line)]
    indent = min((len(line) - len(line.lstrip(" ")) for line in below), default=0)
    keys = [line[indent:].partition(":") for line in below if line[indent] != " "]
    plain = all(_plain(name) and colon and rest[:1] in {"", " "} for name, colon, rest in keys)
    return [name for name, _, _ in keys] if keys and plain else None


def _plain(name: str) -> bool:
    return name.isascii() and name.translate({ord(mark): None for mark in "._-"}).isalnum()


def _blank(line: str) -> bool:
    """Return whether a line is empty or only a comment."""
    return line.lstrip(" ")[:1] in {"", "#"}


def _target_keys(text: str) -> list[str]:
    from psbridge.config import files
    from psbridge.yamlfile import Mapping, Scalar, YamlError

    try:
        root = files.tree(text)
    except YamlError:
        return []
    targets = root.get("targets") if isinstance(root, Mapping) else None
    return [key.text for key, _ in targets.pairs if isinstance(key, Scalar)] if isinstance(targets, Mapping) else []

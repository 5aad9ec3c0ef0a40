"""The wrapped keys of a backup, as `backup verify --wrapped-keys` saves them, proved where the key is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from psbridge.bounded_json import loads
from psbridge.documents.keys import KeyProblemBody, WrappedKeyBody, WrappedKeysDocument
from psbridge.documents.registry import from_plain
from psbridge.errors import UsageError
from psbridge.files import read_regular
from psbridge.store.key import HeldKey, WrongKey

_LARGEST: Final = 16 << 20
"""Bytes; a wrapped key with its names has some seven hundred."""


def read_wrapped_keys(path: Path) -> WrappedKeysDocument:
    """Return what `--wrapped-keys` saved.

    Raises:
        psbridge.UsageError: the file can't be read, or is another one.
    """
    hint = "Name the file that `psbridge backup verify --wrapped-keys FILE` wrote."
    try:
        document = from_plain(loads(read_regular(path, _LARGEST)))
    except OSError as wrong:
        raise UsageError(f"--against: {path} can't be read: {wrong.strerror}", hint=hint) from wrong
    except (ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise UsageError(f"--against: {path} is not a file of wrapped keys", hint=hint) from wrong
    if not isinstance(document, WrappedKeysDocument):
        raise UsageError(f"--against: {path} is a document of another kind, {document.kind}", hint=hint)
    if not document.keys:
        raise UsageError(f"--against: {path} has no wrapped key", hint="Save it at --level described or higher.")
    return document


def unopened(document: WrappedKeysDocument, key: HeldKey) -> tuple[KeyProblemBody, ...]:
    """Return the wrapped keys that a certificate does not open, and why."""
    found = ((each, _why(each, key)) for each in document.keys)
    return tuple(KeyProblemBody(it.repository, it.backup_id, it.thumbprint, why) for it, why in found if why)


def _why(each: WrappedKeyBody, key: HeldKey) -> str:
    if each.thumbprint and each.thumbprint != key.thumbprint:
        return f"it needs the certificate {each.thumbprint}; this is {key.thumbprint}"
    try:
        key.unwrap(each.wrapped_key)
    except WrongKey as wrong:
        return str(wrong)
    return ""

"""Every kind: its JSON Schema, and the way back from plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from psbridge.documents.alert import AlertListDocument
from psbridge.documents.backup import BackupDocument, BackupListDocument
from psbridge.documents.config import ConfigDocument, ConfigProblemsDocument, TargetListDocument
from psbridge.documents.doctor import DoctorDocument
from psbridge.documents.document import Document
from psbridge.documents.emulation import EmulationDocument
from psbridge.documents.encoding import to_plain
from psbridge.documents.error import ErrorDocument
from psbridge.documents.explanation import ExplanationDocument
from psbridge.documents.keys import KeyCheckDocument, WrappedKeysDocument
from psbridge.documents.notify_test import NotifyTestDocument
from psbridge.documents.progress import LogDocument, StageDocument, StartedDocument, StatusDocument
from psbridge.documents.proof import ProofCheckDocument, ProofDocument
from psbridge.documents.recovery import KeyListDocument, RecoverySheetDocument
from psbridge.documents.run import RunClosedDocument, RunDocument, RunListDocument
from psbridge.documents.settings import SettingsDocument
from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.documents.store_list import StoreListDocument
from psbridge.documents.verdict import DryRunDocument, VerdictDocument
from psbridge.documents.verification import VerificationDocument
from psbridge.wellformed import well_formed_all

KINDS: Final[dict[str, type[Document]]] = {
    "backup_list": BackupListDocument,
    "backup": BackupDocument,
    "verdict": VerdictDocument,
    "started": StartedDocument,
    "status": StatusDocument,
    "settings": SettingsDocument,
    "store_list": StoreListDocument,
    "error": ErrorDocument,
    "run_list": RunListDocument,
    "run": RunDocument,
    "run_closed": RunClosedDocument,
    "dry_run": DryRunDocument,
    "config": ConfigDocument,
    "config_problems": ConfigProblemsDocument,
    "target_list": TargetListDocument,
    "explanation": ExplanationDocument,
    "emulation": EmulationDocument,
    "notify_test": NotifyTestDocument,
    "log": LogDocument,
    "stage": StageDocument,
    "proof": ProofDocument,
    "proof_check": ProofCheckDocument,
    "key_list": KeyListDocument,
    "recovery_sheet": RecoverySheetDocument,
    "wrapped_keys": WrappedKeysDocument,
    "key_check": KeyCheckDocument,
    "verification": VerificationDocument,
    "stamp_status": StampStatusDocument,
    "alert_list": AlertListDocument,
    "doctor": DoctorDocument,
}
_ADDED_LATER = frozenset({"note", "rules"})
"""Keys of a proof that earlier ones do not have. Within its parts, those with a default came with the second rules."""
_BEFORE_STORES = 2
"""The rules of a proof that knows no stores; `_OF_STORES` are the keys of its observations that came after."""
_OF_STORES = frozenset({"store", "copy"})
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLACE = re.compile(r".* - at `\$\.(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) that every document fulfils; each kind is one of its `$defs`.

    Every key is required (unknown is null, never absent); others are allowed, because keys may be added.
    """
    kinds, parts = msgspec.json.schema_components(KINDS.values(), ref_template="#/$defs/{name}")
    required = {
        name: part | {"required": list(part["properties"])} if "properties" in part else part  # an enum has none
        for name, part in sorted(parts.items())
    }
    return {"$schema": _DIALECT, "title": "psbridge -o json", "oneOf": list(kinds), "$defs": required}


def from_plain(value: Mapping[str, Any]) -> Document:
    """Return the document that plain values were made from; keys that this release does not know are dropped.

    Raises:
        ValueError: the kind, the schema version or a value is not one of this release's, or a key is not there and
            is not one that an earlier proof lacks. Its text names no value.
    """
    kind = KINDS.get(str(value.get("kind")))
    if kind is None or value.get("schema_version") != 1:
        raise ValueError("not a psbridge document of schema_version 1 and a kind that this release knows")
    given = well_formed_all(value)
    later = _ADDED_LATER if kind is ProofDocument else frozenset[str]()
    absent = [name for name in kind.__struct_fields__ if name not in {*given, *later}]
    if not absent:
        document = _converted(given, kind)
        first_rules = kind is ProofDocument and "rules" not in given
        absent = [] if first_rules else [place for place in _absent(given, to_plain(document)) if place not in later]
        if kind is ProofDocument and given.get("rules") == _BEFORE_STORES:
            absent = [place for place in absent if place.rpartition(".")[2] not in _OF_STORES]
        if not absent:
            return document
    raise ValueError(f"a {given['kind']} document without {', '.join(absent)}")


def _converted(given: Mapping[str, Any], kind: type[Document]) -> Document:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        where = _place(str(error))
    raise ValueError(f"a {given['kind']} document whose values are not as its schema says: {where}")


def _absent(given: Any, whole: Any, place: str = "") -> Iterator[str]:
    """Yield the places of the keys that a document has a default for, and that it was read without."""
    if isinstance(whole, dict):
        for key, item in whole.items():
            if key in given:
                yield from _absent(given[key], item, f"{place}{key}.")
            else:
                yield f"{place}{key}"
    elif isinstance(whole, list):
        for at, item in enumerate(whole):
            yield from _absent(given[at], item, f"{place}{at}.")


def _place(text: str) -> str:
    """Return where msgspec found a wrong value, such as `backup.roles.0.name`; the rest of its text may hold the value."""
    found, missing = _PLACE.fullmatch(text), _MISSING.match(text)
    keys = re.findall(r"[^.\[\]]+", found[1]) if found else []
    return ".".join([*keys, *([missing[1]] if missing else [])])

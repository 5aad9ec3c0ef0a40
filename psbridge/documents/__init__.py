"""The machine-readable output: one frozen dataclass a JSON `kind`, builders from models, JSON and its schema."""

from typing import TYPE_CHECKING

from psbridge.documents.begins import begins_as
from psbridge.documents.builders import (
    backup,
    backup_body,
    backup_list,
    config,
    config_problems,
    dry_run,
    error,
    explanation,
    log,
    run,
    run_body,
    run_closed,
    run_list,
    settings,
    started,
    status,
    target_list,
    verdict,
)
from psbridge.documents.consistency import flaws
from psbridge.documents.mirrors import look_body
from psbridge.documents.plain import Plain, dumps, plain, to_json, to_plain
from psbridge.documents.proofs import checksum, grounds_of, proof
from psbridge.documents.schema import from_plain, schema
from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.documents.kinds import (
        KINDS,
        Document,
        EmulationDocument,
        EvidenceBody,
        MakerBody,
        ProofCheckDocument,
        ProofDocument,
    )

__all__ = [
    "KINDS",
    "Document",
    "EmulationDocument",
    "EvidenceBody",
    "MakerBody",
    "Plain",
    "ProofCheckDocument",
    "ProofDocument",
    "backup",
    "backup_body",
    "backup_list",
    "begins_as",
    "checksum",
    "config",
    "config_problems",
    "dry_run",
    "dumps",
    "error",
    "explanation",
    "flaws",
    "from_plain",
    "grounds_of",
    "log",
    "look_body",
    "plain",
    "proof",
    "run",
    "run_body",
    "run_closed",
    "run_list",
    "schema",
    "settings",
    "started",
    "status",
    "target_list",
    "to_json",
    "to_plain",
    "verdict",
]

__getattr__ = lazily(
    __name__,
    kinds=(
        "KINDS",
        "Document",
        "EmulationDocument",
        "EvidenceBody",
        "MakerBody",
        "ProofCheckDocument",
        "ProofDocument",
    ),
)

"""One frozen dataclass a JSON `kind`. Fields are the contract's keys in the contract's order; unknown is None.

Within a `schema_version` keys and kinds may be added, none is renamed or removed. A `…Body` is a part of documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.documents.kinds.backups import BackupBody, BackupDocument, BackupListDocument, RoleBody
    from psbridge.documents.kinds.emulation import EmulationDocument
    from psbridge.documents.kinds.every import KINDS, Document
    from psbridge.documents.kinds.problems import CodeBody, ErrorBody, ErrorDocument, ExplanationDocument, LogDocument
    from psbridge.documents.kinds.proofs import (
        AlertBody,
        CaseBody,
        LookBody,
        MakerBody,
        ProofCheckDocument,
        ProofDocument,
        WitnessBody,
    )
    from psbridge.documents.kinds.runs import RunBody, RunClosedDocument, RunDocument, RunListDocument
    from psbridge.documents.kinds.settings import (
        ConfigDocument,
        ConfigProblemsDocument,
        ProblemBody,
        SettingsBody,
        SettingsDocument,
        TargetBody,
        TargetListDocument,
    )
    from psbridge.documents.kinds.verdicts import (
        DryRunDocument,
        EvidenceBody,
        StampBody,
        StartedDocument,
        StatusDocument,
        VerdictDocument,
    )

__all__ = [
    "KINDS",
    "AlertBody",
    "BackupBody",
    "BackupDocument",
    "BackupListDocument",
    "CaseBody",
    "CodeBody",
    "ConfigDocument",
    "ConfigProblemsDocument",
    "Document",
    "DryRunDocument",
    "EmulationDocument",
    "ErrorBody",
    "ErrorDocument",
    "EvidenceBody",
    "ExplanationDocument",
    "LogDocument",
    "LookBody",
    "MakerBody",
    "ProblemBody",
    "ProofCheckDocument",
    "ProofDocument",
    "RoleBody",
    "RunBody",
    "RunClosedDocument",
    "RunDocument",
    "RunListDocument",
    "SettingsBody",
    "SettingsDocument",
    "StampBody",
    "StartedDocument",
    "StatusDocument",
    "TargetBody",
    "TargetListDocument",
    "VerdictDocument",
    "WitnessBody",
]

__getattr__ = lazily(
    __name__,
    backups=(
        "BackupBody",
        "BackupDocument",
        "BackupListDocument",
        "RoleBody",
    ),
    emulation=("EmulationDocument",),
    every=(
        "KINDS",
        "Document",
    ),
    problems=(
        "CodeBody",
        "ErrorBody",
        "ErrorDocument",
        "ExplanationDocument",
        "LogDocument",
    ),
    proofs=(
        "AlertBody",
        "CaseBody",
        "LookBody",
        "MakerBody",
        "ProofCheckDocument",
        "ProofDocument",
        "WitnessBody",
    ),
    runs=(
        "RunBody",
        "RunClosedDocument",
        "RunDocument",
        "RunListDocument",
    ),
    settings=(
        "ConfigDocument",
        "ConfigProblemsDocument",
        "ProblemBody",
        "SettingsBody",
        "SettingsDocument",
        "TargetBody",
        "TargetListDocument",
    ),
    verdicts=(
        "DryRunDocument",
        "EvidenceBody",
        "StampBody",
        "StartedDocument",
        "StatusDocument",
        "VerdictDocument",
    ),
)

"""All kinds: for the JSON Schema, and for reading a document back."""

from __future__ import annotations

from typing import get_args

from psbridge.documents.kinds.backups import BackupDocument, BackupListDocument
from psbridge.documents.kinds.emulation import EmulationDocument
from psbridge.documents.kinds.problems import ErrorDocument, ExplanationDocument, LogDocument
from psbridge.documents.kinds.proofs import ProofCheckDocument, ProofDocument
from psbridge.documents.kinds.runs import RunClosedDocument, RunDocument, RunListDocument
from psbridge.documents.kinds.settings import (
    ConfigDocument,
    ConfigProblemsDocument,
    SettingsDocument,
    TargetListDocument,
)
from psbridge.documents.kinds.verdicts import DryRunDocument, StartedDocument, StatusDocument, VerdictDocument

Document = (
    BackupListDocument
    | BackupDocument
    | VerdictDocument
    | StartedDocument
    | StatusDocument
    | SettingsDocument
    | ErrorDocument
    | RunListDocument
    | RunDocument
    | RunClosedDocument
    | DryRunDocument
    | ConfigDocument
    | ConfigProblemsDocument
    | TargetListDocument
    | ExplanationDocument
    | EmulationDocument
    | LogDocument
    | ProofDocument
    | ProofCheckDocument
)
KINDS: dict[str, type[Document]] = {kind.__struct_defaults__[1]: kind for kind in get_args(Document)}

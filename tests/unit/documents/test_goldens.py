"""What machines read stays as it is, byte for byte: golden files of each kind and of their schema."""

from __future__ import annotations

import math
import os
from enum import Enum
from pathlib import Path, PurePosixPath

import pytest

from psbridge.documents import encoding, proof, registry
from psbridge.documents.error import ErrorDocument
from psbridge.errors import PsbridgeError
from psbridge.models.backup import Backup
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.report import Report
from psbridge.models.secret import Secret
from psbridge.models.stamp import Alert
from psbridge.models.time import Instant
from psbridge.values import replace
from tests.support.backups import GOOD, ID, OLD, case
from tests.support.samples import CONTEXT, DOCUMENTS, MAKER, NYC, SETTINGS, VERDICT

FOLDER = Path(__file__).parents[2] / "data" / "documents"
WITNESSES = (
    Witness(Source.OBJECT, GOOD),
    Witness(Source.RAW, Backup(ID, completely_uploaded=True, is_automatic=False), ("completelyUploaded: True, False",)),
)
SEEN = case(
    settings=SETTINGS,
    listed=(GOOD, Backup(OLD, roles=())),
    alerts=(Alert("a1", "Backup failed", "Critical", "AzureStack.BackupController", Instant(10**17 + 7)), Alert()),
    intent_host_time=Instant(0),
    known_ids=(OLD,),
    inferred_checks=("duration",),
).with_observation(
    Observation.of(WITNESSES, 200, Instant.parse("2020-03-04T12:29:30.0000001Z")), Instant(15833249700000000), 60.5
)


class Colour(Enum):
    RED = "red"


ODD = {
    "bidirectional": "a\u202eb",
    "surrogate": "\udc80 \ud83d\udd11 \U0001f511",
    "control": "\x00\x1b\x7f\n",
    "numbers": [1e22, 1.0, 0.1, -0.0, 1e-7, 2**70, math.nan, math.inf, True],
    "bytes": b"\xff",
    "path": PurePosixPath("/a"),
    "set": frozenset({"b", "a", 1}),
    "tuple": (1, (None,)),
    "enum": [Colour.RED, Source.RAW],
    "secret": Secret("hunter2"),
    1: {None: 2, ("a", 1): 3},
    "\udc80": {},
}
GOLDENS = DOCUMENTS | {
    "error_odd": ErrorDocument.of(PsbridgeError("\u202e\udc80", detail=ODD)),
    "proof_whole": proof.ProofDocument.of(
        NYC,
        Report(
            VERDICT,
            action="started",
            context=CONTEXT,
            case=replace(SEEN, last_good=SEEN, max_age=86400.0),
            note="CHG\u202e",
        ),
        "2020-03-04T12:30:01Z",
        MAKER,
        rules=2,
    ),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_document_matches_its_golden_file(name: str) -> None:
    check(f"{name}.json", encoding.to_json(GOLDENS[name]))
    assert encoding.to_json(GOLDENS[name], line=True) == encoding.dumps(encoding.to_plain(GOLDENS[name]), indent=None)


def test_the_schema_matches_its_golden_file() -> None:
    check("schema.json", encoding.dumps(registry.schema()))


def test_each_golden_file_has_its_document() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*GOLDENS, "schema"}


def check(file: str, text: str) -> None:
    path = FOLDER / file
    if os.environ.get("UPDATE_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}\n", encoding="ascii")
    assert path.read_text("ascii") == f"{text}\n"

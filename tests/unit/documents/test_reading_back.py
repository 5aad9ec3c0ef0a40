"""Complete values in documents round-trip, field by field."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from psbridge.documents.backup import backup_body
from psbridge.documents.case import case_body, case_of
from psbridge.documents.encoding import to_json
from psbridge.documents.proof import ProofDocument
from psbridge.documents.registry import from_plain
from psbridge.documents.settings import settings_body
from psbridge.models.backup import Backup, Role
from psbridge.models.case import Case
from psbridge.models.observation import Observation
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.time import Instant, Span
from psbridge.values import replace
from tests.support.samples import PROOF

TEXT = st.none() | st.text()
FLAG = st.none() | st.booleans()
NUMBER = st.none() | st.integers()
SECONDS = st.floats(0, 1e9)
MOMENT = st.builds(Instant, st.integers(0, 10**17))
ROLES = st.none() | st.lists(st.builds(Role, st.text(), st.text())).map(tuple)
BACKUP = st.builds(
    *(
        Backup,
        st.text(),
        TEXT,
        TEXT,
        TEXT,
        ROLES,
        st.none() | MOMENT,
        st.none() | st.builds(Span, st.integers(0, 10**13)),
    ),
    *(TEXT, TEXT, TEXT, TEXT, FLAG, FLAG, FLAG, TEXT, TEXT),
)
SETTINGS = st.builds(
    *(BackupSettings, TEXT, TEXT, TEXT, TEXT, NUMBER, NUMBER, TEXT, FLAG, st.none() | MOMENT, st.none() | MOMENT, TEXT)
)
LOOK = st.builds(
    *(Observation, st.none() | BACKUP, NUMBER, st.booleans(), st.booleans(), st.none() | MOMENT, st.just(())),
    *(MOMENT, MOMENT, SECONDS, st.integers(1)),
)
ALERT = st.builds(Alert, TEXT, TEXT, TEXT, TEXT, st.none() | MOMENT)
CASE = st.builds(
    *(Case, st.text(), st.booleans(), st.booleans(), SECONDS, st.booleans(), st.booleans()),
    *(st.lists(BACKUP, max_size=3).map(tuple), st.booleans(), MOMENT, SECONDS, st.lists(LOOK, max_size=3).map(tuple)),
    *(st.none() | SETTINGS, st.none() | st.lists(ALERT, max_size=2).map(tuple), st.booleans()),
)


@given(CASE)
def test_a_case_round_trips_through_json(case: Case) -> None:
    document = replace(PROOF, observations=case_body(case))
    again = from_plain(json.loads(to_json(document)))
    assert isinstance(again, ProofDocument)
    assert case_of(again.observations) == case


@pytest.mark.parametrize(("written", "made"), [(backup_body, Backup("x")), (settings_body, BackupSettings())])
def test_every_field_of_a_model_shows_in_its_body(written, made) -> None:
    values = {"roles": (), "completed_at": Instant(7), "duration": Span(10**7), "next_backup_time": Instant(8)}
    values["last_backup_time"] = Instant(9)
    plain = written(made)
    for each in fields(made):
        assert written(replace(made, **{each.name: values.get(each.name, "other")})) != plain, each.name

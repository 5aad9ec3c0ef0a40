"""Documents have the keys that machines rely on, and only values that JSON can hold."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.documents import encoding, registry
from psbridge.documents.backup import BackupDocument, BackupListDocument, backup_body
from psbridge.documents.error import ErrorDocument
from psbridge.documents.registry import KINDS
from psbridge.documents.verdict import VerdictDocument
from psbridge.errors import PrerequisiteError, PsbridgeError, Trigger
from psbridge.models.backup import Backup, Role
from psbridge.models.secret import Secret
from psbridge.models.time import Instant, Span
from tests.support.samples import DEMO, DOCUMENTS, GOOD, ID, NYC, REPORT

BACKUP_KEYS = [
    *("id", "name", "location", "status", "roles", "started_at", "completed_at", "duration_seconds"),
    *("stamp_version", "oem_version", "deployment_id", "encryption_cert_thumbprint", "is_cloud_recovery_ready"),
    *("completely_uploaded", "is_automatic", "data_version", "resource_id"),
]
KEYS = {
    "backup_list": ["target", "emulated", "backups"],
    "backup": ["target", "emulated", "backup"],
    "verdict": [
        *("target", "emulated", "action", "run", "verdict", "exit_code", "backup", "last_good", "upload_proof"),
        *("evidence", "stamp", "reason", "retry_at"),
    ],
    "started": ["target", "emulated", "run", "id", "action"],
    "status": [
        *("target", "emulated", "id", "status", "elapsed_seconds", "eta_seconds", "roles_done", "roles_total"),
    ],
    "settings": ["target", "emulated", "settings"],
    "error": ["error"],
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_document_has_its_keys_in_their_order(kind: str) -> None:
    plain = encoding.to_plain(DOCUMENTS[kind])
    assert list(plain) == ["schema_version", "kind", *KEYS[kind]]
    assert (plain["schema_version"], plain["kind"]) == (1, kind)


def test_a_backup_has_exactly_its_keys() -> None:
    plain = json.loads(encoding.to_json(BackupDocument.of(NYC, Backup(ID))))
    assert list(plain["backup"]) == BACKUP_KEYS
    assert all(value is None for key, value in plain["backup"].items() if key != "id")


def test_times_keep_their_seven_decimals_and_end_in_z() -> None:
    body = backup_body(GOOD)
    assert body.completed_at == "2020-03-04T12:22:18.7883083Z"
    assert body.started_at == "2020-03-04T12:17:02.7277801Z"
    assert body.duration_seconds == 316.0605282


def test_roles_that_were_not_read_are_null_and_none_at_all_is_an_empty_list() -> None:
    assert encoding.to_plain(BackupDocument.of(NYC, Backup(ID)))["backup"]["roles"] is None
    assert encoding.to_plain(BackupDocument.of(NYC, Backup(ID, roles=())))["backup"]["roles"] == []


@cache
def validator() -> jsonschema.Draft202012Validator:
    """Return what validates documents by the schema, which is made once: a test below checks the schema itself."""
    return jsonschema.Draft202012Validator(registry.schema())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_matches_the_schema_and_round_trips(name: str) -> None:
    plain = json.loads(encoding.to_json(DOCUMENTS[name]))
    validator().validate(plain)
    assert registry.from_plain(plain | {"a_later_key": 1}) == DOCUMENTS[name]


def test_every_kind_has_a_sample_for_the_schema() -> None:
    assert {document.kind: type(document) for document in DOCUMENTS.values()} == KINDS


def test_the_schema_refuses_a_document_that_lacks_a_key() -> None:
    plain = encoding.to_plain(DOCUMENTS["verdict"])
    validator = jsonschema.Draft202012Validator(registry.schema())
    for key in plain:
        less = {k: v for k, v in plain.items() if k != key}
        assert not validator.is_valid(less)
        with pytest.raises(ValueError):
            registry.from_plain(less)


def test_a_missing_key_with_a_default_is_reported_except_in_the_oldest_proofs() -> None:
    plain = encoding.to_plain(DOCUMENTS["proof"])
    del plain["observations"]["looks"][0]["witnesses"], plain["observations"]["inferred_checks"]
    with pytest.raises(
        ValueError, match=r"^a proof document without observations\.looks\.0\.witnesses, observations\.inferred_checks$"
    ):
        registry.from_plain(plain)
    del plain["rules"], plain["note"]
    assert registry.from_plain(plain) == DOCUMENTS["proof"]


def test_the_schema_itself_is_valid_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(registry.schema())


def test_a_value_of_the_wrong_type_is_reported_by_its_place_only() -> None:
    plain = encoding.to_plain(DOCUMENTS["backup"]) | {"emulated": "hunter2"}
    with pytest.raises(ValueError, match="emulated") as caught:
        registry.from_plain(plain)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda plain: plain.update(verdict="hunter2"), "verdict"),
        (lambda plain: plain.update(emulated="hunter2 - at `$.target`"), "emulated"),
        (lambda plain: plain["backup"].update(duration_seconds="hunter2"), "backup.duration_seconds"),
        (lambda plain: plain["backup"]["roles"][1].update(status=["hunter2"]), "backup.roles.1.status"),
        (lambda plain: plain["backup"].pop("id"), "backup.id"),
        (lambda plain: plain.update(evidence="hunter2"), "evidence"),
        (lambda plain: plain.update(exit_code=True), "exit_code"),
        (lambda plain: plain.update(exit_code=3.5), "exit_code"),
    ],
)
def test_a_wrong_value_is_reported_without_the_value(spoil, place: str) -> None:
    plain = encoding.to_plain(DOCUMENTS["verdict"])
    spoil(plain)
    with pytest.raises(ValueError) as caught:
        registry.from_plain(plain)
    assert str(caught.value) == f"a verdict document whose values are not as its schema says: {place}"


def test_json_lines_are_one_line_and_json_is_indented() -> None:
    assert "\n" not in encoding.to_json(DOCUMENTS["verdict"], line=True)
    assert encoding.to_json(DOCUMENTS["started"]).startswith('{\n  "schema_version": 1,\n  "kind": "started"')


def test_the_demo_target_is_marked_in_every_document_of_a_target() -> None:
    assert BackupListDocument.of(DEMO, []).emulated
    assert VerdictDocument.of(DEMO, REPORT).emulated
    assert BackupDocument.of(DEMO, GOOD).emulated


def test_the_stamp_names_the_context_and_the_location() -> None:
    stamp = encoding.to_plain(DOCUMENTS["verdict"])["stamp"]
    keys = ["environment", "subscription_id", "subscription_name", "tenant", "account", "location"]
    assert list(stamp) == keys
    assert stamp["location"] == "redmond"


def test_an_error_carries_its_code_hint_trigger_and_detail() -> None:
    error = PrerequisiteError("no module", hint="install it", trigger=Trigger.SENT, detail={"a": (1, {2})})
    assert encoding.to_plain(ErrorDocument.of(error))["error"] == {
        "code": "prerequisite",
        "exit_code": 10,
        "message": "no module",
        "hint": "install it",
        "id": None,
        "trigger": "sent",
        "detail": {"a": [1, [2]]},
        "explain": "prerequisite",
    }


def test_a_secret_in_a_detail_shows_its_mask() -> None:
    error = PsbridgeError("x", detail={"password": Secret("hunter2"), "list": [Secret("hunter2")]})
    assert "hunter2" not in encoding.to_json(ErrorDocument.of(error))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(detail=st.dictionaries(st.text(), anything))
def test_no_detail_breaks_json_and_nan_is_never_written(detail: dict[str, object]) -> None:
    text = encoding.to_json(ErrorDocument.of(PsbridgeError("x", detail=detail)), line=True)
    text.encode("ascii")
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert "\n" not in text


backups = st.builds(
    Backup,
    id=st.just(ID),
    status=st.none() | st.text(),
    roles=st.none() | st.lists(st.builds(Role, st.text(), st.text())).map(tuple),
    completed_at=st.none() | st.integers(0, 10**17).map(Instant),
    duration=st.none() | st.integers(0, 10**13).map(Span),
)


@given(st.lists(backups, max_size=3))
def test_any_backup_round_trips(found: list[Backup]) -> None:
    document = BackupListDocument.of(NYC, found)
    assert registry.from_plain(json.loads(encoding.to_json(document))) == document


def test_importing_documents_render_and_config_imports_nothing_heavy() -> None:
    code = "import sys, psbridge.documents.registry, psbridge.render.writers, psbridge.config.load; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "psbridge.documents.backup" in loaded
    assert loaded.isdisjoint({"pydantic", "rich", "yaml", "typer", "pypsrp", "jsonschema", "dataclasses"})
    assert loaded.isdisjoint(f"psbridge.{name}" for name in ("api", "operations", "remoting", "journal", "emulator"))

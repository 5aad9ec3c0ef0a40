"""Each fault of an emulated store, and the lowest level that finds it. Writer and reader share no code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.share import StoreFault, StoreOptions
from psbridge.emulator.store import write_store
from psbridge.models.secret import Secret
from psbridge.models.verification import Level, Reason, Verification
from psbridge.store.folder import FolderStore
from psbridge.store.key import open_key
from psbridge.store.verify import Wanted, verify_store
from psbridge.verdict.store import judge_store

SUBSCRIPTIONS = "WAS;WasService;-;Microsoft.AzureStack.Subscriptions"
ROLES = ("NRP", "SRP", "WAS", "KeyVaultInternalDataPlane")


def verified(
    folder: Path, *faults: StoreFault, uploaded: bool = True, stamp: Stamp | None = None, **options
) -> Verification:
    """Write a store and read it up to the highest level; without a stamp, one with these faults and options."""
    how = StoreOptions(faults=faults, **options) if stamp is None else None
    stamp = stamp or Stamp(Scenario("store", "", history=3, roles=ROLES))
    written = write_store(folder / "share", stamp, how)
    identity = stamp.inside()[0].identity
    wanted = Wanted(
        id=written.backups[0],
        status="Succeeded",
        uploaded=uploaded,
        deployment_id=identity.deployment_id,
        stamp_version=identity.stamp_version,
        thumbprint=written.thumbprint,
    )
    key = open_key(written.write_pfx(folder / "key.pfx"), Secret("rehearsal"))
    deadline = Deadline.after(SystemClock(), 600)
    return judge_store(verify_store(FolderStore(folder / "share"), wanted, Level.READABLE, key, deadline=deadline))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layout": "legacy"},
        {"oaep": "sha1"},
        {"info_named": "time"},
        {"chain": 1},
        {"chain": 2},
        {"size": 1},
        {"size": 300_000},
        {"faults": (StoreFault("oaep", "sha1"),)},
        {"faults": (StoreFault("unknown_elements", value=True),)},
        {"faults": (StoreFault("key_inside", value=True),)},
        {"faults": (StoreFault("missing", "recoverypoint"),)},
        {"faults": (StoreFault("missing", "registrations"),)},
        {"faults": (StoreFault("missing", "both", "WAS;WasService;-;-"),)},  # no recovery needs it
    ],
    ids=lambda options: "-".join(map(str, options.values())) if "faults" not in options else options["faults"][0].what,
)
def test_what_is_no_fault_passes_every_level(tmp_path, options):
    faults = options.pop("faults", ())
    found = verified(tmp_path, *faults, **options)
    assert (found.reached, found.problems, found.undecided, found.uploading) == (Level.READABLE, (), (), False)


PRESENT, DESCRIBED, OPENABLE, WHOLE, READABLE = Level
ROWS = [
    (("missing", "data"), PRESENT, Reason.MISSING),
    (("missing", "metadata"), PRESENT, Reason.MISSING),
    (("missing", "both"), PRESENT, Reason.MISSING),
    (("truncated", 0), PRESENT, Reason.DAMAGED),
    (("truncated", 50), PRESENT, Reason.DAMAGED),
    (("truncated", -5), PRESENT, Reason.DAMAGED),
    (("uploaded", 0.5), PRESENT, Reason.MISSING),
    (("uploaded", 0.0), PRESENT, Reason.MISSING),
    (("altered", 600, None, 1, "metadata"), DESCRIBED, Reason.DAMAGED),
    (("truncated", -20, None, 1, "metadata"), DESCRIBED, Reason.DAMAGED),
    (("chain", "hole"), DESCRIBED, Reason.CHAIN),
    (("chain", "no-full"), DESCRIBED, Reason.CHAIN),
    (("chain", "other-full"), DESCRIBED, Reason.CHAIN),
    (("chain", "unknown-previous"), DESCRIBED, Reason.CHAIN),
    (("thumbprint", "other", SUBSCRIPTIONS, 2), DESCRIBED, Reason.CHAIN),
    (("other_stamp", "metadata"), DESCRIBED, Reason.OTHER_STAMP),
    (("other_stamp", "info"), DESCRIBED, Reason.OTHER_STAMP),
    (("status", "Failed"), DESCRIBED, Reason.MISSING),
    (("thumbprint", "other"), OPENABLE, Reason.WRONG_KEY),
    (("wrapped_key", "other-certificate"), OPENABLE, Reason.DAMAGED),
    (("wrapped_key", "noise"), OPENABLE, Reason.DAMAGED),
    (("wrapped_key", "short"), OPENABLE, Reason.DAMAGED),
    (("wrapped_key", "no-base64"), OPENABLE, Reason.DAMAGED),
    (("wrapped_key", "other-backup"), WHOLE, Reason.DAMAGED),
    (("altered", 40), WHOLE, Reason.DAMAGED),
    (("altered", 200), WHOLE, Reason.DAMAGED),
    (("altered", -1), WHOLE, Reason.DAMAGED),
    (("truncated", -16), WHOLE, Reason.DAMAGED),
    (("swapped_with", 2), WHOLE, Reason.DAMAGED),
    (("swapped_with", "SRP;SRP;-;-"), READABLE, Reason.DAMAGED),
    (("altered", 12), READABLE, Reason.DAMAGED),  # the IV, which no HMAC covers
    (("content", "noise"), READABLE, Reason.DAMAGED),
    (("content", "bad-crc"), READABLE, Reason.DAMAGED),
    (("content", "empty"), READABLE, Reason.DAMAGED),
    (("altered", 200, SUBSCRIPTIONS, 3), WHOLE, Reason.DAMAGED),  # the full one of the newest's chain
]


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("fault", "level", "reason"),
    ROWS,
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_a_fault_is_found_at_the_lowest_level_that_can(tmp_path, fault, level, reason):
    found = verified(tmp_path, StoreFault(*fault))
    assert (found.problems[0].level, found.problems[0].reason) == (level, reason)
    below = [each for each in Level if list(Level).index(each) < list(Level).index(level)]
    assert found.reached == (below[-1] if below else None)
    assert found.undecided == ()


STORES = {
    "store-missing": (PRESENT, Reason.MISSING),
    "store-half": (PRESENT, Reason.MISSING),
    "store-chain": (DESCRIBED, Reason.CHAIN),
    "store-foreign": (DESCRIBED, Reason.OTHER_STAMP),
    "store-wrong-key": (OPENABLE, Reason.WRONG_KEY),
    "store-damaged": (WHOLE, Reason.DAMAGED),
    "store-unrecognized": None,
    "store-unregistered": (None, None),
    "store-key-inside": (None, None),
    "store-legacy": (None, None),
}


def test_every_scenario_of_a_store_has_an_expectation_here():
    assert set(STORES) == {name for name in SCENARIOS if name.startswith("store-")}


@pytest.mark.parametrize("name", STORES)
def test_a_scenario_of_the_store_is_found(tmp_path, name):
    scenario = replace(SCENARIOS[name], roles=ROLES, history=3)
    found = verified(tmp_path, stamp=Stamp(scenario))
    if STORES[name] is None:
        assert found.undecided
        assert found.problems == ()
    elif STORES[name] == (None, None):
        assert (found.reached, found.problems, found.undecided) == (READABLE, (), ())
    else:
        assert (found.problems[0].level, found.problems[0].reason) == STORES[name]


@pytest.mark.parametrize(
    "fault", [("magic", 2), ("encryption", 1), ("authentication", 3), ("altered", 0), ("data_version", "2.0.0")]
)
def test_what_no_release_knows_is_neither_good_nor_bad(tmp_path, fault):
    found = verified(tmp_path, StoreFault(*fault))
    assert found.undecided
    assert found.problems == ()


def test_an_inner_layer_of_another_key_is_not_checked(tmp_path):
    found = verified(tmp_path, StoreFault("content", "encrypted"))
    assert found.problems == ()
    assert any(each.check == "inner_layer" for each in found.rows)


def test_a_backup_that_the_stamp_still_uploads_is_not_missing(tmp_path):
    found = verified(tmp_path, StoreFault("uploaded", 0.5), uploaded=False)
    assert found.uploading


def test_progress_goes_forward_to_all_that_was_to_be_read(tmp_path):
    written = write_store(
        tmp_path / "share", Stamp(Scenario("store", "", history=1, roles=ROLES)), StoreOptions(size=50_000)
    )
    key = open_key(written.write_pfx(tmp_path / "key.pfx"), Secret("rehearsal"))
    deadline, seen = Deadline.after(SystemClock(), 600), []
    wanted = Wanted(id=written.backups[0])
    verify_store(FolderStore(written.folder), wanted, Level.READABLE, key, deadline=deadline, observe=seen.append)
    assert [it.bytes for it in seen] == sorted(it.bytes for it in seen)
    assert (seen[-1].files, seen[-1].bytes) == (seen[-1].of_files, seen[-1].of_bytes)
    assert seen[-1].eta_seconds == 0

"""A store that was damaged at random: whatever a level covers is noticed, and nothing crashes the reader or makes it pass."""

from __future__ import annotations

import base64
import binascii
import json

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store import write_store
from psbridge.errors import PsbridgeError
from psbridge.models import verification
from psbridge.models.secret import Secret
from psbridge.models.verification import Level, Reason, Verification
from psbridge.store.key import open_key
from psbridge.store.metadata import NotRecognized, Unreadable, snapshot_metadata
from psbridge.store.reader import NotInStore, StoreUnreadable
from psbridge.store.verify import Wanted, verify_store
from psbridge.values import replace
from psbridge.verdict.store import judge_store, problem_of
from tests.support import tiers
from tests.support.fakes.memory_store import MemoryStore


class Share:
    """A share of an emulated stamp, in memory, with a backup of it that passes every level."""

    def __init__(self, folder, layout: str) -> None:
        stamp = Stamp(Scenario("store", "", history=3, roles=("NRP", "WAS")))
        written = write_store(folder / "share", stamp, StoreOptions(layout=layout, size=200))
        self.ids = written.backups
        self.files = MemoryStore.of(written.folder).files
        self.key = open_key(written.write_pfx(folder / "key.pfx"), Secret("rehearsal"))
        identity = stamp.inside()[0].identity
        self.wanted = Wanted(
            id=written.backups[0],
            status="Succeeded",
            uploaded=True,
            deployment_id=identity.deployment_id,
            stamp_version=identity.stamp_version,
            thumbprint=written.thumbprint,
        )
        case = self.read(MemoryStore(self.files))
        self.healthy = judge_store(case)
        assert passed(self.healthy)
        self.metadata = sorted(it.metadata.path for it in case.snapshots if it.metadata is not None)
        self.data = sorted(
            it.data.path for it in case.snapshots if it.data and it.readable.result is verification.TestResult.PASS
        )
        self.needed = sorted(self.metadata + self.data)
        self.essential = sorted(
            each for each in self.needed if any(f"{it}." in each or f"{it}/" in each for it in case.essential)
        )

    def backup_of(self, path: str) -> str:
        """Return the id of the backup that a file is of."""
        return next(each for each in self.ids if each in path)

    def read(self, store: MemoryStore):
        deadline = Deadline.after(SystemClock(), 600)
        return verify_store(store, self.wanted, Level.READABLE, self.key, deadline=deadline)

    def verified(self, files) -> Verification | PsbridgeError:
        """Return what is found; nothing but an error for users may be raised."""
        return self.found(MemoryStore(files))

    def found(self, store: MemoryStore) -> Verification | PsbridgeError:
        """As `verified`."""
        try:
            case = self.read(store)
        except PsbridgeError as error:
            return error
        found = judge_store(case)
        assert passed(found) == (problem_of(case, found) is None)
        return found


def passed(found: Verification | PsbridgeError) -> bool:
    """Return whether nothing at all was found wrong."""
    if isinstance(found, PsbridgeError):
        return False
    return not found.problems and not found.undecided and not found.uploading and found.reached is Level.READABLE


@pytest.fixture(scope="module", params=["progressive", "legacy"])
def share(request, tmp_path_factory):
    return Share(tmp_path_factory.mktemp(request.param), request.param)


def altered(data: bytes, at: int, by: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


@settings(max_examples=tiers.examples(200))
@given(which=st.integers(0, 10_000), at=st.integers(0, 400), by=st.integers(1, 255))
@example(which=0, at=14, by=1)  # the version that the first member needs
@example(which=0, at=25, by=128)  # the last byte of the IV
def test_an_altered_byte_of_a_data_file_is_noticed(share, which, at, by):
    path = share.data[which % len(share.data)]
    at %= len(share.files[path])
    found = share.verified({**share.files, path: altered(share.files[path], at, by)})
    if at < 10:
        assert found.undecided
        assert not found.problems
    else:
        assert [it.level for it in found.problems] == [Level.READABLE if at < 26 else Level.WHOLE]
        assert path in found.problems[0].text


@settings(max_examples=tiers.examples(200))
@given(which=st.integers(0, 10_000), at=st.integers(0, 10_000), by=st.integers(1, 255))
def test_an_altered_byte_of_metadata_is_noticed(share, which, at, by):
    path = share.metadata[which % len(share.metadata)]
    data = altered(share.files[path], at, by)
    found = share.verified({**share.files, path: data})
    assert passed(found) == (_meaning(data) == _meaning(share.files[path]))


def _meaning(data: bytes):
    """Return what the levels cover of metadata: not the time, and neither the case of names nor unused bits of base64."""
    try:
        found = snapshot_metadata(data)
        key = base64.b64decode(found.wrapped_key, validate=True)
    except (Unreadable, NotRecognized, binascii.Error):
        return None
    name = found.repository.casefold()
    return replace(found, repository=name, wrapped_key=key.hex(), created="" if not found.created else "some time")


@settings(max_examples=tiers.examples(120))
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6))
def test_a_missing_file_of_a_repository_that_a_recovery_needs_is_noticed(share, which):
    gone = {share.essential[each % len(share.essential)] for each in which}
    found = share.verified({path: data for path, data in share.files.items() if path not in gone})
    assert found.problems
    assert {it.reason for it in found.problems} <= {Reason.MISSING, Reason.CHAIN}


@settings(max_examples=tiers.examples(120))
@given(which=st.integers(0, 10_000), size=st.integers(0, 10_000))
def test_a_file_that_is_cut_off_is_noticed(share, which, size):
    path = share.needed[which % len(share.needed)]
    data = share.files[path]
    assume(data[: size % len(data)].strip() != data.strip())
    found = share.verified({**share.files, path: data[: size % len(data)]})
    assert found.problems[0].reason is Reason.DAMAGED


@settings(max_examples=tiers.examples(120))
@given(one=st.integers(0, 10_000), other=st.integers(0, 10_000))
def test_two_files_that_are_swapped_are_noticed(share, one, other):
    first, second = (share.needed[each % len(share.needed)] for each in (one, other))
    assume(share.files[first] != share.files[second])
    # One backup has one key, and an HMAC covers no name; the content of most repositories is not known.
    assume(not ({first, second} <= set(share.data) and share.backup_of(first) == share.backup_of(second)))
    assert not passed(share.verified({**share.files, first: share.files[second], second: share.files[first]}))


_TEXTS = st.sampled_from(
    ["BackupSnapshot", "BackupInfo", "BackupId", "BackupDataVersion", "1.1.0", "Full", "x", "é", ""]
)
_XML = st.recursive(
    _TEXTS, lambda inner: st.builds("<{0}>{1}</{0}>".format, _TEXTS, st.lists(inner, max_size=4).map("".join))
).map(str.encode)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["RoleName", "RepositoryName", "EssentialForCloudRecovery", "DoubleEncryptionRequired"]),
            inner,
        )
    ),
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=tiers.examples(80))
@given(which=st.integers(0, 10_000), data=st.binary(max_size=300) | _XML | _JSON)
@example(which=0, data="<BackupSnapshot/>".encode("utf-16"))
@example(which=0, data=b'<!DOCTYPE a [<!ENTITY b "c">]><BackupSnapshot>&b;</BackupSnapshot>')
def test_anything_in_place_of_a_file_is_noticed(share, which, data):
    path = share.needed[which % len(share.needed)]
    assert not passed(share.verified({**share.files, path: data}))


@settings(max_examples=tiers.examples(80))
@given(which=st.integers(0, 10_000), data=st.binary(max_size=300) | _XML | _JSON)
def test_anything_in_place_of_any_file_crashes_nothing(share, which, data):
    path = sorted(share.files)[which % len(share.files)]
    found = share.verified({**share.files, path: data})
    assert not (passed(found) and path in share.needed)


_NAMES = st.text("AB;-_.\u2028/ ", min_size=1, max_size=8) | st.sampled_from(
    ["MASBackup", "masbackup", "ProgressiveBackup", "1.2.3", "9" * 400 + ".1", "٣.٣", "202601010000", "A;B;-;C"]
)


@settings(max_examples=tiers.examples(120))
@given(st.dictionaries(st.lists(_NAMES, max_size=5).map("/".join), st.binary(max_size=4), max_size=8))
def test_names_of_any_form_crash_nothing(share, names):
    found = share.verified({path.replace("//", "/").strip("/") or "x": data for path, data in names.items()})
    assert not passed(found)


@pytest.mark.sweep
@pytest.mark.parametrize("error", [NotInStore("x"), StoreUnreadable("the share went away")], ids=["gone", "unreadable"])
def test_what_goes_away_at_any_step_crashes_nothing(share, error):
    whole = MemoryStore(share.files)
    share.found(whole)
    assert whole.calls > len(share.needed)
    for at in range(1, whole.calls + 1):
        found = share.found(MemoryStore(share.files, failing=lambda call, at=at: error if call == at else None))
        if isinstance(error, StoreUnreadable):
            assert found is error

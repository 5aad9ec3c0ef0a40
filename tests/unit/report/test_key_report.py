"""Which key is needed by which backup, and what is warned of."""

from __future__ import annotations

from datetime import timedelta

from psbridge.journal.keys import KeyBook
from psbridge.models.backup import Backup
from psbridge.models.keys import LastVerification, OpenedKey
from psbridge.models.stamp import BackupSettings
from psbridge.models.time import Instant
from psbridge.report.key_report import key_needs
from psbridge.values import replace

NOW = Instant.parse("2026-03-04T12:00:00Z")
NEW, OLD = "AA" * 20, "BB" * 20
KEY = OpenedKey(
    thumbprint=NEW,
    subject="CN=backup",
    serial="0A1B",
    not_after=Instant.parse("2027-03-04T12:00:00Z"),
    path="/root/backup.pfx",
    machine="admin01",
    opened_at=NOW,
    backup_id="1",
)
SETTINGS = BackupSettings(encryption_cert_thumbprint=NEW.lower())
BACKUPS = [Backup("2", encryption_cert_thumbprint=NEW), Backup("1", encryption_cert_thumbprint=OLD), Backup("0")]


def test_the_certificate_in_the_settings_is_first_and_each_has_its_backups():
    current, older = key_needs(SETTINGS, BACKUPS, [KEY], NOW)
    assert (current.thumbprint, current.in_settings, current.backups, current.opened) == (NEW, True, ("2",), KEY)
    assert current.warnings == ()
    assert (older.thumbprint, older.in_settings, older.backups, older.opened) == (OLD, False, ("1",), None)
    assert ["never opened" in older.warnings[0], "not the certificate in the settings" in older.warnings[1]] == [
        True
    ] * 2


def test_a_certificate_that_only_the_store_needs_is_listed_and_warned_of():
    stored = {NEW: ("2", "1"), "DD" * 20: ("9",)}
    current, older, only = key_needs(SETTINGS, BACKUPS, [KEY], NOW, stored)
    assert (current.in_store, older.in_store) == (("2", "1"), ())
    assert (only.thumbprint, only.backups, only.in_store) == ("DD" * 20, (), ("9",))
    assert len(only.warnings) == 2


def test_a_certificate_is_warned_of_within_60_days_of_its_end():
    for days, text in ((61, None), (59, "it expires in 59 days"), (-1, "it has expired")):
        end = Instant.of(NOW.as_datetime() + timedelta(days=days))
        (key,) = key_needs(SETTINGS, (), [replace(KEY, not_after=end)], NOW)
        assert [text is not None and text in each for each in key.warnings] == ([True] if text else [])


def test_without_settings_no_certificate_is_called_old():
    needs = key_needs(None, BACKUPS, [], NOW)
    assert [each.thumbprint for each in needs] == [NEW, OLD]
    assert not any("settings" in text for each in needs for text in each.warnings)


def test_no_sentence_says_that_a_key_may_go():
    for each in key_needs(SETTINGS, BACKUPS, [KEY, replace(KEY, thumbprint="CC" * 20)], NOW):
        assert not any(word in text for text in each.warnings for word in ("discard", "delete", "no longer needed"))


def test_the_newest_opening_of_each_key_is_kept_for_this_user_only(tmp_path):
    book = KeyBook(tmp_path)
    assert book.all() == []
    book.opened(KEY)
    later = replace(KEY, opened_at=Instant.parse("2026-03-05T12:00:00Z"), backup_id="2")
    book.opened(later)
    book.opened(replace(KEY, thumbprint=OLD))
    assert [key.thumbprint for key in book.all()] == [NEW, OLD]
    assert book.all()[0] == later
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}
    (tmp_path / "keys" / "odd.json").write_text('{"thumbprint": 1}')
    (tmp_path / "keys" / "torn.json").write_text('{"thumbpri')
    assert len(book.all()) == 2


def test_the_last_verification_of_each_target_is_kept(tmp_path):
    book = KeyBook(tmp_path)
    last = LastVerification(at=NOW, backup_id="1", where="/mnt", level="whole", reached=None, exit_code=15)
    book.verified("ny/c", last)
    assert (book.last("ny/c"), book.last("other")) == (last, None)

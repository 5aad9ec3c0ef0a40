"""A journal that can't be kept, and observers that fail."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    ConfigError,
    ExitCode,
    PrerequisiteError,
    Trigger,
)
from psbridge.journal.runs import Journal
from psbridge.models.events import Note
from psbridge.operations.start import StartOptions, start
from psbridge.values import replace
from tests.operations.conftest import is_trigger, reset
from tests.support.fakes.stamp_session import Fault


class FullDisk(Journal):
    """A journal that takes so many lines and then no more."""

    def __init__(self, bench, lines: int) -> None:
        super().__init__(bench.folder, bench.clock)
        self.left = lines

    def begin(self, _run, _target, _location, /):
        log, outer = super().begin(_run, _target, _location), self

        class Log:
            def write(self, event, **facts):
                outer.left -= 1
                if outer.left < 0:
                    raise ConfigError("the state folder can't be written: no space left")
                log.write(event, **facts)

            def observe(self, event):
                outer.left -= 1
                if outer.left < 0:
                    raise ConfigError("the state folder can't be written: no space left")
                log.observe(event)

        return Log()


def full_disk(it, lines: int, **options):
    with it.client.operation(it.events.append) as context:
        return start(replace(context, journal=FullDisk(it, lines)), StartOptions(**options))


def test_a_journal_that_cannot_record_the_intent_stops_the_start(bench):
    it = bench()
    with pytest.raises(ConfigError) as caught:
        full_disk(it, 0)
    assert caught.value.trigger is Trigger.NOT_SENT
    assert it.sessions.triggers == []


@pytest.mark.parametrize("lines", [1, 2])
def test_a_disk_full_after_the_trigger_keeps_id_and_verdict(bench, lines):
    it = bench()
    report = full_disk(it, lines)
    assert report.exit_code is ExitCode.OK
    notes = " ".join(note.text for note in it.of(Note) if note.level == "warning")
    assert "no space left" in notes
    if lines == 1:
        assert report.verdict.backup.id in notes


@pytest.mark.parametrize("scenario", ["succeeds", "share-full"])
def test_a_full_disk_never_changes_the_code_of_a_lost_or_refused_trigger(bench, scenario):
    it = bench(scenario, faults=[Fault(is_trigger, reset(), executed=True)] if scenario == "succeeds" else [])
    if scenario == "succeeds":
        assert full_disk(it, 1).exit_code is ExitCode.OK
        return
    with pytest.raises(PrerequisiteError):
        full_disk(it, 1)


def test_an_unwritable_state_folder_stops_before_any_request(bench):
    it = bench()
    it.folder.parent.mkdir(exist_ok=True)
    it.folder.write_text("a file where the folder should be")
    problem = it.refused()
    assert isinstance(problem, ConfigError)
    assert it.sessions.triggers == []


def test_without_a_journal_nothing_is_written(bench):
    it = bench()
    report = it.client.backups.run(StartOptions(), journal=False)
    assert report.exit_code is ExitCode.OK
    assert not it.folder.exists()


def test_a_raising_observer_does_not_stop_the_operation(bench):
    it = bench()
    seen = []

    def broken(event):
        seen.append(event)
        raise OSError("a broken pipe")

    report = it.client.backups.run(StartOptions(), observe=broken)
    assert report.exit_code is ExitCode.OK
    assert len(seen) == 1

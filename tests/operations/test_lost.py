"""What breaks around the trigger: one backup at most, and an exit code that tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, contextmanager

import pytest

from psbridge.clock import Deadline
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.scenario import Event
from psbridge.errors import (
    Ambiguous,
    AuthError,
    ConfigError,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    ResultVoid,
    Trigger,
    Unknown,
    Unreachable,
)
from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import Journal
from psbridge.models.events import Intent, Note, Retrying, Searching
from psbridge.models.events import Started as StartedEvent
from psbridge.models.verdict import Judgement, Outcome
from psbridge.operations.start import StartOptions, start
from psbridge.powershell.objects import ErrorRecord, PSObject
from psbridge.proofs.file import save
from psbridge.proofs.record import record
from psbridge.proofs.verify import verify_proof
from psbridge.values import replace
from tests.operations.conftest import is_look, is_trigger, without_roles
from tests.support.fakes.stamp_session import Fault

# Once the trigger may have been sent, start ends with these and no others.
AFTER_TRIGGER = {0, 1, 3, 6, 7, 11, 14, 70, 130}


def reset(*, delivered: bool = True) -> Callable[[], PsbridgeError]:
    return lambda: Unreachable("connection reset", retryable=True, delivered=delivered)


def void() -> PsbridgeError:
    return ResultVoid("messages were lost", retryable=True, delivered=True)


def killed() -> BaseException:
    return KeyboardInterrupt()  # no error of psbridge's own


def slow() -> PsbridgeError:
    return DeadlineExceeded("the deadline passed", delivered=True)


@pytest.mark.parametrize("error", [reset(), void, slow], ids=["reset", "void", "deadline"])
def test_a_backup_whose_trigger_lost_its_answer_is_found_and_judged(bench, error):
    it = bench(faults=[Fault(is_trigger, error, executed=True)])
    report = it.start()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.triggers == 1
    assert len(it.sessions.triggers) == 1
    assert len(it.of(Searching)) == 1
    record = it.journal.get(report.run or "")
    assert (record.state, record.backup_id) == ("decided", report.verdict.backup.id)


@pytest.mark.parametrize("error", [reset(), void, slow], ids=["reset", "void", "deadline"])
def test_a_trigger_that_may_have_been_lost_on_its_way_is_ambiguous_and_never_sent_again(bench, error):
    it = bench(faults=[Fault(is_trigger, error)])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert (problem.trigger, problem.detail["candidates"]) == (Trigger.UNKNOWN, [])
    assert it.triggers == 0
    assert it.sessions.triggers == []
    assert it.journal.list()[0].state == "open"
    assert len([run for run in it.sessions.ran if "Start-AzsBackup -Location" in run]) == 0


def test_the_search_goes_on_for_a_whole_normal_run_and_the_settle_time(bench):
    it = bench(faults=[Fault(is_trigger, reset())])
    it.refused()
    longest = max(backup.duration.seconds for backup in it.client.backups.list())
    assert it.clock.monotonic() - 1000 == pytest.approx(longest + 900, abs=250)


def test_a_backup_that_has_shown_itself_is_searched_for_until_it_ends_however_long_it_takes(bench):
    it = bench(faults=[Fault(is_trigger, reset(), executed=True)])
    longest = max(backup.duration.seconds for backup in it.client.backups.list())
    it = bench(duration=longest + 1800, faults=[Fault(is_trigger, reset(), executed=True)])
    assert it.start(settle=60.0).exit_code is ExitCode.OK
    assert it.triggers == 1


def test_the_shell_of_a_lost_trigger_stays_until_the_link_is_left(bench):
    it = bench(faults=[Fault(is_trigger, reset(), executed=True)])
    closed: list[int] = []
    it.clock.on_sleep = lambda: closed.append(it.sessions.closed)
    with it.client:
        assert it.start().exit_code is ExitCode.OK
    assert set(closed) == {0}
    assert it.sessions.opened == it.sessions.closed == 2


def test_a_void_result_counts_as_delivered_whatever_it_says(bench):
    error = lambda: ResultVoid("messages were lost", delivered=False)  # noqa: E731 - reads as the table beside it
    it = bench(faults=[Fault(is_trigger, error, executed=True)])
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (reset(delivered=False), ExitCode.UNREACHABLE),
        (lambda: AuthError("refused"), ExitCode.AUTH),
        (lambda: PrerequisiteError("denied"), ExitCode.PREREQUISITE),
        (lambda: DeadlineExceeded("no time"), ExitCode.TIMEOUT),
    ],
    ids=["unreachable", "auth", "prerequisite", "deadline"],
)
def test_a_trigger_that_never_left_ends_at_once_and_started_nothing(bench, error, code):
    it = bench(faults=[Fault(is_trigger, error)])
    problem = it.refused()
    assert problem.exit_code is code
    assert problem.trigger is Trigger.NOT_SENT
    assert it.triggers == 0
    assert it.clock.slept == []
    assert it.journal.list()[0].state == "not_sent"
    if code is ExitCode.TIMEOUT:
        assert problem.detail["backup"] == "none"


def test_without_raw_answers_a_lost_backup_is_never_adopted(bench):
    it = bench("no-rest-method", faults=[Fault(is_trigger, reset(), executed=True)])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    (candidate,) = problem.detail["candidates"]
    assert candidate == it.client.backups.list()[0].id
    assert it.journal.list()[0].candidates == (candidate,)


def test_the_schedulers_backup_is_never_taken_for_ours(bench):
    # The trigger is lost on its way, and the scheduler starts one of its own right after.
    begins = Event("backup", "begins", after=60.0)
    it = bench(duration=600.0, events=(begins,), faults=[Fault(is_trigger, reset())], policy={"poll": 30})
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert len(problem.detail["candidates"]) == 1
    assert "scheduler" in problem.message
    assert it.triggers == 0


def test_a_backup_that_another_operator_starts_later_is_not_ours(bench):
    it = bench(faults=[Fault(is_trigger, reset())], policy={"poll": 30})
    others: list[str] = []

    def another() -> None:
        if it.clock.monotonic() > 1000 + 300 and not others:
            others.append(bench_trigger(it))

    it.clock.on_sleep = another
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == others
    assert "too long after" in problem.message


def test_a_backup_that_started_before_our_trigger_is_not_ours(bench):
    # Hidden while it runs: it shows up only at its end, as another operator's, and began before our intent.
    it = bench(listed=False, faults=[Fault(is_trigger, reset())])
    other = bench_trigger(it)
    it.clock.advance(300)
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [other]
    assert it.triggers == 1


def bench_trigger(it) -> str:
    """Start a backup behind psbridge's back."""
    taken = it.rival()
    assert taken is not None
    return taken


def test_more_than_one_new_backup_is_ambiguous(bench):
    it = bench(duration=60.0, upload=0.0, faults=[Fault(is_trigger, reset(), executed=True)])
    quiet = Fault(lambda text, _: "/backups?" in text, reset(), times=40)
    it.sessions.faults.append(quiet)

    def another() -> None:
        if it.clock.monotonic() > 1200 and it.triggers < 2:
            bench_trigger(it)
            it.clock.advance(120)
            quiet.times = 0

    it.clock.on_sleep = another
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert len(problem.detail["candidates"]) == 2


def test_an_answer_without_an_operation_is_as_good_as_lost(bench):
    def emptied(result):
        return replace(result, output=(PSObject(),))

    it = bench(faults=[Fault(is_trigger, change=emptied)])
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


def test_credentials_that_are_refused_in_the_search_are_not_tried_again(bench):
    searching = Fault(lambda text, _: "/backups?" in text, lambda: AuthError("the account is locked"), times=99)
    it = bench(faults=[Fault(is_trigger, reset(), executed=True), searching])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert searching.times == 98


def test_a_refusal_with_a_name_started_nothing(bench):
    it = bench("share-full")
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.PREREQUISITE, Trigger.SENT)
    assert problem.detail["refused"] is True
    record = it.journal.list()[0]
    assert record.state == "refused"
    assert it.journal.unfinished("nyc") is None


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, ExitCode.PREREQUISITE), (401, ExitCode.PREREQUISITE), (403, ExitCode.AUTH), (404, ExitCode.PREREQUISITE),
     (409, ExitCode.PREREQUISITE), (418, ExitCode.PREREQUISITE), (451, ExitCode.PREREQUISITE)],
)  # fmt: skip
def test_a_refusal_without_a_name_started_nothing_where_the_stamp_refused_with_a_4xx(bench, status, code):
    it = bench(refusal=Refusal(status, "SomethingNew", "what nobody knows"))
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (code, Trigger.SENT)
    assert problem.message.endswith("what nobody knows; nothing was started")
    assert problem.detail["error_record"]["Code"] == problem.detail["code"] == "SomethingNew"
    assert it.journal.list()[0].state == "refused"
    assert len(it.sessions.triggers) == 1


@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_4xx_that_asks_for_another_try_leaves_the_trigger_open(bench, status):
    it = bench(refusal=Refusal(status, "SomethingNew", "what nobody knows"))
    assert isinstance(it.refused(), Ambiguous)
    assert it.stamp.counts()["refused"] == 1


def test_a_stamp_that_fails_inside_leaves_the_trigger_open_and_is_not_asked_again(bench):
    it = bench(refusal=Refusal(500, "InternalServerError", "inside"))
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert it.stamp.counts()["refused"] == 1


# -- the wait


@pytest.mark.parametrize("number", [1, 3, 4, 10, 13, 15, 16])
def test_a_link_that_breaks_at_any_run_costs_no_backup_its_proof(bench, number):
    it = bench(faults=[Fault(lambda _text, at: at == number, reset(), executed=True)])
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert it.triggers == 1
    assert len(it.sessions.triggers) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 12, 14])
def test_an_answer_that_is_void_at_any_run_costs_no_backup_its_proof(bench, number):
    it = bench(faults=[Fault(lambda _text, at: at == number, void, executed=True)])
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


@pytest.mark.parametrize("number", [1, 2, 3, 14])
@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        lambda: AuthError("refused", delivered=True),
        lambda: PrerequisiteError("denied", delivered=True),
        lambda: Unreachable("broken for good", delivered=True),
        lambda: DeadlineExceeded("no time", delivered=True),
        lambda: Interrupted("interrupted by SIGTERM"),
        lambda: ValueError("a bug"),
    ],
    ids=["auth", "prerequisite", "unreachable", "deadline", "interrupt", "bug"],
)
def test_whatever_breaks_wherever_the_code_says_what_became_of_the_trigger(bench, number, executed, error):
    it = bench(policy={"timeout": 4000}, faults=[Fault(lambda _text, at: at == number, error, executed=executed)])
    code, trigger = outcome(it)
    assert it.triggers <= 1
    assert len(it.sessions.triggers) <= 1
    if it.triggers:
        assert code in AFTER_TRIGGER
        assert trigger is not Trigger.NOT_SENT
    if trigger is Trigger.NOT_SENT:
        assert it.triggers == 0


def outcome(it) -> tuple[int, Trigger]:
    try:
        report = it.start()
    except PsbridgeError as problem:
        return int(problem.exit_code), problem.trigger
    except ValueError:
        return 70, Trigger.NOT_SENT if not it.of(Intent) else Trigger.UNKNOWN
    return int(report.exit_code), report.problem.trigger if report.problem else Trigger.SENT


def test_credentials_refused_in_the_wait_end_it_at_once_with_the_cause(bench):
    refused = Fault(is_look, lambda: AuthError("the account is locked"), times=99)
    it = bench(faults=[refused])
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.detail["cause"] == {"code": "auth", "message": "the account is locked"}
    assert report.problem.trigger is Trigger.SENT
    assert refused.times == 98
    assert it.journal.unfinished("nyc") is not None


@pytest.mark.parametrize(
    "error", [PrerequisiteError("not signed in any more"), Unreachable("no route", retryable=True)]
)
def test_a_host_that_is_lost_in_the_wait_is_asked_until_the_deadline(bench, error):
    it = bench(policy={"timeout": 1800}, faults=[Fault(is_look, lambda: error, times=10_000)])
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.detail["cause"]["code"] == error.code
    assert report.problem.detail["backup"] == "running"
    assert it.clock.monotonic() - 1000 == pytest.approx(1800, abs=10)
    assert it.of(Retrying)


def nameless(result):
    record = ErrorRecord("?", "SomethingNew,Get-AzsBackup_Get", activity="Get-AzsBackup_Get")
    return replace(result, errors=(record,), output=())


def test_an_error_without_a_name_passes_if_it_does_not_stay(bench):
    it = bench(faults=[Fault(is_look, change=nameless, times=2)])
    assert it.start().exit_code is ExitCode.OK


def test_an_error_without_a_name_that_stays_ends_with_the_deadline_and_the_hosts_own_sentence(bench):
    it = bench(faults=[Fault(is_look, change=nameless, times=10_000)])
    problem = it.start().problem
    assert (problem.exit_code, problem.trigger) == (ExitCode.TIMEOUT, Trigger.SENT)
    assert "Get-AzsBackup_Get failed on the host: ?" in problem.message
    assert problem.detail["cause"]["code"] == "prerequisite"
    assert problem.id
    assert it.journal.unfinished("nyc").backup_id == problem.id


def test_settings_that_cant_be_read_cost_no_proof(bench):
    it = bench(faults=[Fault(lambda text, _: "Configuration -" in text, reset(), times=99)])
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert next(row for row in report.verdict.evidence if row.check == "thumbprint").outcome == "unknown"


def test_an_interrupt_while_the_settings_are_read_is_not_swallowed(bench):
    reading = Fault(lambda text, _: "Configuration -" in text, lambda: Interrupted("interrupted by SIGINT"))
    problem = bench(faults=[reading]).refused()
    assert problem.exit_code is ExitCode.INTERRUPTED
    assert problem.id


# -- interrupts


def test_an_interrupted_wait_keeps_the_id_and_says_how_to_resume(bench):
    it = bench()

    def ctrl_c() -> None:
        if len(it.clock.slept) == 5:
            raise Interrupted("interrupted by SIGINT")

    it.clock.on_sleep = ctrl_c
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.SENT)
    assert f"backup wait {problem.id}" in problem.hint
    it.clock.on_sleep = None
    report = it.again().backups.wait()
    assert (report.exit_code, report.action, report.verdict.backup.id) == (ExitCode.OK, "started", problem.id)
    assert it.triggers == 1


def test_an_interrupt_in_the_trigger_leaves_a_run_that_can_be_taken_up(bench):
    it = bench(faults=[Fault(is_trigger, lambda: Interrupted("interrupted by SIGTERM"), executed=True)])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.UNKNOWN)
    assert "backup wait" in problem.hint
    record = it.journal.unfinished("nyc")
    assert (record.state, record.cause) == ("open", "interrupted by SIGTERM")
    report = it.again().backups.wait(observe=it.events.append)
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.of(Searching)[-1].cause == "interrupted by SIGTERM"
    assert it.triggers == 1


def test_an_interrupt_held_back_by_the_critical_block_tells_the_id_that_it_waited_for(bench):
    it = bench()

    @contextmanager
    def critical():
        yield
        raise Interrupted("interrupted by SIGINT", trigger=Trigger.NOT_SENT)

    with pytest.raises(Interrupted) as caught:
        it.client.backups.run(StartOptions(), critical=critical)
    record = it.journal.unfinished("nyc")
    assert (caught.value.trigger, caught.value.id) == (Trigger.SENT, record.backup_id)
    assert record.backup_id in caught.value.hint


def test_an_interrupt_before_the_trigger_started_nothing(bench):
    it = bench(faults=[Fault(lambda _text, at: at == 1, lambda: Interrupted("interrupted by SIGINT"))])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, it.triggers) == (ExitCode.INTERRUPTED, Trigger.NOT_SENT, 0)


def test_a_process_killed_between_intent_and_answer_is_taken_up_from_the_journal(bench):
    class Killed(BaseException):
        pass

    it = bench(faults=[Fault(is_trigger, Killed, executed=True)])
    with pytest.raises(Killed):
        it.start()
    assert it.journal.unfinished("nyc").state == "intent"
    report = it.again().backups.wait(observe=it.events.append)
    assert report.exit_code is ExitCode.OK
    assert it.of(Searching)[-1].cause == "psbridge ended before the answer came"
    assert it.triggers == 1


# -- the journal and other observers


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
    with it.client.work(it.events.append) as work:
        return start(replace(work, journal=FullDisk(it, lines)), StartOptions(**options))


def test_a_journal_that_cant_keep_the_intent_stops_before_the_trigger(bench):
    it = bench()
    with pytest.raises(ConfigError) as caught:
        full_disk(it, 0)
    assert caught.value.trigger is Trigger.NOT_SENT
    assert it.sessions.triggers == []


@pytest.mark.parametrize("lines", [1, 2])
def test_a_disk_that_fills_up_after_the_trigger_costs_neither_the_id_nor_the_verdict(bench, lines):
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


def test_an_unwritable_state_folder_stops_before_anything_is_asked(bench):
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


def test_an_observer_that_raises_stops_nothing(bench):
    it = bench()
    seen = []

    def broken(event):
        seen.append(event)
        raise OSError("a broken pipe")

    report = it.client.backups.run(StartOptions(), observe=broken)
    assert report.exit_code is ExitCode.OK
    assert len(seen) == 1


# -- wait


def test_wait_without_anything_to_wait_for_is_not_found(bench):
    with pytest.raises(PsbridgeError) as caught:
        bench().client.backups.wait()
    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_wait_takes_the_backup_that_runs(bench):
    report = bench("busy").client.backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, None)


def test_wait_by_id_needs_no_journal(bench):
    it = bench()
    started = it.start_no_wait()
    for file in it.folder.glob("runs/*"):
        file.unlink()
    report = it.again().backups.wait(started.id)
    assert (report.exit_code, report.action) == (ExitCode.OK, None)


def test_wait_goes_on_with_the_run_that_was_started(bench):
    it = bench("running-not-listed")
    started = it.start_no_wait()
    report = it.again().backups.wait()
    assert (report.exit_code, report.run, report.verdict.backup.id) == (ExitCode.OK, started.run, started.id)


def test_a_backup_that_the_stamp_never_shows_is_not_said_to_go_on(bench):
    started = bench().start_no_wait()
    it = bench("history-empty")  # the stamp behind the same journal has never heard of it
    report = it.again().backups.wait(timeout=5)
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.message.endswith(f"{started.id} is not shown by the stamp: it may run unlisted, or be gone")
    assert report.problem.detail["backup"] == "not_shown"
    assert it.journal.unfinished("nyc").backup_id == started.id


def test_a_backup_that_an_earlier_wait_saw_and_that_is_gone_does_not_go_on(bench):
    first = bench("slow")
    assert first.start(timeout=5).exit_code is ExitCode.TIMEOUT
    it = bench("history-empty")
    looks = iter(range(9))
    it.sessions.faults.append(
        Fault(
            lambda text, _: is_look(text, 0) and next(looks) == 1,
            lambda: Interrupted("interrupted by SIGINT"),
            executed=True,
        )
    )
    with pytest.raises(Interrupted):  # behind one look that lacks it
        it.again().backups.wait()
    it.sessions.faults.clear()
    report = it.again().backups.wait()
    assert report.exit_code is ExitCode.UNKNOWN
    assert "showed the backup before and does not any more" in report.problem.message
    assert report.problem.id == it.journal.list()[0].backup_id
    assert f"backup {report.problem.id} can be proved" in report.problem.message
    assert it.clock.monotonic() - first.clock.monotonic() < 600
    made = record(it.target, report, it.clock)
    save(it.folder / "proof.json", made)
    checked = verify_proof(it.folder / "proof.json")
    assert (checked.intact, checked.agrees, checked.verdict) == (True, True, "unknown")


def test_a_run_of_days_ago_whose_backup_is_gone_is_not_waited_for(bench):
    first = bench()
    started = first.start_no_wait()
    it = bench("history-empty")
    it.clock.advance(90_000)
    with pytest.raises(NotFound) as caught:
        it.again().backups.wait()
    assert caught.value.id == started.id
    assert it.journal.unfinished("nyc") is None


def test_wait_for_a_foreign_id_that_is_not_there_is_not_found(bench):
    it = bench()
    with pytest.raises(PsbridgeError) as caught:
        it.client.backups.wait("00000000-0000-4000-8000-000000000000")
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert it.clock.slept == []


def test_a_run_that_ended_is_not_taken_up_again(bench):
    it = bench()
    it.start()
    assert it.journal.unfinished("nyc") is None


def test_a_later_start_that_was_refused_does_not_hide_the_run_that_goes_on(bench):
    it = bench("running-not-listed")
    started = it.start_no_wait()
    it.clock.advance(5)
    assert it.refused().exit_code is ExitCode.BUSY
    assert it.journal.unfinished("nyc").backup_id == started.id


def test_an_ambiguous_run_can_be_looked_for_again(bench):
    it = bench(policy={"timeout": 120}, faults=[Fault(is_trigger, reset(), executed=True)])
    assert isinstance(it.refused(), Ambiguous)
    report = it.again().backups.wait(timeout=7200)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.OK, Judgement.CONFIRMED)
    assert it.triggers == 1


def test_what_a_later_run_has_started_is_not_taken_for_an_open_runs_own(bench):
    # The first trigger never came to the stamp; the second start made a backup, and was waited for.
    it = bench(duration=600.0, faults=[Fault(is_trigger, reset())])
    assert isinstance(it.refused(), Ambiguous)
    second = it.start()
    first = it.journal.unfinished("nyc")
    assert first is not None
    with pytest.raises(Ambiguous) as caught:
        it.again().backups.wait()
    assert caught.value.detail["candidates"] == []
    assert it.journal.get(first.run).backup_id is None
    assert it.triggers == 1
    assert it.journal.get(second.run or "").backup_id == it.client.backups.list()[0].id


def test_a_backup_that_a_later_run_has_attached_to_may_still_be_an_open_runs_own(bench):
    it = bench(faults=[Fault(is_trigger, killed, executed=True)])
    with pytest.raises(KeyboardInterrupt):
        it.start()
    attached = it.start_no_wait(if_running="attach")
    it.again().backups.wait()
    report = it.again().backups.wait()
    assert (report.action, report.verdict.backup.id, report.exit_code) == ("started", attached.id, ExitCode.OK)
    assert it.triggers == 1


def test_another_start_of_this_machine_is_busy_while_the_lock_is_held(bench):
    it = bench()
    with it.again().work() as work, work.lock.held(work.call_deadline()):
        problem = it.refused()
        assert (problem.exit_code, problem.detail["reason"]) == (ExitCode.BUSY, "locked")
        problem = it.refused(lock_wait=30.0)
        assert problem.exit_code is ExitCode.BUSY
        assert it.clock.monotonic() - 1000 == pytest.approx(30, abs=1)
    assert it.triggers == 0
    assert it.start().exit_code is ExitCode.OK


def test_who_queues_waits_for_a_start_that_has_the_lock(bench):
    it = bench()
    lock, held = TargetLock(it.folder, "nyc"), ExitStack()
    held.enter_context(lock.held(Deadline.after(it.clock, 1)))
    it.clock.on_sleep = held.close
    assert it.start(if_running="queue").exit_code is ExitCode.OK
    assert it.triggers == 1


def test_a_start_in_the_queue_outlasts_a_lock_that_another_holds(bench):
    it = bench("busy")
    lock, held = TargetLock(it.folder, "nyc"), []

    def another() -> None:
        if len(it.clock.slept) == 2:
            held.append(lock.held(Deadline.after(it.clock, 1)))
            held[0].__enter__()
        elif len(it.clock.slept) == 5 and held:
            held.pop().__exit__(None, None, None)

    it.clock.on_sleep = another
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.of(StartedEvent)


# -- where the trigger goes


@pytest.mark.parametrize("scenario", ["succeeds", "azurerm-module"])
def test_a_session_that_breaks_before_the_trigger_is_looked_at_again(bench, scenario):
    """The next one may lead to another subscription or stamp, and a trigger goes only where was looked."""
    it, other = bench(scenario), bench("wrong-subscription")

    def moved() -> PsbridgeError:
        it.sessions.stamp = other.stamp
        return Unreachable("connection reset", retryable=True)

    it.sessions.faults.append(Fault(is_look, moved))
    problem = it.refused(if_older_than=60.0)
    assert isinstance(problem, PrerequisiteError)
    assert problem.detail["expected"] == "Default Provider Subscription"
    assert (it.triggers, other.triggers, it.sessions.triggers) == (0, 0, [])


def test_the_trigger_of_old_modules_goes_into_the_session_that_was_looked_at(bench):
    it, other = bench("azurerm-module"), bench("wrong-subscription")

    def observe(event) -> None:
        if isinstance(event, Intent):
            it.sessions.stamp = other.stamp  # whatever is opened from now on leads elsewhere

    with pytest.raises(PsbridgeError):
        it.client.backups.run(StartOptions(timeout=60), observe=observe)
    assert (it.triggers, other.triggers) == (1, 0)


def test_a_session_that_breaks_each_time_it_is_looked_at_ends_the_start(bench):
    it = bench()
    it.start()
    it.clock.advance(3600)
    it.sessions.faults[:] = [Fault(lambda text, _: "Get-Command" in text, change=without_roles, times=999)]
    odd = iter(range(10_000))
    it.sessions.faults.append(
        Fault(lambda text, _: is_look(text, 0) and next(odd) % 2 == 0, reset(delivered=False), times=999)
    )
    problem = it.refused()
    assert isinstance(problem, Unreachable)
    assert "each session broke" in problem.message
    assert it.sessions.opened < 12
    assert it.triggers == 1


def test_an_interrupt_while_an_error_is_explained_is_not_swallowed(bench):
    it = bench("not-signed-in")
    it.sessions.faults.append(
        Fault(lambda text, _: text.startswith("Get-AzContext"), lambda: Interrupted("interrupted by SIGTERM"))
    )
    with pytest.raises(Interrupted):
        it.client.settings()


# -- whose run a wait takes up


def test_a_wait_lets_a_start_finish_what_it_is_at(bench):
    """Beside a start that is between its trigger and the answer a wait must not call its run open."""
    it = bench("no-certificate")
    met = []

    def observe(event) -> None:
        if isinstance(event, Intent):
            with pytest.raises(DeadlineExceeded) as caught:
                it.again().backups.wait(timeout=5)
            met.append(caught.value)

    with pytest.raises(PrerequisiteError):
        it.client.backups.run(StartOptions(), observe=observe)
    assert "still at run" in met[0].message
    assert it.journal.list()[0].state == "refused"
    assert it.journal.unfinished("nyc") is None


def test_a_wait_by_id_takes_up_its_own_run_though_a_later_one_is_unfinished_too(bench):
    it = bench()
    first = it.start_no_wait()
    it.clock.advance(1800)
    second = it.start_no_wait()
    report = it.again().backups.wait(first.id)
    assert (report.action, report.run) == ("started", first.run)
    assert {run.run: run.state for run in it.journal.list()} == {first.run: "decided", second.run: "started"}


def test_a_wait_by_id_takes_up_the_run_that_started_it_before_one_that_attached(bench):
    it = bench()
    first = it.start_no_wait()
    it.clock.advance(5)
    assert it.start_no_wait(if_running="attach").id == first.id
    assert it.again().backups.wait(first.id).run == first.run


def test_a_run_of_the_library_waits_by_what_its_start_was_told(bench):
    it = bench("no-rest-method")
    report = it.client.backups.start(settle=4000).wait()
    assert report.case.settle == 4000
    it.clock.advance(60)
    run = it.client.backups.start(journal=False, settle=50)
    assert run.run is None
    report = run.wait()
    assert (report.action, report.run, report.case.settle, report.case.own) == (
        "started",
        None,
        50,
        True,
    )


def test_a_wait_that_can_read_nothing_does_not_say_that_all_is_whole_and_goes_on(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.faults.append(Fault(is_look, void, times=9999))
    report = it.again().backups.wait(started.id, timeout=600)
    assert report.exit_code is ExitCode.TIMEOUT
    assert "it could not be looked at" in report.problem.message
    assert {row.check: row.outcome for row in report.verdict.evidence}["whole"] is Outcome.NOT_CHECKED


@pytest.mark.parametrize("what", ["start", "confirm"])
def test_a_refused_login_is_not_tried_again_for_anything(bench, what):
    """Accounts lock: what reads settings and alerts as evidence may not log in once more either."""
    it = bench()
    looked = []

    def is_settings(text: str, _number: int) -> bool:
        return text.startswith("Get-AzsBackupConfiguration")

    def refused() -> PsbridgeError:
        looked.append(it.sessions.opened)
        it.sessions.refuse_to_open += [AuthError("the host refused the credentials")] * 9
        return AuthError("the host refused the credentials")

    it.sessions.faults.append(Fault(is_settings, refused))
    report = it.start() if what == "start" else it.client.backups.confirm()
    assert report.exit_code is (ExitCode.TIMEOUT if what == "start" else ExitCode.OK)
    assert len(looked) == 1
    assert len(it.sessions.refuse_to_open) == 9, "no session was asked for again"


def test_a_run_is_taken_up_over_a_link_that_is_away_for_a_while(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open += [Unreachable("no route", retryable=True)] * 10
    report = it.again().backups.wait()
    assert (report.exit_code, report.verdict.backup.id) == (ExitCode.OK, started.id)


@pytest.mark.parametrize("error", [AuthError("refused"), Interrupted("interrupted by SIGTERM")])
def test_a_wait_that_ends_before_its_first_look_tells_the_id_that_the_journal_has(bench, error):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open.append(error)
    with pytest.raises(PsbridgeError) as caught:
        it.again().backups.wait()
    assert (caught.value.id, caught.value.trigger) == (started.id, Trigger.SENT)
    assert f"backup wait {started.id}" in caught.value.hint


def test_one_old_backup_that_can_not_be_read_keeps_no_start_from_starting(bench):
    it = bench()
    it.sessions.faults.append(Fault(is_look, lambda: Unknown("the stamp answered with another backup")))
    assert it.start(if_older_than=60.0).action == "started"
    assert it.triggers == 1


def test_the_old_modules_trigger_that_is_refused_a_login_is_the_last_login(bench):
    it = bench("azurerm-module", faults=[Fault(is_trigger, lambda: AuthError("refused", delivered=True))])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert it.sessions.opened == 1


def test_a_refusal_is_on_disk_before_the_update_is_asked_for(bench):
    it = bench("update-running")
    it.sessions.faults.append(
        Fault(lambda text, _: text.startswith("Get-AzsUpdate"), lambda: Interrupted("interrupted by SIGTERM"))
    )
    assert isinstance(it.refused(), Interrupted)
    assert it.journal.list()[0].state == "refused"
    assert it.journal.unfinished("nyc") is None


def test_a_wait_for_anothers_start_leaves_the_calls_their_time(bench):
    it = bench("busy")
    log = it.journal.begin("20260304T120000Z-00000001", "nyc", "redmond")
    log.write("intent", host=None, host_time=None, known_ids=[])
    held = ExitStack()
    held.enter_context(TargetLock(it.folder, "nyc").held(Deadline.after(it.clock, 1)))
    began = it.clock.monotonic()

    def later() -> None:
        if it.clock.monotonic() - began > 200:  # more than a call may take
            log.write("refused", cause="no", code="x")
            held.close()

    it.clock.on_sleep = later
    report = it.client.backups.wait(observe=it.events.append)
    assert report.exit_code is ExitCode.OK
    assert "is at run 20260304T120000Z-00000001" in it.of(Note)[0].text


def test_a_wait_needs_no_lock_where_none_can_be_had(bench, mocker):
    it = bench(faults=[Fault(is_trigger, lambda: Interrupted("interrupted by SIGTERM"), executed=True)])
    assert isinstance(it.refused(), Interrupted)
    mocker.patch("filelock.FileLock.acquire", side_effect=OSError(30, "Read-only file system"))
    report = it.again().backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.triggers == 1


def test_a_run_whose_host_stays_away_ends_with_the_deadline(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open += [Unreachable("no route", retryable=True)] * 999
    with pytest.raises(DeadlineExceeded) as caught:
        it.again().backups.wait(timeout=600)
    assert (caught.value.id, caught.value.trigger, caught.value.detail["backup"]) == (
        started.id,
        Trigger.SENT,
        "running",
    )
    assert caught.value.detail["cause"]["message"] == "no route"

"""The message of the signal handler about the backup, for people and for machines."""

import json

import pytest

from psbridge.cli.signals import SignalMessages
from psbridge.models.backup import Backup
from psbridge.models.events import Connecting, Decided, Intent, Queued, Started, Status, StoreRead
from psbridge.models.verdict import Judgement, Verdict

ID = "08b92613-837a-43cd-86b5-1212ef954384"
INTENT = Intent("20261125T000000Z-00000000", "nyc", "redmond", None, (), "oaw01")
NOTHING = "No backup was started."
OPEN = "A backup may have started. Search for it and wait: psbridge -t nyc backup wait"
GOES_ON = f"The backup continues on the stamp. Wait for it: psbridge -t nyc backup wait {ID}"

DECIDED = f"The verdict is confirmed. Judge the backup again: psbridge -t nyc backup confirm {ID}"
CUT_OFF = (
    "The verdict is confirmed; its verification in the store was cut off. Verify it again, with the same --store and --key: "
    f"psbridge -t nyc backup verify {ID}"
)
DECISION = Decided(Verdict(Judgement.CONFIRMED, Backup(id=ID, status="Succeeded", roles=None), ()))
READ = StoreRead("whole", 0, 8, 1024, 4096, 1.0)


@pytest.mark.parametrize(
    ("events", "id", "trigger", "hint"),
    [
        pytest.param([], None, "not_sent", NOTHING, id="before anything"),
        pytest.param([Connecting("oaw01", 1)], None, "not_sent", NOTHING, id="before the trigger"),
        pytest.param([INTENT], None, "unknown", OPEN, id="the trigger is under way"),
        pytest.param([INTENT, Queued(None)], None, "not_sent", NOTHING, id="the stamp said no, and it is queued"),
        pytest.param([INTENT, Started("run", ID, "started")], ID, "sent", GOES_ON, id="the id is known"),
        pytest.param([Started("run", ID, "attached")], ID, "not_sent", GOES_ON, id="another's backup"),
        pytest.param([Status(ID, None, 1.0, None, None, None)], ID, "not_sent", GOES_ON, id="a wait"),
        pytest.param([DECISION], ID, "not_sent", DECIDED, id="a verdict"),
        pytest.param([DECISION, READ], ID, "not_sent", CUT_OFF, id="a verdict whose backup is verified"),
    ],
)
def test_a_second_signal_reports_what_it_means_for_the_backup(capfd, events, id, trigger, hint):
    for machine in (True, False):
        messages = SignalMessages(machine=machine, command="psbridge -t nyc")
        for event in events:
            messages.observe(event)
        messages.leave("SIGTERM")
    as_object, *for_people = capfd.readouterr().err.splitlines()
    document = json.loads(as_object)
    message = "interrupted by SIGTERM again; stopped at once"
    assert (document["schema_version"], document["kind"]) == (1, "error")
    assert document["error"] == {
        "code": "interrupted",
        "exit_code": 130,
        "message": message,
        "hint": hint,
        "id": id,
        "trigger": trigger,
        "detail": {},
        "explain": None,
    }
    assert for_people == [f"error: {message}", f"hint: {hint}"]


def test_the_message_of_a_signal_is_logged(capfd):
    SignalMessages(machine=True).say("waiting")
    SignalMessages().say("waiting")
    as_object, for_people = capfd.readouterr().err.splitlines()
    assert json.loads(as_object) == {
        "schema_version": 1,
        "kind": "log",
        "level": "info",
        "source": "psbridge",
        "message": "waiting",
    }
    assert for_people == "psbridge: waiting"

"""Any sequence of actions of client and engine on a shell: no output is lost, duplicated or misdirected."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, stream_size
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.quotas import Quotas
from tests.support import tiers
from tests.support.hosts.shells import Opened, fragment

UNKNOWN, LEFT, SILENT, OTHER, IN_USE, TOO_LARGE = (
    2150858843,
    2150859204,
    2150858793,
    2150859206,
    2150859213,
    2152992672,
)
SLOTS = st.sampled_from([0, 1])
SIZES = st.lists(st.sampled_from([0, 3000, 4300, 9000]), max_size=4)


class ShellMachine(RuleBasedStateMachine):
    """A shell with at most two commands, and the simplest model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = Opened(Quotas(output_buffer=10**9))
        self.shell = self.opened.shell
        self.commands = [UUID(int=0), UUID(int=0)]
        self.waiting: dict[UUID, deque[bytes]] = {}
        self.done: set[UUID] = set()
        self.delivered: set[UUID] = set()
        self.connected = True
        self.session = "session"
        self.number = 0

    def expect(self, code: int, act: Callable[[], object]) -> None:
        with pytest.raises(WSManFault) as fault:
            act()
        assert fault.value.code == code

    @initialize()
    def start_both(self) -> None:
        for slot in (0, 1):
            self.start(slot)

    def start(self, slot: int) -> None:
        self.commands[slot] = uuid4()
        self.shell.command(self.commands[slot], b"")
        self.waiting[self.commands[slot]] = deque()

    @precondition(lambda self: not self.connected)
    @rule()
    def try_to_start(self) -> None:
        self.expect(LEFT, lambda: self.shell.command(uuid4(), b""))

    @rule(slot=SLOTS, sizes=SIZES)
    def say(self, slot: int, sizes: list[int]) -> None:
        command = self.commands[slot]
        for size in sizes:
            self.number += 1
            said = fragment(self.number.to_bytes(4, "big") + bytes(size))
            self.shell.data(command, said)
            if command in self.waiting:
                self.waiting[command].append(said)

    @rule(slot=SLOTS)
    def end(self, slot: int) -> None:
        self.shell.done(self.commands[slot])
        if self.commands[slot] in self.waiting:
            self.done.add(self.commands[slot])

    @rule(slot=SLOTS, sizes=SIZES, room=st.sampled_from([6192, 13_000, 40_000]))
    def receive(self, slot: int, sizes: list[int], room: int) -> None:
        self.say(slot, sizes)
        command = self.commands[slot]
        take = lambda: self.opened.receive(command, size=room + ENVELOPE_OVERHEAD)  # noqa: E731 - said once, called below
        queue = self.waiting[command]
        if not self.connected:
            self.expect(LEFT, take)
        elif command in self.delivered:
            self.expect(UNKNOWN, take)
        elif queue and stream_size(queue[0]) > room:
            self.expect(TOO_LARGE, take)
        elif queue or command in self.done:
            taken = take()
            assert taken.fragments == [queue.popleft() for _ in taken.fragments], "in order, each once"
            assert sum(map(stream_size, taken.fragments)) <= room
            assert not queue or sum(map(stream_size, [*taken.fragments, queue[0]])) > room, "all that fits"
            assert taken.done is (command in self.done and not queue)
            if taken.done:
                self.delivered.add(command)
        else:
            self.expect(SILENT, take)

    @rule(slot=SLOTS)
    def begin_anew(self, slot: int) -> None:
        command = self.commands[slot]
        if not self.connected:
            self.expect(LEFT, lambda: self.shell.terminate(command))
            return
        self.shell.terminate(command)
        del self.waiting[command]
        self.expect(UNKNOWN, lambda: self.shell.terminate(command))
        self.expect(UNKNOWN, lambda: self.opened.receive(command))
        self.start(slot)

    @precondition(lambda self: self.connected)
    @rule()
    def leave(self) -> None:
        self.shell.disconnect(None, drop=None)
        self.connected = False

    @rule(mine=st.booleans())
    def come_back(self, mine: bool) -> None:
        if mine:
            self.shell.reconnect(self.session, drop=None)
            self.connected = True
        else:
            self.expect(OTHER, lambda: self.shell.reconnect("a stranger", drop=None))

    @rule(session=st.sampled_from(["session", "another"]))
    def take_over(self, session: str) -> None:
        if self.connected:
            self.expect(IN_USE, lambda: self.shell.adopt(session, b"", drop=None))
        else:
            self.shell.adopt(session, b"", drop=None)
            self.connected, self.session = True, session

    @invariant()
    def it_knows_its_commands_and_whether_anybody_is_there(self) -> None:
        assert set(self.shell.output.commands()) == set(self.waiting)
        assert self.shell.state(1).connected is self.connected


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "[MS-WSMV] 3.1.4.15", "[MS-WSMV] 3.1.4.16", "[MS-WSMV] 3.1.4.17")
class TestShell(ShellMachine.TestCase):  # type: ignore[misc] # hypothesis makes the class
    # Shrinking a failure takes minutes; the steps of the one that was found say enough.
    settings = settings(max_examples=tiers.examples(60), stateful_step_count=50, phases=[Phase.generate])

"""What the stages of one run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.config.load import Config
from psbridge.errors import PsbridgeError
from psbridge.models.context import AzContext, HostCommands, ModuleFamily
from psbridge.models.diagnosis import StageResult
from psbridge.models.stamp import BackupSettings
from psbridge.models.target import Target
from psbridge.operations.context import OperationContext
from psbridge.powershell.stages import StageEvent, StageObserver

if TYPE_CHECKING:
    from psbridge.config.resolve import Prompt

GROUP_SECONDS: Final = 120.0
"""The time limit of a group of stages."""
T = TypeVar("T")


class Connect(Protocol):
    """Gives the tools of an operation on a target; closes the session when it is left. Nothing is sent before the first use."""

    def __call__(self, target: Target, stages: StageObserver, /) -> AbstractContextManager[OperationContext]:
        """Return the tools. Their link opens one session, once, and is never asked to log in again."""
        ...


class Asked(msgspec.Struct, frozen=True):
    """What the caller asks for.

    Attributes:
        config: the config file, None for the usual places.
        target: the target's name, None for the config's only one.
        state: the state folder, or why there is none.
        connect: opens the session.
        prompt: asks a person for a password; None without a terminal.
        begin: is given the name of each stage as it begins.
        lead: adds to a target what the caller knows, such as the options of its commands.
    """

    config: str | Path | None
    target: str | None
    env: Mapping[str, str]
    state: Path | PsbridgeError
    clock: Clock
    connect: Connect
    flags: Mapping[str, Any] = {}
    prompt: Prompt | None = None
    lead: Callable[[Target], Target] = lambda target: target
    begin: Callable[[str], object] = lambda _: None


class DoctorState(msgspec.Struct):
    """What is known so far; each stage reads what earlier ones left here.

    Attributes:
        results: of the stages that have ended, by name.
        whole: the deadline of all stages.
        deadline: of the group whose stage is being run.
        config: once it was loaded.
        name: the target's, once it was chosen.
        target: once it was resolved, with its secrets.
        context: the tools, once `opening` was called.
        events: what was seen of the stages of the connection, on every host that was tried.
        unopened: why the session could not be opened.
        opened: whether it was tried.
        commands: the host's commands that matter, once they were asked for.
        family: the generation of its modules.
        signed_in: the session's context.
        location: the backup location, once it is known; `place` for stages that need it.
        settings: the stamp's, once they were read; `unread` is why they can't be.
        ended_in: the stage in which the session was lost.
        left_before: the shells of earlier sessions that remained on the hosts before the session was opened.
    """

    asked: Asked
    stack: ExitStack
    whole: Deadline
    deadline: Deadline
    results: dict[str, StageResult] = {}
    config: Config | None = None
    name: str | None = None
    target: Target | None = None
    context: OperationContext | None = None
    events: list[StageEvent] = []
    unopened: PsbridgeError | None = None
    opened: bool = False
    commands: HostCommands | None = None
    family: ModuleFamily = ModuleFamily.AZ
    signed_in: AzContext | None = None
    location: str | None = None
    settings: BackupSettings | None = None
    unread: PsbridgeError | None = None
    ended_in: str | None = None
    left_before: frozenset[str] = frozenset()

    @property
    def clock(self) -> Clock:
        """The clock of the run."""
        return self.asked.clock

    def begin_group(self) -> None:
        """Start the time of a group of stages."""
        self.deadline = self.whole.sooner(GROUP_SECONDS)

    @property
    def tools(self) -> OperationContext:
        """The tools of the open session; for stages that need `session`."""
        return known(self.context)

    def shows(self, command: str) -> bool:
        """Return whether the host shows a command, as far as it was asked."""
        return self.commands is not None and self.commands.has(command)

    @property
    def place(self) -> str:
        """The backup location; for stages that need `location`."""
        return known(self.location)

    @property
    def resolved(self) -> Target:
        """The resolved target; for stages that need `config`."""
        return known(self.target)


def known(value: T | None) -> T:
    """Return what an earlier stage left, which the table of stages says is needed."""
    if value is None:
        raise AssertionError("a stage ran before one that it needs")
    return value

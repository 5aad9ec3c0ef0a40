"""A `Session` whose answers are written down beforehand; the contract suite holds it to what the real one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from psbridge.clock import Deadline
from psbridge.errors import DeadlineExceeded, PsbridgeError, Unreachable, UsageError
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result

Script = Result | PsbridgeError | Callable[[Pipeline], Result]


@dataclass
class FakeSession:
    """Answers each pipeline with the next line of the script.

    Attributes:
        script: a result, an error to raise, or what makes a result of the pipeline; the last one stays.
        ran: the pipelines that came.
        closed: how often it was closed.
    """

    script: Sequence[Script]
    ran: list[Pipeline] = field(default_factory=list)
    closed: int = 0
    broken: bool = False
    begun: Pipeline | None = None
    removed_earlier: tuple[str, ...] = ()

    def run(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        """Answer; after an error nothing runs any more."""
        self.begin(pipeline, deadline)
        result = self.poll(1.0, deadline)
        assert result is not None
        return result

    def begin(self, pipeline: Pipeline, deadline: Deadline) -> None:
        """Take a pipeline."""
        if not any(statement.commands for statement in pipeline.statements):
            raise UsageError("a pipeline without commands can't be run")
        if self.broken or self.closed:
            raise Unreachable("this session failed earlier", retryable=True)
        if deadline.expired:
            self.broken = True
            raise DeadlineExceeded("timed out before the host answered")
        self.begun = pipeline

    def poll(self, patience: float, deadline: Deadline) -> Result | None:
        """Answer at the first poll."""
        if self.begun is None:
            raise UsageError("no pipeline was begun")
        pipeline, self.begun = self.begun, None
        answer = self.script[min(len(self.ran), len(self.script) - 1)]
        self.ran.append(pipeline)
        if isinstance(answer, PsbridgeError):
            self.broken = True
            raise answer
        return answer if isinstance(answer, Result) else answer(pipeline)

    def resume(self) -> None:
        """Know nothing of what was lost."""
        raise Unreachable("there is no pipeline whose answer could be asked for again")

    def close(self, deadline: Deadline) -> None:
        """Count; a closed session is closed for good."""
        self.closed += 1


@dataclass
class FakeSessions:
    """A `SessionFactory`: each call takes the next session, or raises the error that stands in its place."""

    sessions: Sequence[FakeSession | PsbridgeError]
    opened: int = 0
    description: str = "https://fake:5986/wsman"

    def __call__(self, deadline: Deadline) -> FakeSession:
        """Open the next session; the last one stays."""
        if deadline.expired:
            raise DeadlineExceeded("timed out before the host answered")
        item = self.sessions[min(self.opened, len(self.sessions) - 1)]
        self.opened += 1
        if isinstance(item, PsbridgeError):
            raise item
        return item

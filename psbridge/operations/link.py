"""The connection to the stamp for operations: reads are retried on a new session, a trigger never is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Self

from psbridge.clock import Clock, Deadline
from psbridge.errors import AuthError, DeadlineExceeded, PrerequisiteError, PsbridgeError, ResultVoid, Unreachable
from psbridge.models.events import Connecting, HostMessage, Note, Retrying
from psbridge.operations.second_session import SecondSession
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result
from psbridge.powershell.session import Session, SessionFactory

if TYPE_CHECKING:
    from psbridge.journal.refused_logins import RefusedLogins
    from psbridge.models.events import Observer

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_CLOSING_SECONDS = 3.0
_LOOK = 20.0  # seconds that a host may hold one poll of a pipeline after its answer was lost
# What a host says of itself while it works; the rest of a progress record is noise in a log.
_SHOWN = {"warning", "verbose", "debug", "information"}


class Link:
    """One session at a time to one target.

    Args:
        sessions: opens them.
        call_timeout: bounds every single call, in seconds.
        tries: how often a read is tried, connecting included.
        once: one session only: after its end, or if it can't be opened, nothing more is sent, so that a login is tried once.
        random: jitter's source.
        logins: the memory of refused logins, if there is one.

    Attributes:
        observe: is given what happens on the way.
        lacking: commands that the host of the open session turned out not to run.
    """

    def __init__(
        self,
        sessions: SessionFactory,
        clock: Clock,
        observe: Observer,
        *,
        call_timeout: float,
        tries: int = 4,
        once: bool = False,
        random: Random | None = None,
        logins: RefusedLogins | None = None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self.observe = observe
        self._call_timeout = call_timeout
        self._tries = 1 if once else tries
        self._once = once
        self._over: PsbridgeError | None = None
        self._random = random or Random()  # noqa: S311 - jitter, not a secret
        self._session: Session | None = None
        self._checked: Session | None = None
        self._unanswered: list[Session] = []
        self._reported: set[str] = set()
        self._logins = logins
        self._refused: AuthError | None = None
        self._unprepared: PrerequisiteError | None = None
        self.lacking: set[str] = set()
        self._prepare: Callable[[Session, Deadline], None] | None = None

    @property
    def host(self) -> str:
        """The address of the host, for people."""
        return self._sessions.description

    def begin_operation(self, observe: Observer) -> None:
        """Reset for the next operation: it has its own observer, may use any host, and may log in again."""
        self.observe = observe
        self._reported.clear()
        self._refused = self._unprepared = None
        self._sessions.stay_on(None)

    def stay_on(self, host: str | None) -> bool:
        """Use this host only from now on, because another may lead to another stamp; None allows all again.

        False if it is not a host of the target.
        """
        if host is not None and self._session is not None and self.host != host:
            self.drop()
        return self._sessions.stay_on(host)

    def mark_checked(self) -> None:
        """Remember that the context of the open session was read."""
        self._checked = self._session

    @property
    def over(self) -> PsbridgeError | None:
        """Why the only session of a link made with `once` has ended; None if it has not."""
        return self._over

    @property
    def checked(self) -> bool:
        """Whether the context of the open session was read; a trigger is sent in no other session."""
        return self._session is not None and self._session is self._checked

    def report_once(self, text: str) -> None:
        """Report an error of the host that was not raised, once only: each read meets it again."""
        if text not in self._reported:
            self._reported.add(text)
            self.observe(HostMessage("error", text))

    def on_open(self, prepare: Callable[[Session, Deadline], None]) -> None:
        """Do this with each session that is opened from now on, such as signing it in."""
        self._prepare = prepare

    def open(self, deadline: Deadline) -> None:
        """Open the session, if none is open. Not repeated.

        Raises:
            psbridge.errors.PsbridgeError: as `psbridge.powershell.SessionFactory` says.
        """
        self._opened(deadline.sooner(self._call_timeout))

    def prepare(self, prepare: Callable[[Session, Deadline], None], deadline: Deadline) -> None:
        """Do this with the session that is open, or is opened now, such as signing it in. Not repeated.

        Raises:
            psbridge.errors.PsbridgeError: as what is done, or as `open`.
        """
        call = deadline.sooner(self._call_timeout)
        self._sign_in(prepare, self._opened(call), call)

    def read(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        """Run what only reads; repeated on a fresh session while that may help.

        Raises:
            psbridge.errors.PsbridgeError: as `Session.run`, when it may not be repeated or the tries or time are used up.
        """
        return self._with_retries(lambda until: self._run(pipeline, until), deadline)

    def _with_retries(self, ask: Callable[[Deadline], Result], deadline: Deadline) -> Result:
        """Ask until there is an answer, the tries are used up, or a retry can't help."""
        pause = _FIRST_PAUSE
        for left in range(self._tries - 1, -1, -1):
            try:
                return ask(deadline)
            except PsbridgeError as problem:
                delay = min(_LONGEST_PAUSE, pause) * self._random.uniform(0.5, 1.0)
                if not problem.retryable or left == 0 or deadline.remaining() <= delay:
                    raise
                self.observe(Retrying(problem.message, delay))
                self._clock.sleep(delay)
                pause *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    def run_once(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        """Run what must not run twice, on the session that is open, or a new one. Never repeated.

        If its answer is lost, its shell stays until the link is closed. Removing it at once could cancel what the host has
        just begun (measured on PowerShell 7.6.9, which runs a pipeline after it has answered its Command). Then
        `answer_again` asks for the answer.
        """
        return self._run(pipeline, deadline, keep=True)

    def answer_again(self, deadline: Deadline) -> Result:
        """Ask again for the lost answer of `run_once`. No command is sent.

        Raises:
            psbridge.errors.PsbridgeError: the answer is not available; the outcome of the pipeline stays unknown.
        """
        session = self._lost()
        try:
            result = self._with_retries(lambda call: _resumed(session, call), deadline)
        except AuthError as refused:
            self._remember(refused)
            raise
        self._unanswered.remove(session)
        if self._session is None:
            self._session = session
        else:
            self._close(session)
        self._show(result)
        return result

    def _lost(self) -> Session:
        """Return the session of the pipeline that may have been delivered and has no answer."""
        if self._refused is not None:
            raise self._refused
        if not self._unanswered:
            raise Unreachable("the session of the start request is closed")
        return self._unanswered[-1]

    def begin(self, pipeline: Pipeline, deadline: Deadline) -> SecondSession:
        """Begin what must not run twice in the session that is open, which is its own from then on; never repeated.

        Reads use another session meanwhile. The trigger is sent in this one, because its context was read.

        Raises:
            psbridge.errors.PsbridgeError: as `Session.begin`; `delivered` says whether the host may have run it.
        """
        call = deadline.sooner(self._call_timeout)
        session, self._session = self._opened(call), None
        try:
            session.begin(pipeline, call)
        except BaseException as problem:
            self._leave(session, problem, keep=True)
            raise
        return self._second_session(session)

    def begun_again(self) -> SecondSession:
        """Resume the pipeline of `begin` after its answer was lost. No command is sent.

        Raises:
            psbridge.errors.PsbridgeError: it can't be resumed; the outcome of the pipeline stays unknown.
        """
        session = self._lost()
        session.resume()
        self._unanswered.remove(session)
        return self._second_session(session)

    def _second_session(self, session: Session) -> SecondSession:
        return SecondSession(session, lambda problem: self._leave(session, problem, keep=True))

    def _run(self, pipeline: Pipeline, deadline: Deadline, *, keep: bool = False) -> Result:
        if deadline.expired:
            raise DeadlineExceeded(
                f"timed out before {self.host} was asked", hint="Allow more time with --timeout or --call-timeout."
            )
        call = deadline.sooner(self._call_timeout)
        try:
            result = _whole(self._opened(call), pipeline, call)
        except BaseException as problem:
            session, self._session = self._session, None
            if session is not None:
                self._leave(session, problem, keep=keep)
            self._end(problem)
            raise
        self._show(result)
        return result

    def _end(self, problem: BaseException) -> None:
        """Note why the only session is over."""
        if self._once and isinstance(problem, PsbridgeError):
            self._over = self._over or problem

    def _show(self, result: Result) -> None:
        for record in result.records:
            if record.stream in _SHOWN:
                self.observe(HostMessage(record.stream, record.text))

    def _opened(self, deadline: Deadline) -> Session:
        if self._session is None:
            self._session = self._open(deadline)
        return self._session

    def _open(self, deadline: Deadline) -> Session:
        if self._refused is not None:
            raise self._refused  # final: the same login once more would count against the account
        if self._unprepared is not None:
            raise self._unprepared  # so is a sign-in that failed for what can't pass by itself
        if self._over is not None:
            raise self._over
        if self._logins is not None:
            self._logins.check()
        try:
            session = self._logged_in(deadline)
        except AuthError as refused:
            self._remember(refused)
            raise
        if self._logins is not None:
            self._logins.accepted()
        return session

    def _remember(self, refused: AuthError) -> None:
        self._refused = refused
        if self._logins is not None:
            self._logins.refused(refused)

    def _logged_in(self, deadline: Deadline) -> Session:
        self.observe(Connecting(self.host, 1))
        session = self._sessions(deadline)
        self.lacking.clear()
        try:
            if self._prepare is not None:
                self._sign_in(self._prepare, session, deadline)
        except BaseException as problem:
            self._close(session)
            if isinstance(problem, PsbridgeError):
                problem.delivered = False  # what was to run has not been sent yet
            raise
        return session

    def _sign_in(self, prepare: Callable[[Session, Deadline], None], session: Session, deadline: Deadline) -> None:
        try:
            prepare(session, deadline)
        except PrerequisiteError as lacking:
            self._unprepared = lacking
            raise

    def drop(self) -> None:
        """Close the session that is open, if one is; the next call opens another."""
        session, self._session = self._session, None
        if session is not None:
            self._close(session)

    def _leave(self, session: Session, problem: BaseException | None, *, keep: bool) -> None:
        """Close a session, or keep its shell for now if the host may be about to run the pipeline."""
        if isinstance(problem, AuthError):
            self._remember(problem)
        if keep and isinstance(problem, PsbridgeError) and problem.delivered:
            self._unanswered.append(session)
        else:
            self._close(session)

    def _close(self, session: Session) -> None:
        """Close a session; after a refused login nothing more is sent, because it might have to log in again."""
        patience = 0.0 if self._refused is not None else _CLOSING_SECONDS
        left = session.close(Deadline.after(self._clock, patience))
        for shell in session.removed_earlier:
            self.observe(Note(f"removed shell {shell}, which was remaining on {self.host} from an earlier session"))
        if left is not None:
            self.observe(Note(f"shell {left} is remaining on {self.host}; the next session removes it"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
        while self._unanswered:
            self._close(self._unanswered.pop())


def _resumed(session: Session, deadline: Deadline) -> Result:
    session.resume()
    while (result := session.poll(_LOOK, deadline)) is None:
        pass
    return result


def _whole(session: Session, pipeline: Pipeline, deadline: Deadline) -> Result:
    """Run a pipeline. After `ResultVoid` it counts as delivered, because the host did run it."""
    try:
        return session.run(pipeline, deadline)
    except ResultVoid as void:
        void.delivered = True
        raise

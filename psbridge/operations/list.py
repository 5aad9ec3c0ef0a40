"""The list and the settings: what needs nothing but one cmdlet, and so is quick to load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psbridge.clock import Deadline, Tick
from psbridge.cmdlets.backup_list import MOST_PAGES, BackupList, ListBackups, ListBackupsAndRaw
from psbridge.cmdlets.raw import INVOKE, RawPage, read_page
from psbridge.errors import DeadlineExceeded, Interrupted, NotFound, PrerequisiteError, PsbridgeError
from psbridge.models.events import Note
from psbridge.operations.context import OperationContext
from psbridge.operations.operation import operation

if TYPE_CHECKING:
    from psbridge.models.backup import Backup
    from psbridge.models.context import AzContext
    from psbridge.models.stamp import BackupSettings

LIST_TRIES = 3


def prepare_sessions(context: OperationContext) -> None:
    """Sign each session in that is opened from now on, if the target says how."""
    sign_in = context.target.sign_in
    if sign_in is None:
        return
    from psbridge.operations.sign_in import preparation

    context.link.on_open(preparation(sign_in, context.target))


def location_of(context: OperationContext, location: str | None, deadline: Deadline) -> str:
    """Return the location to operate on: the one that is asked for, the target's, or the stamp's only one."""
    known = location or context.target.location
    if known:
        return known
    found = read_settings(context, None, deadline).location
    if not found:
        raise NotFound(
            "the stamp does not report its backup location",
            hint="Set `location` of the target to the region's name in the portal.",
        )
    return found


def no_location(location: str, said: NotFound) -> NotFound:
    """Return the error for a location that the stamp does not have; `said` is what it answered."""
    return NotFound(
        f"the stamp has no backup location {location}",
        hint="Check `location` of the target, or --location; it is the region's name in the portal.",
        detail=said.detail,
    )


def not_signed_in(context: OperationContext) -> PrerequisiteError:
    """Return the error for a session without a context."""
    return PrerequisiteError(
        f"the session on {context.link.host} is not signed in to the stamp",
        hint="Configure `sign_in` for this target, or save a context on the host for the account of psbridge "
        "(Connect-AzAccount, or Connect-AzureRmAccount of the AzureRM modules).",
    )


def check_signed_in(context: OperationContext, found: AzContext | None) -> None:
    """Make sure that a session is signed in, to an account with a subscription.

    Raises:
        psbridge.errors.PrerequisiteError: it is not.
    """
    if found is None:
        raise not_signed_in(context)
    if not (found.subscription_id or found.subscription_name):
        who = f"account {found.account}" if found.account else "the account"
        raise PrerequisiteError(
            f"{who} has no subscription on the stamp (signed in on {context.link.host})",
            hint="Give the account the role Contributor on the Default Provider Subscription (operator's portal, Access "
            "control), then sign in again.",
            detail={"reason": "no_subscription", "account": found.account, "environment": found.environment},
        )


@contextmanager
def _explained(context: OperationContext, deadline: Deadline) -> Iterator[None]:
    """Read the session's context when a read fails: a missing context or subscription is the better explanation.

    Raises:
        psbridge.errors.PrerequisiteError: there is no such context.
    """
    try:
        yield
    except (PrerequisiteError, NotFound) as problem:
        if "error_record" not in problem.detail:
            raise  # no cmdlet said so
        from psbridge.cmdlets.sign_in import CONTEXT, read_context
        from psbridge.models.context import ModuleFamily
        from psbridge.powershell.pipeline import Pipeline
        from psbridge.powershell.result import State

        try:
            answer = context.link.read(Pipeline.of(CONTEXT[ModuleFamily.AZ]), deadline)
        except Interrupted:
            raise
        except PsbridgeError:
            answer = None  # the first error is the one to report
        if answer is not None and not answer.errors and answer.state is State.COMPLETED:
            check_signed_in(context, read_context(answer.output))
        raise


def read_settings(context: OperationContext, location: str | None, deadline: Deadline) -> BackupSettings:
    """Return the stamp's settings."""
    from psbridge.cmdlets.azs_backup import GetBackupConfiguration

    get = GetBackupConfiguration(location)
    with _explained(context, deadline):
        return get.parse(context.link.read(get.pipeline(), deadline))


@operation("list")
def list_backups(context: OperationContext, *, status: str | None = None) -> tuple[Backup, ...]:
    """Return the location's backups, newest first; roles are None if no two reads of the list agreed.

    Args:
        context: the tools.
        status: the status that the caller searches; an unknown one that no backup has is a warning.
    """
    deadline = context.call_deadline()
    prepare_sessions(context)
    found = read_list(context, location_of(context, None, deadline), deadline)
    unlike = None if status is None else meant_status(status, found)
    if unlike is not None:
        context.observe(Note(unlike, "warning"))
    return found


def read_list(context: OperationContext, location: str, deadline: Deadline) -> tuple[Backup, ...]:
    """Return a location's backups, newest first."""
    try:
        with _explained(context, deadline):
            found = _read_list(context, location, deadline)
    except NotFound as said:
        raise no_location(location, said) from said
    for _ in range(LIST_TRIES - 1):
        if found.consistent:
            break
        found = _read_list(context, location, deadline)
    if not found.consistent:
        context.observe(Note("the list changed between all reads of it: the backups' roles are not shown", "warning"))
    check_deployment(context, found.backups)
    return found.backups


def _read_list(context: OperationContext, location: str, deadline: Deadline) -> BackupList:
    """Read the list twice: by the module and as raw JSON if the host can, else by the module alone.

    Raises:
        psbridge.errors.PsbridgeError: it can't be read, or the time is over.
    """
    tick = deadline_check(deadline)
    alone = ListBackups(location)
    if INVOKE in context.link.lacking:
        return alone.parse(context.link.read(alone.pipeline(), deadline), tick)
    both = ListBackupsAndRaw(location)
    found = both.parse(context.link.read(both.pipeline(), deadline), tick)
    raw = _all_pages(context, found.page, location, deadline)
    if raw is not None:
        return found.joined(raw, tick)
    context.link.lacking.add(INVOKE)
    return alone.parse(context.link.read(alone.rest(), deadline), tick, first=found.objects)


def _all_pages(
    context: OperationContext, page: RawPage | None, location: str, deadline: Deadline
) -> list[Backup] | None:
    """Return the backups of a raw list's first page and of the following pages, None if one can't be read."""
    backups: list[Backup] = []
    known: set[str] = set()
    while page is not None:
        backups += page.backups
        if page.next is None:
            return backups
        if page.next in known or len(known) == MOST_PAGES:
            return None
        known.add(page.next)
        page = read_page(context.link.read(page.next_pipeline(), deadline).output, location, deadline_check(deadline))
    return None


def deadline_check(deadline: Deadline) -> Tick:
    """Return what raises `psbridge.errors.DeadlineExceeded` once a deadline has passed, for work between two reads."""

    def check() -> None:
        if deadline.expired:
            raise DeadlineExceeded(
                "timed out while the list of backups was read", hint="Allow more time with --call-timeout."
            )

    return check


def meant_status(asked: str, backups: Iterable[Backup]) -> str | None:
    """Return a hint for a status that no backup has and that is not a word of the stamp: the nearest one, else all of them."""
    from psbridge.models.backup import STATUS_WORDS
    from psbridge.models.text import ascii_lower, nearest

    known = (*STATUS_WORDS, *(it.status for it in backups if it.status))
    if ascii_lower(asked) in map(ascii_lower, known):
        return None
    like = nearest(asked, known, cutoff=0.5)
    words = f"did you mean {like}?" if like else f"known statuses: {', '.join(STATUS_WORDS)}"
    return f"no backup has the status {asked.strip()[:60]}; {words}"


@operation("settings")
def show_settings(context: OperationContext) -> BackupSettings:
    """Return the stamp's settings. They don't name the stamp: if the target expects one, the list is read too."""
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    if context.target.expect_deployment_id is not None:
        read_list(context, location, deadline)
    return read_settings(context, location, deadline)


def check_deployment(context: OperationContext, backups: Iterable[Backup]) -> None:
    """Make sure that a list is the expected stamp's; a list without any deployment id is a warning.

    Raises:
        psbridge.errors.PrerequisiteError: it is another stamp's.
    """
    expected = context.target.expect_deployment_id
    if expected is None:
        return
    found = next((it.deployment_id for it in backups if it.deployment_id), None)
    if found is None:
        text = "expect_deployment_id was not checked: no backup shows the stamp's deployment id yet"
        context.observe(Note(text, "warning"))
    elif found.casefold() != expected.casefold():
        raise PrerequisiteError(
            f"the stamp behind {context.link.host} has deployment id {found}, expected {expected}",
            hint="Check `host` and `expect_deployment_id` of the target: this may be another stamp.",
            detail={"deployment_id": found, "expected": expected},
        )

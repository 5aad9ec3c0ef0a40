"""Removing shells from a host: a session's own, and remaining shells of earlier sessions."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import Final

from pypsrp.wsman import SelectorSet

from psbridge.clock import Deadline
from psbridge.errors import Interrupted
from psbridge.remoting.winrm.errors.wsman import shell_gone
from psbridge.remoting.winrm.shells import ShellBook
from psbridge.remoting.winrm.wire import Wire

CLEAN_UP: Final = 3.0
"""Seconds that the removal of the own shell may take."""
_HURRIED: Final = 1.0
"""Seconds for the same on a host that did not answer the last Delete."""
TIDY: Final = 1.0
"""Seconds that the removal of remaining shells may take, as the last step."""
TIDY_MOST: Final = 8
"""Maximum number of remaining shells that one session removes."""


class ShellRemoval:
    """Removes shells from one host.

    Args:
        book: the record of shells and of hosts that do not answer; None if no record is kept.
    """

    def __init__(self, wire: Wire, book: ShellBook | None) -> None:
        self._wire = wire
        self._book = book

    def own(self, resource: str, shell: str, deadline: Deadline) -> bool:
        """Remove the session's shell and return whether it is gone.

        A host that did not answer the last time gets less time.
        """
        url, book = self._wire.transport.url, self._book
        hurried = book is not None and book.hangs(url, "close")
        until = deadline.sooner(_HURRIED if hurried else CLEAN_UP)
        gone = self._remove(resource, shell, until)
        if book is not None and (gone or until.expired):
            book.note(url, "close", hangs=not gone)
        return gone

    def left_over(self, deadline: Deadline) -> tuple[str, ...]:
        """Remove shells of earlier sessions from this host, and return the ids of those that are gone.

        A shell that can't be removed is skipped. If a Delete gets no answer, no more are sent to this host for a day.
        """
        url, book = self._wire.transport.url, self._book
        if book is None or book.hangs(url, "tidy"):
            return ()
        removed = []
        until = deadline.sooner(TIDY)
        with closing(book.left(url, lambda: until.remaining() < TIDY / 2)) as marks:
            for mark in islice(marks, TIDY_MOST):
                if self._remove(mark.resource, mark.shell, until):
                    mark.gone()
                    removed.append(mark.shell)
                    continue
                mark.failed(for_good=until.expired)
                if until.expired:
                    book.note(url, "tidy", hangs=True)
        return tuple(removed)

    def _remove(self, resource: str, shell: str, deadline: Deadline) -> bool:
        """Remove a shell from the host and return whether it is gone. Its id is known because the client chose it."""
        selectors = SelectorSet()
        selectors.add_option("ShellId", shell)
        self._wire.transport.deadline = deadline
        try:
            self._wire.delete(resource, selector_set=selectors)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001 - after any error the shell stays, until the host removes it when it is idle
            return shell_gone(error)
        return True

"""Observers put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.errors import Interrupted

if TYPE_CHECKING:
    from psbridge.models.events import Event, Observer


def quiet(_event: Event) -> None:
    """Observe nothing."""


class Guarded:
    """Passes events on; an observer that fails is not asked again, and never stops what it observes.

    An interrupt that is raised while it works is no failure of it, and passes.
    """

    def __init__(self, *observers: Observer | None) -> None:
        self._observers = [observer for observer in observers if observer is not None]

    def __call__(self, event: Event) -> None:
        """Pass an event to each observer."""
        for observer in list(self._observers):
            try:
                observer(event)
            except Interrupted:
                raise
            except Exception:  # noqa: BLE001 - a broken pipe or a user's callback must not cost a backup its proof
                self._observers.remove(observer)

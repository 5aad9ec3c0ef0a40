"""The states of the stamp's updates, and which of them keep it from making backups.

The words are those of the REST specification of update admin, 2021-07-01; both lists are open. That a failed update blocks
backups is the text of the alert of skipped backups; that `Preparing` does is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """What keeps the stamp from making backups."""

    INSTALLING = "installing"
    FAILED = "failed"


LOCATION: Final[Mapping[str, Effect | None]] = {
    "Unknown": None,
    "UpdateAvailable": None,
    "PreparationInProgress": Effect.INSTALLING,
    "PreparationFailed": Effect.FAILED,
    "AppliedSuccessfully": None,
    "AppliedUpdateAvailableSuccessfully": None,
    "UpdateInProgress": Effect.INSTALLING,
    "UpdateFailed": Effect.FAILED,
    "NeedsAttention": None,
}
"""`State` of Get-AzsUpdateLocation (UpdateLocationState)."""

UPDATE: Final[Mapping[str, Effect]] = {
    "Preparing": Effect.INSTALLING,
    "Installing": Effect.INSTALLING,
    "PreparationFailed": Effect.FAILED,
    "InstallationFailed": Effect.FAILED,
}
"""`State` of Get-AzsUpdate (UpdateState), as far as it has an effect; the others are before an update or after it."""

_LOCATION: Final = {word.lower(): effect for word, effect in LOCATION.items()}
_UPDATE: Final = {word.lower(): effect for word, effect in UPDATE.items()}


def effect_of_location(word: str) -> Effect | None:
    """Return the effect of a location's state, given in lower case; None of one that is unknown or has none."""
    return _LOCATION.get(word)


def effect_of_update(word: str) -> Effect | None:
    """Return the effect of an update's state, given in lower case; None of one that is unknown or has none."""
    return _UPDATE.get(word)

"""Who is notified, of what, and how: values without the text of a URL, which is a secret."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from psbridge import defaults
from psbridge.models.secret import Secret

ReadUrl = Callable[[float], Secret]
"""Reads a URL within so many seconds; raises ConfigError if it can't be read. A URL is read when it is needed."""


class NoticeEvent(StrEnum):
    """What a message can be about."""

    FAILED = "failed"
    PARTIAL = "partial"
    STALE = "stale"
    AMBIGUOUS = "ambiguous"
    RECOVERED = "recovered"


ALL_EVENTS: Final = tuple(NoticeEvent)


class Healthchecks(msgspec.Struct, frozen=True):
    """A check of Healthchecks (hosted or self-hosted) that each run pings.

    Attributes:
        url: reads the ping URL: with the check's UUID, or with the ping key and a slug.
        create: whether the server is asked to create a check of that slug.
    """

    url: ReadUrl
    create: bool = False


class AppriseService(msgspec.Struct, frozen=True):
    """A service that a message is sent to, by an Apprise URL.

    Attributes:
        label: its name for people; no part of the URL.
        url: reads the URL.
        events: what it is told.
    """

    label: str
    url: ReadUrl
    events: tuple[NoticeEvent, ...] = ALL_EVENTS


class Notify(msgspec.Struct, frozen=True):
    """Who is notified about one target. Times in seconds.

    Attributes:
        timeout: bounds each notification; all are sent at the same time.
        repeat: after this time the same bad state is sent again.
        proxy: `http://HOST:PORT` of a proxy that makes tunnels; None for none.
    """

    healthchecks: Healthchecks | None = None
    apprise: tuple[AppriseService, ...] = ()
    timeout: float = defaults.NOTIFY_TIMEOUT
    repeat: float = defaults.NOTIFY_REPEAT
    proxy: str | None = None

    @property
    def configured(self) -> bool:
        """Whether anybody is notified."""
        return self.healthchecks is not None or bool(self.apprise)

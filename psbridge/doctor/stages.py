"""The stages in their order: what each is called, what runs it, what it needs, and whose time limit it shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from psbridge.doctor import (
    alerts,
    backups,
    clock,
    config,
    location,
    login,
    machine,
    modules,
    name,
    session,
    settings,
    shells,
    sign_in,
    tcp,
    tls,
    updates,
    wsman,
)
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult


class StageEntry(msgspec.Struct, frozen=True):
    """One stage.

    Attributes:
        name: as `--only` takes it.
        check: reads, and says what it found.
        needs: the stages that must not have failed before.
        group: the stages with one time limit.
        uses_session: asks the host.
        after: stages that are run before it, whatever comes of them: it says more with what they found.
    """

    name: str
    check: Callable[[DoctorState], StageResult]
    needs: tuple[str, ...]
    group: str
    uses_session: bool = False
    after: tuple[str, ...] = ()


OPENING: Final = "connection"
"""The group whose first stage opens the session. The others only report what that showed, so they need no time."""
STAGES: Final = (
    StageEntry("config", config.check, (), "machine"),
    StageEntry("machine", machine.check, (), "machine", after=("config",)),
    StageEntry("name", name.check, ("config",), OPENING),
    StageEntry("tcp", tcp.check, ("name",), OPENING),
    StageEntry("tls", tls.check, ("tcp",), OPENING),
    StageEntry("wsman", wsman.check, ("tls",), OPENING),
    StageEntry("login", login.check, ("wsman",), OPENING),
    StageEntry("session", session.check, ("login",), OPENING),
    StageEntry("modules", modules.check, ("session",), "host", uses_session=True),
    StageEntry("sign_in", sign_in.check, ("modules",), "host", uses_session=True),
    StageEntry("location", location.check, ("sign_in",), "stamp", uses_session=True),
    StageEntry("settings", settings.check, ("location",), "stamp"),
    StageEntry("backups", backups.check, ("location",), "stamp", uses_session=True),
    StageEntry("alerts", alerts.check, ("location",), "stamp", uses_session=True),
    StageEntry("updates", updates.check, ("location",), "stamp", uses_session=True),
    StageEntry("clock", clock.check, ("session",), "stamp", uses_session=True, after=("location",)),
    StageEntry("shells", shells.check, ("config",), "cleanup"),
)

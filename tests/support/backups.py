"""A backup that is all right and a case that rests on it; shaped after a recorded backup of March 2020."""

from __future__ import annotations

from typing import Any

from psbridge.models.backup import Backup, Role
from psbridge.models.case import Case
from psbridge.models.time import Instant, Span
from psbridge.values import replace

ID = "9cee9dfb-4a22-44da-9fd8-9f45b8ddf8ce"
OLD = "0d4b31cb-7a3d-4b6a-9b0d-8c3ec1c7a2a1"
GOOD = Backup(
    id=ID,
    name=f"redmond/{ID}",
    location="redmond",
    status="Succeeded",
    roles=(Role("NRP", "Succeeded"), Role("SRP", "Succeeded")),
    completed_at=Instant.parse("2020-03-04T12:22:18.7883083Z"),
    duration=Span.parse("PT5M16.0605282S"),
    stamp_version="1.2002.0.35",
    is_cloud_recovery_ready=True,
)


def case(**changes: Any) -> Case:
    """Return the case of a backup of our own that is waited for and was not looked at yet, changed."""
    plain = Case(
        id=ID,
        own=True,
        waiting=True,
        settle=900.0,
        require_recovery_ready=True,
        require_upload_proof=False,
        listed=(GOOD,),
        list_consistent=True,
        decided_at=Instant.parse("2020-03-04T12:30:00Z"),
    )
    return replace(plain, **changes)

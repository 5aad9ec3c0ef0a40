"""The stage `shells`: the session of this run is closed, and shells of psbridge that remain on the hosts are listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.doctor.results import found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult
from psbridge.models.text import approximate_duration

if TYPE_CHECKING:
    from psbridge.remoting.this_machine import RemainingShell


def check(state: DoctorState) -> StageResult:
    """Close the session, which removes its shell, and list what remains by the record of this machine.

    Each session removes the shells that earlier ones of this machine left; so did this one.
    """
    if state.context is not None:
        state.context.link.drop()
    after = remaining(state)
    removed = sorted(state.left_before - {it.shell for it in after})
    facts = {"removed": removed, "remaining": [it.shell for it in after]}
    listed = [
        warn(
            f"shell {it.shell} remains on {it.host}; the host removes it in {approximate_duration(it.idle_left)}",
            "The next session to this host removes it. By hand, on the host: Remove-WSManInstance shell -SelectorSet "
            f'@{{ShellId="{it.shell}"}}',
        )
        for it in after
    ]
    gone = f"removed {len(removed)} of an earlier session, " if removed else ""
    return found(*(listed or [ok(f"{gone}none remain")]), facts=facts)


def remaining(state: DoctorState) -> list[RemainingShell]:
    """Return the shells that the state folder records for the target's hosts and that no process uses."""
    folder = state.asked.state
    if not isinstance(folder, Path) or state.target is None:
        return []
    from psbridge.remoting.this_machine import remaining_shells

    return remaining_shells(folder, [endpoint.url for endpoint in state.target.endpoints])

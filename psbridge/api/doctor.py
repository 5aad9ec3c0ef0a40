"""`diagnose`: can a backup be started on a target?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psbridge.api.backups import Seconds
from psbridge.api.folders import state_folder
from psbridge.api.stamp import Stamp
from psbridge.clock import Clock, SystemClock
from psbridge.errors import ConfigError

if TYPE_CHECKING:
    from psbridge.doctor.state import DoctorState
    from psbridge.models.diagnosis import Diagnosis, StageResult
    from psbridge.models.events import Observer
    from psbridge.models.target import Target
    from psbridge.operations.context import OperationContext
    from psbridge.powershell.stages import StageObserver

_NOWHERE: Final = Path(os.devnull)
"""A folder that can't be made: where this machine has none for the state, a connection keeps no record of its shells."""


def diagnose(
    target: str | None = None,
    *,
    config: str | Path | None = None,
    state_dir: str | Path | None = None,
    only: Sequence[str] = (),
    timeout: Seconds | None = None,
    observe: Observer | None = None,
    begin: Callable[[str], object] = lambda _: None,
    ended: Callable[[StageResult], object] = lambda _: None,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    prompt: Callable[[str], str] | None = None,
    lead: Callable[[Target], Target] = lambda target: target,
    bundle: str | Path | None = None,
    names: bool = False,
    log: str | Path | None = None,
) -> Diagnosis:
    """Check each thing that a backup needs, in order; only reads are sent, and the login is tried once.

    Args:
        target: a name of the config; None for the config's only one.
        config: the config file; None for the usual places.
        state_dir: where the journal is kept; None for the usual place.
        only: names of stages; what they need is checked too. Empty for all.
        timeout: for all, as seconds or `timedelta`; each group of stages ends after 2 minutes in any case.
        observe: is given each event of the connection.
        begin: is given the name of each stage as it begins.
        ended: is given the result of each stage as it ends.
        flags: values that win over environment and config, such as `{"call_timeout": 5.0}`.
        environ: the environment; None for this process's.
        clock: the clock; None for the real one.
        prompt: asks a person for a password; None without a terminal.
        lead: adds to the target what the caller knows, such as the options of its commands.
        bundle: a new file for a support bundle (tar.gz), without secrets; None for none.
        names: keep the names of hosts and users, addresses and ids in the bundle.
        log: a log file whose end is put into the bundle.

    Raises:
        psbridge.ConfigError: the bundle can't be written.
        psbridge.UsageError: the bundle's file exists, or `only` names an unknown stage. What else is wrong is the failure of a
            stage.
    """
    from psbridge.doctor import run
    from psbridge.doctor.bundle import archive
    from psbridge.doctor.state import Asked

    file = archive.check_free(str(bundle)) if bundle is not None else None
    env = os.environ if environ is None else environ
    time = clock or SystemClock()
    folder: Path | ConfigError
    try:
        folder = state_folder(state_dir, env)
    except ConfigError as nowhere:
        folder = nowhere

    @contextmanager
    def connect(resolved: Target, stages: StageObserver) -> Iterator[OperationContext]:
        state = folder if isinstance(folder, Path) else _NOWHERE
        stamp = Stamp(resolved, state=state, observe=observe, clock=time, stages=stages, once=True)
        with stamp, stamp.operation(journal=isinstance(folder, Path)) as context:
            yield context

    asked = Asked(
        config=config,
        target=target,
        env=env,
        state=folder,
        clock=time,
        connect=connect,
        flags=flags or {},
        prompt=prompt,
        lead=lead,
        begin=begin,
    )

    def pack(state: DoctorState, found: Diagnosis) -> None:
        if file is not None:
            from psbridge.doctor.bundle.content import Sources, content

            archive.write(file, content(Sources(state, found, Path(log) if log else None), names=names), time)

    limit = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    return run.diagnose(asked, only=only, timeout=limit, report=ended, after=pack)

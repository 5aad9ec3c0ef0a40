"""The files that an emulated stamp writes to its backup share. It shares no code with `psbridge.store`, which reads them.

Both rest on the same facts: Microsoft's Unprotect-AzsBackup.psm1 (encryption, metadata names) and BackupValidationTool.psm1 (an
example of a path, the files in four repositories) are known from their text; other names and types are known from strings in
Microsoft's libraries; the order of elements, and what is inferred, is said where it is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psbridge.emulator.stamp.service import Stamp
    from psbridge.emulator.stamp.share import StoreOptions
    from psbridge.emulator.store.writer import Written


def write_store(folder: Path, stamp: Stamp | None = None, options: StoreOptions | None = None) -> Written:
    """Write what the stamp's share holds now; what is there already stays, and what the stamp deleted goes.

    Args:
        folder: the folder that stands for the share; made if it is missing.
        stamp: None: one of build 2301 with three good backups, which make one chain.
        options: how, with which faults; None: the scenario's.

    Raises:
        EmulationError: the folder has files that are not an emulated stamp's.
        OSError: it can't be written.
    """
    from psbridge.emulator.stamp.scenario import Scenario
    from psbridge.emulator.stamp.service import Stamp as EmulatedStamp
    from psbridge.emulator.store.sharing import shared
    from psbridge.emulator.store.writer import write

    if stamp is None:
        stamp = EmulatedStamp(Scenario("store", "three good backups", history=3))
    return write(folder, shared(stamp), options or stamp.scenario.store)

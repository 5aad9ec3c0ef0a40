"""What the stamp would delete from its store as not recognized: the prune cmdlet of Azs.Backup.Admin 1.0.x, as a dry run only.

The cmdlet has no read-only default: without -OperationType the stamp deletes (its recordings). So the parameter is a constant
here, nothing else in psbridge names the cmdlet, and it is sent only to a host whose cmdlet has the parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec

from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import where
from psbridge.errors import Unknown
from psbridge.models.text import ascii_lower
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result, State, Value

MOST_PATHS: Final = 10_000
LONGEST_PATH: Final = 2_000
"""Characters."""
_PRUNE: Final = "Invoke-AzsPruneBackupLocationExternalStore"
_LEFT: Final = "The list is not complete, so none is shown. Read the store itself, or report this as a bug of psbridge."


class PruneSupport(msgspec.Struct, frozen=True):
    """What the host's cmdlet is.

    Attributes:
        there: the host shows it.
        parameters: lower case.
    """

    there: bool
    parameters: frozenset[str] = frozenset()

    @property
    def dry_run(self) -> bool:
        """Whether the cmdlet has -OperationType."""
        return self.there and "operationtype" in self.parameters

    @property
    def asks(self) -> bool:
        """Whether the cmdlet takes -WhatIf and -Confirm."""
        return {"whatif", "confirm"} <= self.parameters


class ReadPruneSupport(msgspec.Struct, frozen=True):
    """Whether the host has the cmdlet, and with which parameters. Runs only Get-Command."""

    CMDLET: ClassVar = _PRUNE

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        found = Command.of("Get-Command", {"Name": _PRUNE, "ErrorAction": "SilentlyContinue"})
        return Pipeline.of(found.piped_to(member("Name")), found.piped_to(member("Parameters"), member("Keys")))

    def parse(self, result: Result) -> PruneSupport:
        """Return what the host has.

        Raises:
            psbridge.errors.PrerequisiteError: it has no Get-Command, or denies it.
        """
        if result.state is not State.COMPLETED:
            check(result)
        words = [ascii_lower(value) for value in result.output if isinstance(value, str)]
        return PruneSupport(ascii_lower(_PRUNE) in words, frozenset(word for word in words if "-" not in word))


class ListUnrecognized(msgspec.Struct, frozen=True):
    """The dry run. It has no field for the type of the operation, so no other can be asked for.

    Attributes:
        asks: whether the host's cmdlet takes -WhatIf and -Confirm. A -WhatIf of the session would make the list empty.
    """

    location: str
    asks: bool = True

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        parameters = {**where(self.location), "OperationType": "DryRun"}
        return Pipeline.of(Command.of(_PRUNE, parameters, asks=self.asks))

    def parse(self, result: Result) -> tuple[str, ...]:
        """Return the paths, as the stamp has them: relative to the share, `/` between the names, lower case (recorded).

        The cmdlet gives plain texts (its source); its documentation promises an object with `PathsToDelete`. Both are read.

        Raises:
            psbridge.errors.PsbridgeError: the stamp refused; `Unknown` if the answer is none of these, or too large.
        """
        check(result)
        paths: dict[str, None] = {}
        for path in _paths(result):
            if not path or len(path) > LONGEST_PATH:
                raise Unknown(f"the stamp answered with a path of {len(path)} characters", hint=_LEFT)
            paths[path] = None
            if len(paths) > MOST_PATHS:
                raise Unknown(f"the stamp answered with more than {MOST_PATHS} paths", hint=_LEFT)
        return tuple(paths)


def _paths(result: Result) -> Iterator[str]:
    for value in result.output:
        listed: Value = value
        if isinstance(value, PSObject) and value.has("PathsToDelete"):
            listed = value.get("PathsToDelete")
        for each in listed if isinstance(listed, list | tuple) else (listed,):
            path = text_of(each) if not isinstance(each, bool | int | float) else None
            if path is None and each is not None:
                raise Unknown(f"the answer of {_PRUNE} can't be read: it is not a list of paths", hint=_LEFT)
            if path is not None:
                yield path

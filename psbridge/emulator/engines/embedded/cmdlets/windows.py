"""What shows a Windows host's culture and the quotas of its WSMan: drive."""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.emulator.engines.embedded import errors
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.error_record import Terminate
from psbridge.emulator.engines.embedded.values import Net, Value

_DRIVE = "wsman:\\localhost\\shell\\"
_LEAF = (
    "Microsoft.WSMan.Management.WSManConfigLeafElement",
    "Microsoft.WSMan.Management.WSManConfigElement",
    "System.Object",
)


def _culture(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    name = runtime.session.stamp.profile.culture
    yield Net(("System.Globalization.CultureInfo", "System.Object"), name, {"Name": name})


def _item(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    """Yield quotas of the shells in the WSMan: drive; their values are texts there."""
    profile = runtime.session.stamp.profile
    known = {"maxshellsperuser": profile.max_shells, "maxmemorypershellmb": profile.max_memory_mb}
    for path in runtime.arguments.values["Path"]:
        folded = path.casefold()
        name = folded.removeprefix(_DRIVE)
        if not folded.startswith(_DRIVE) or name not in known:
            raise Terminate(errors.not_emulated(f"Get-Item {path}", runtime.cmdlet))
        value = str(known[name])
        yield Net(_LEAF, value, {"Name": path.rpartition("\\")[2], "Value": value})


RUNS: dict[str, Run] = {"Get-Culture": _culture, "Get-Item": _item}

"""Start, wait for and prove Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting.

    import psbridge
    from datetime import timedelta

    with psbridge.connect("redmond") as stamp:
        run = stamp.backups.start(if_running="attach")
        verdict = run.wait(timeout=timedelta(hours=2), observe=print)
        verdict.require()  # raises psbridge.BackupFailed, BackupPartial …, each with .exit_code and .hint
        stamp.backups.list()

Nothing here prints, exits or handles signals. The names are those of `psbridge.api.public`, loaded when one is first used, so
that importing psbridge imports neither Typer, rich, pypsrp, psrpcore nor msgspec.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it, whose import is a fifth of `psbridge --version`
if TYPE_CHECKING:
    from psbridge.api.public import *  # noqa: F403 - the one list of the library's names
    from psbridge.version import __version__ as __version__
else:

    def _public() -> dict[str, object]:
        from importlib import import_module

        found = vars(import_module("psbridge.api.public"))
        return {name: value for name, value in found.items() if not name.startswith("_")}

    def __getattr__(name: str) -> object:
        from importlib import import_module
        from importlib.util import find_spec

        if name == "__version__":
            return import_module("psbridge.version").__version__
        if name == "__all__":
            return sorted(_public())
        # `from psbridge import documents` asks here first, and must not load the whole library for a module.
        if not name.startswith("__") and find_spec(f"psbridge.{name}") is None and name in (public := _public()):
            return public[name]
        raise AttributeError(f"module 'psbridge' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(_public())

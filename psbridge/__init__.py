"""Start, wait for and prove Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting.

    import psbridge
    from datetime import timedelta

    with psbridge.connect("redmond") as stamp:
        run = stamp.backups.start(if_running="attach")
        verdict = run.wait(timeout=timedelta(hours=2), observe=print)
        verdict.require()  # raises psbridge.BackupFailed, BackupPartial …, each with .exit_code and .hint
        stamp.backups.list()

Nothing here prints, exits or handles signals. Names are those of `psbridge.api`, loaded when they are first used, so that
importing psbridge imports neither Typer, rich, pypsrp nor psrpcore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psbridge.api import *  # noqa: F403 - the library's names, listed in `psbridge.api.__all__`
    from psbridge.version import __version__ as __version__
else:

    def __getattr__(name: str) -> object:
        from importlib import import_module
        from importlib.util import find_spec

        if name == "__version__":
            return import_module("psbridge.version").__version__
        # `from psbridge import documents` asks here first, and must not load the whole library for a module.
        if name == "__all__" or (not name.startswith("__") and find_spec(f"psbridge.{name}") is None):
            api = import_module("psbridge.api")
            if name == "__all__" or name in api.__all__:
                return getattr(api, name)
        raise AttributeError(f"module 'psbridge' has no attribute {name!r}")

    def __dir__() -> list[str]:
        from importlib import import_module

        return sorted(import_module("psbridge.api").__all__)

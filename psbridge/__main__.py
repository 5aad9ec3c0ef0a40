"""`python -m psbridge` and the console script."""

from __future__ import annotations

import gc
import os
import sys

_ALLOCATIONS = 100_000
"""Objects between two collections of cycles; by default they are 700, and a start spends a twentieth of its time on them."""


def main() -> None:
    """Run the command line and exit with its code."""
    # Scripts ask for the version, so the usual way to ask does not wait for Typer. Every other one does, such as
    # `psbridge -q --version`, and so does a stdout that takes nothing: the boundary of errors knows what to say.
    if sys.argv[1:] == ["--version"] and _version_written():
        raise SystemExit(0)
    gc.set_threshold(_ALLOCATIONS)
    from psbridge.cli.main import run

    raise SystemExit(run())


def _version_written() -> bool:
    from psbridge.version import __version__

    try:
        os.write(1, f"psbridge {__version__}\n".encode())  # past the buffer, which would keep what was not taken
    except OSError:  # closed, full, or its reader has gone
        return False
    return True


if __name__ == "__main__":
    main()

"""Packages whose names are imported when they are first used (PEP 562): a start builds only the classes that it needs.

Building one frozen dataclass takes a millisecond, and psbridge has a hundred.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any


def lazily(package: str, **modules: Iterable[str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`.

    Args:
        package: its `__name__`.
        modules: the names that each of its modules gives; no name may be a module's, too.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def loaded(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return loaded

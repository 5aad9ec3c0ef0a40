"""How a value is written, and how a changed copy of one is made.

`class X(msgspec.Struct, frozen=True)`, with `kw_only=True` where a call would not be clear without names. It has slots,
and hashes and compares as a frozen dataclass does; `__post_init__` sets fields with `msgspec.structs.force_setattr`.
Its repr shows every field, so a field that is secret has a type that masks itself (`psbridge.models.secret.Secret`).
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 13):
    from copy import replace  # the one that mypy checks: scripts/check runs it for 3.13 too, because of this
else:
    from msgspec.structs import replace

__all__ = ["replace"]

"""A target's `tls`, `sign_in` and `notify` with what `defaults` say of the same: put together key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from psbridge.config.convert import Place, Values

NESTED: Final = ("tls", "sign_in", "notify")
_INSTEAD: Final[Mapping[str, frozenset[str]]] = {
    "client_key": frozenset({"client_cert"}),
    "secret": frozenset({"certificate_thumbprint"}),
    "certificate_thumbprint": frozenset({"secret"}),
}
"""A key of `defaults` that does not count where the target has one of these: it would be another certificate's key, or a second
way to sign in."""


def with_defaults(own: Values, shared: Values) -> Values:
    """Return what a target says, its nested mappings completed by those of `defaults`.

    `true`, `false` and an empty mapping stand for themselves and take nothing from `defaults`.
    """
    both = [key for key in NESTED if key in own and key in shared]
    return {**own, **{key: (_merged(own[key][0], shared[key][0]), own[key][1]) for key in both}}


def _merged(own: Any, shared: Any) -> Any:
    if not isinstance(own, dict) or not isinstance(shared, dict) or not own:
        return own
    taken = {key: value for key, value in shared.items() if not own.keys() & _INSTEAD.get(key, frozenset())}
    made = {**taken, **own}
    for key in own.keys() & taken.keys():
        made[key] = (_merged(own[key][0], taken[key][0]), own[key][1])
    return made


def from_defaults(value: Any, before: str = "") -> Iterator[tuple[str, Place]]:
    """Yield the dotted key and the place of each part of a target's merged value that `defaults` gave."""
    for key, (inner, place) in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict):
            yield from from_defaults(inner, f"{before}{key}.")
        elif place.path[:1] == ("defaults",):
            yield f"{before}{key}", place

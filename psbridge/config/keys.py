"""Which key belongs where, and which words of a config may be repeated: known ones and what is like them, never a secret."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from psbridge.config.problems import Path
from psbridge.config.rules import Shape
from psbridge.config.schema import (
    APPRISE,
    CHECKS,
    DEFAULTS,
    HEALTHCHECKS,
    NOTIFY,
    PRINCIPAL,
    ROOT,
    SIGN_IN,
    TARGET,
    TLS,
)
from psbridge.models.text import nearest

_FORMS = ("env", "file", "command", "credential")
_SHAPES: dict[str, Shape] = {
    "defaults": DEFAULTS,
    "tls": TLS,
    "sign_in": SIGN_IN,
    "service_principal": PRINCIPAL,
    "inferred_checks": CHECKS,
    "notify": NOTIFY,
    "healthchecks": HEALTHCHECKS,
    "apprise": APPRISE,
}
_NEVER = {
    "status": "the status decides the verdict",
    "roles": "the roles decide the verdict",
    "id": "an answer about another backup does not count",
    "upload": "a backup that is not uploaded is none",
}
"""Comparisons of one read that do not rest on an inference, and why none of them can be set to warn."""
# The first row that has a key says where it belongs.
_PLACES: tuple[tuple[Shape, str], ...] = (
    (ROOT, "the top level of the file"),
    (DEFAULTS, "`defaults` or a target, such as targets.NAME.{}"),
    (TARGET, "a target, such as targets.NAME.{}"),
    (TLS, "a target's tls: targets.NAME.tls.{}"),
    (SIGN_IN, "a target's sign_in: targets.NAME.sign_in.{}"),
    (PRINCIPAL, "a target's sign_in: targets.NAME.sign_in.service_principal.{}"),
    (CHECKS, "inferred_checks of a target or of `defaults`: inferred_checks.{}"),
    (NOTIFY, "notify of a target or of `defaults`: notify.{}"),
    (HEALTHCHECKS, "notify.healthchecks: notify.healthchecks.{}"),
    (APPRISE, "an entry of notify.apprise"),
)
_KNOWN = frozenset({*_FORMS, *(key for shape, _ in _PLACES for key in shape.keys)})
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{1,30}", re.ASCII)
_ALIKE, _ALIKE_ELSEWHERE = 0.65, 0.75
"""How alike a word must be to a key that is known here, and to one that is known in another place (see `nearest`)."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
MASK = "…"


def _shape_at(path: Path) -> Shape:
    """Return the shape that stands at a path."""
    if not path:
        return ROOT
    if path[0] == "targets" and len(path) == 2:
        return TARGET
    named = [part for part in path if isinstance(part, str)]  # an entry of a list has the list's shape
    return _SHAPES.get(named[-1], ROOT)


def unknown(path: Path) -> tuple[str, str | None]:
    """Return what is wrong with a key that is not known where it stands, and the nearest that is.

    A key that is not a slip of a known one may be a secret that was pasted: it is described and not repeated.
    """
    word, here = str(path[-1]), _shape_at(path[:-1]).keys
    if path[-2:-1] == ("inferred_checks",):
        return _not_turned_down(word), nearest(word, here)
    like = nearest(word, here, _ALIKE)
    elsewhere = word if word in _KNOWN else None if like else nearest(word, _KNOWN, _ALIKE_ELSEWHERE)
    place = _place(elsewhere) if elsewhere else None
    if place:
        return f"unknown key here; {elsewhere} belongs to {place}", None if elsewhere == word else elsewhere
    if not repeatable(word):
        return f"unknown key of {len(word)} characters, not repeated here because it may be a secret", like
    return "unknown key", like


def _not_turned_down(name: str) -> str:
    """Return why a comparison can't be turned into a warning."""
    why = _NEVER.get(name) or _NEVER.get(nearest(name, _NEVER) or "")
    return f"can't be set to warn: {why}" if why else f"unknown check; expected one of {', '.join(CHECKS.keys)}"


def _place(key: str) -> str | None:
    if key in _FORMS:
        return f"a secret: password: {{{key}: …}}"
    return next((place.format(key) for shape, place in _PLACES if key in shape.keys), None)


def repeatable(word: str) -> bool:
    """Return whether a key may be repeated: it is known, or letters that are most probably a slip of a known one."""
    return (
        word in _KNOWN
        or word in _NEVER
        or (_WORD.fullmatch(word) is not None and nearest(word, _KNOWN, _ALIKE) is not None)
    )


def shown(path: Path) -> str | None:
    """Return a path as a dotted key, with what may be a secret masked; None for the root."""
    return ".".join(_parts(path)) or None


def _parts(path: Path) -> Iterator[str]:
    for at, part in enumerate(path):
        name = path[:at] == ("targets",)
        known = isinstance(part, int) or (_NAME.fullmatch(part) is not None if name else repeatable(part))
        yield str(part) if known else MASK


def concerned(path: Path, targets: Container[str]) -> str | None:
    """Return the target that a problem at this path is of; None where it is of the whole file."""
    name = str(path[1]) if len(path) > 1 and path[0] == "targets" else None
    return name if name in targets else None

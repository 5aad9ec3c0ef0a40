"""A backup's roles: that each succeeded, that none is missing against an earlier backup, and that sources agree in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from psbridge.models.backup import Backup, Phase, Role, phase_of
from psbridge.models.text import ascii_lower
from psbridge.models.verdict import Evidence, Outcome


def check_roles(roles: Sequence[Role] | None, baseline: Backup | None, *, history_read: bool) -> Evidence:
    """Return the evidence on the roles of a backup that has ended.

    `baseline`: the backup that they are compared with, None if there is none.
    `history_read`: False if there may be one and its roles could not be read.
    """
    if not roles:
        return Evidence("roles", Outcome.UNKNOWN, "no list of roles")
    bad = [
        f"{role.name or '(no name)'} {role.status or '(no status)'}" for role in roles if not _succeeded(role.status)
    ]
    names = {ascii_lower(role.name) for role in roles}
    before = baseline.roles if baseline else None
    missing = [role.name for role in before or () if ascii_lower(role.name) not in names]
    measure = _named(baseline)
    if bad or missing:
        parts = ([f"not succeeded: {', '.join(bad)}"] if bad else []) + (
            [_missing(missing, measure)] if missing else []
        )
        return Evidence("roles", Outcome.FAIL, "; ".join(parts))
    if not history_read:
        return Evidence(
            "roles", Outcome.UNKNOWN, "the roles of earlier backups can't be read, so they were not compared"
        )
    against = f"none is missing (compared with {measure})" if before else "no earlier backup to compare with"
    return Evidence("roles", Outcome.PASS, f"{len(roles)} of {len(roles)} succeeded; {against}")


def _named(baseline: Backup | None) -> str:
    """Return what the roles are compared with, for people."""
    if baseline is None or roles_succeeded(baseline):
        return "the last good backup"
    return f"backup {baseline.id}, {baseline.status}"


def _missing(names: Sequence[str], measure: str) -> str:
    if len(names) == 1:
        return f"role {names[0]} is missing ({measure} had it)"
    return f"roles {', '.join(names)} are missing ({measure} had them)"


def _succeeded(status: str) -> bool:
    return phase_of(status) is Phase.SUCCEEDED


def roles_succeeded(backup: Backup) -> bool:
    """Return whether a backup and each of its roles succeeded: others' roles may be measured by it."""
    return (
        backup.phase is Phase.SUCCEEDED
        and bool(backup.roles)
        and all(_succeeded(it.status) for it in backup.roles or ())
    )


def comparable_roles(roles: Iterable[Role]) -> frozenset[tuple[str, str]]:
    """Return roles as they are compared: their order and the case of ASCII letters do not count."""
    return frozenset((ascii_lower(role.name), ascii_lower(role.status)) for role in roles)


def differing_roles(mine: Sequence[Role], theirs: Sequence[Role]) -> str:
    """Return those of one source's roles, in words, that another source does not have so."""
    others = comparable_roles(theirs)
    words = (f"{role.name} {role.status}" for role in mine if not comparable_roles([role]) <= others)
    return ", ".join(words) or "no such role"


def worse_role(listed: Sequence[Role], shown: Sequence[Role], bad: Iterable[Phase]) -> Role | None:
    """Return the first role that the list says is bad, and the backup itself that it succeeded; None if there is none."""
    good = {ascii_lower(it.name) for it in shown if _succeeded(it.status)}
    return next((it for it in listed if phase_of(it.status) in bad and ascii_lower(it.name) in good), None)


def impossible_roles(roles: Iterable[Role]) -> Iterator[str]:
    """Yield what no answer that is whole and true can say of its roles."""
    known: dict[str, str] = {}
    for role in roles:
        name = ascii_lower(role.name.strip())
        if not name:
            yield f"has a role without a name, {role.status or 'without a status'}"
        elif known.setdefault(name, ascii_lower(role.status)) != ascii_lower(role.status):
            yield f"gives role {role.name} twice, {known[name]} and {role.status}"

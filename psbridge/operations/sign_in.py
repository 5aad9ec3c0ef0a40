"""Sign a session in as the target says, right after it was opened."""

from __future__ import annotations

from collections.abc import Callable

from psbridge.clock import Deadline
from psbridge.cmdlets.sign_in import AddEnvironment, ConnectAzAccount, LookForEnvironment
from psbridge.errors import PrerequisiteError
from psbridge.models.connection import SignIn
from psbridge.models.context import ModuleFamily
from psbridge.models.target import DEFAULT_SUBSCRIPTION, Target
from psbridge.powershell.session import Session


def preparation(sign_in: SignIn, target: Target) -> Callable[[Session, Deadline], None]:
    """Return what signs a session in; the first family of modules that the host has is used."""
    families = [it for it in ModuleFamily if target.module in {"auto", it}]

    def prepare(session: Session, deadline: Deadline) -> None:
        family, known = _look(session, sign_in, families, deadline)
        if not known:
            add = AddEnvironment(sign_in, family)
            add.parse(session.run(add.pipeline(), deadline))
        connect = ConnectAzAccount(sign_in, family, target.subscription or DEFAULT_SUBSCRIPTION)
        connect.parse(session.run(connect.pipeline(), deadline))

    return prepare


def _look(
    session: Session, sign_in: SignIn, families: list[ModuleFamily], deadline: Deadline
) -> tuple[ModuleFamily, bool]:
    """Return the family whose cmdlets the host has, and whether the host knows the environment.

    Raises:
        psbridge.errors.PrerequisiteError: it has the cmdlets of none; the error is that of the first.
    """
    lacking: list[PrerequisiteError] = []
    for family in families:
        look = LookForEnvironment(sign_in, family)
        try:
            return family, look.parse(session.run(look.pipeline(), deadline))
        except PrerequisiteError as problem:
            lacking.append(problem)
    raise lacking[0]

"""The options of `config init`: what they give, and what is missing without a terminal to ask on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from psbridge.cli.setup import typed
from psbridge.cli.setup.results import Answers
from psbridge.config.draft import Draft
from psbridge.config.rules import PORT, Wrong
from psbridge.errors import PrerequisiteError, UsageError
from psbridge.models.connection import Auth

if TYPE_CHECKING:
    from psbridge.cli.setup.trials import Trials

PASSWORD: Final = ("password_file", "password_env", "password_command", "password_credential", "password_prompt")
"""The options that say where the password is; one of them is enough."""
_NO_PASSWORD: Final = frozenset({Auth.CERTIFICATE, Auth.KERBEROS})


def answers(given: dict[str, Any]) -> Answers:
    """Return what the options give, checked.

    Args:
        given: their values by the names of the parameters; None is not given.

    Raises:
        UsageError: a value is not valid, or two say where the password is.
    """
    several = [option(name) for name in PASSWORD if given.get(name)]
    if len(several) > 1:
        raise UsageError(f"{' and '.join(several)} can't be given together", hint="A password is in one place.")
    draft = Draft(tls=not given["no_tls"])
    for name, (key, check) in _KEYS.items():
        value = given.get(name)
        if value is not None:
            setattr(draft, key, _read(name, value, check))
    for name, check in _SECRETS.items():
        value = given.get(name)
        if value:
            draft.password = {name.removeprefix("password_"): _read(name, value, check)}
    return Answers(draft)


def missing(found: Answers, given: dict[str, Any]) -> list[str]:
    """Return the options that are needed and not given."""
    draft = found.draft
    needed = [] if draft.host else ["--host"]
    needed += [] if draft.auth else ["--auth"]
    if draft.auth is Auth.CERTIFICATE:
        return needed + ([] if draft.client_cert else ["--client-cert"])
    if draft.auth is not Auth.KERBEROS and not draft.username:
        needed.append("--user")
    if draft.auth not in _NO_PASSWORD and not any(given.get(name) for name in PASSWORD):
        needed.append("one of " + ", ".join(map(option, PASSWORD)))
    return needed


def test(found: Answers, trials: Trials) -> None:
    """Test the options as the questions' answers are: the way to the host, then one login, which gives the location.

    Raises:
        psbridge.errors.PsbridgeError: the first failure; nothing was written.
    """
    from psbridge.cli.setup.trials import endpoints, first_failure, location

    reached = trials.reach(next(endpoints(found)))
    if reached.error is not None:
        raise reached.error
    results = trials.log_in(found)
    failed = first_failure(results)
    if failed is not None:
        raise failed.error or PrerequisiteError(f"the stage {failed.stage} was not passed")
    found.draft.location = found.draft.location or location(results)


def option(name: str) -> str:
    """Return an option by the name of its parameter."""
    return "--" + name.replace("_", "-")


def _read(name: str, value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise UsageError(f"{option(name)}: {wrong.message}", hint="See `psbridge config init --help`.") from None


def _auth(word: str) -> Auth:
    try:
        return Auth(word)
    except ValueError:
        raise Wrong(f"expected one of {', '.join(Auth)}", word, tuple(Auth)) from None


_KEYS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "host": ("host", typed.key("host")),
    "port": ("port", PORT.read),
    "ca": ("ca", typed.existing_file),
    "server_name": ("server_name", lambda value: value),
    "auth": ("auth", _auth),
    "user": ("username", typed.key("username")),
    "client_cert": ("client_cert", typed.existing_file),
    "client_key": ("client_key", typed.existing_file),
    "location": ("location", typed.key("location")),
    "name": ("name", typed.key("name")),
}
"""The key of a draft that each option sets, and what checks its value."""
_SECRETS: Final[dict[str, Callable[[str], Any]]] = {
    "password_file": typed.existing_file,
    "password_env": typed.variable,
    "password_command": typed.words,
    "password_credential": typed.credential,
}

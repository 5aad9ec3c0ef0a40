"""The questions of `config init`, in their order; each answer is tested once as soon as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.cli.setup import host, sign_in, typed
from psbridge.cli.setup.kept import kept, source
from psbridge.cli.setup.results import Answers, Stopped
from psbridge.cli.setup.trials import Trials, first_failure, location
from psbridge.config.draft import Draft, logins
from psbridge.models.connection import Auth
from psbridge.models.secret import Secret

if TYPE_CHECKING:
    from psbridge.cli.setup.dialog import Dialog

_CORRECT = ("correct", "enter user and password again, and log in once more")
_PRINCIPAL = ("correct", "enter the service principal again, and log in once more")
_AGAIN = ("again", "test once more; first do what the remedy says")
_KEEP = ("keep", "keep the answers as they are")
_STOP = ("stop", "stop; nothing is written")


def interview(dialog: Dialog, answers: Answers, trials: Trials | None) -> Answers:
    """Ask for what is not known yet, and test it.

    Args:
        dialog: the conversation.
        answers: what the options gave.
        trials: the tests; None makes none.

    Raises:
        psbridge.cli.setup.results.Stopped: the user stops.
    """
    draft = answers.draft
    offered = host.ask(dialog, answers, trials)
    if draft.auth is None:
        draft.auth = _auth(dialog, draft, offered)
    if draft.auth is Auth.CERTIFICATE:
        _certificate(dialog, draft)
    else:
        _account(dialog, answers)
    if trials is not None:
        _test(dialog, answers, trials)
    if draft.location is None:
        question = "Location of the stamp, its region name (empty: the stamp's only one)"
        draft.location = dialog.ask(question, check=typed.optional(typed.key("location"))) or None
    if draft.name is None:
        draft.name = dialog.ask("Name of this target, for --target", draft.target, typed.key("name"))
    return answers


def _auth(dialog: Dialog, draft: Draft, offered: tuple[str, ...]) -> Auth:
    listed = logins(offered, tls=draft.tls, verified=True)
    usable = [(login.auth.value, login.about) for login in listed if login.lacks is None]
    dialog.say()
    for login in listed:
        if login.lacks is not None:
            dialog.say(f"  not possible: {login.auth}: {login.lacks}")
    return Auth(dialog.choose("How does psbridge log in?", usable))


def _certificate(dialog: Dialog, draft: Draft) -> None:
    if draft.client_cert is None:
        draft.client_cert = dialog.ask("PEM file of the client certificate", check=typed.existing_file)
    if draft.client_key is None:
        question = "PEM file of its key, without a passphrase (empty: in the same file)"
        draft.client_key = dialog.ask(question, check=typed.optional(typed.existing_file)) or None


def _account(dialog: Dialog, answers: Answers) -> None:
    draft = answers.draft
    if draft.username is None:
        draft.username = _user(dialog, draft)
    if draft.password is None and answers.password is None:
        dialog.say()
        _password(dialog, answers, kept(dialog, "the password", ticket=draft.auth is Auth.KERBEROS))


def _user(dialog: Dialog, draft: Draft) -> str:
    kind = "user@REALM" if draft.auth is Auth.KERBEROS else r"DOMAIN\user, HOST\user or user@REALM"
    return dialog.ask(f"User ({kind})", draft.username, typed.key("username"))


def _password(dialog: Dialog, answers: Answers, form: str) -> None:
    draft = answers.draft
    if form == "file":
        answers.password = _typed_password(dialog, draft)
    elif form not in {"prompt", "ticket"}:
        draft.password = source(dialog, form)


def _typed_password(dialog: Dialog, draft: Draft) -> Secret:
    password = dialog.hidden(f"Password of {draft.username}")
    if password != password.strip():
        dialog.say("  it begins or ends with a space, which is taken as part of it")
    return Secret(password)


def _test(dialog: Dialog, answers: Answers, trials: Trials) -> None:
    """Log in once, if the user agrees, and let them correct what failed."""
    dialog.say()
    sure = True
    while dialog.confirm("Log in now, once, to test this and to read the location?", default=sure):
        results = trials.log_in(answers)
        failed = first_failure(results)
        if failed is None:
            answers.draft.location = answers.draft.location or _location(dialog, location(results))
            return
        if failed.stage == "sign_in" and sign_in.offer(dialog, answers):
            continue
        choice = _after_failure(dialog, failed.stage, principal=answers.draft.sign_in is not None)
        if choice == "keep":
            return
        if choice == "correct":
            _correct(dialog, answers, failed.stage)
        sure = failed.stage != "login"  # a refused login counts towards the lock of the account


def _location(dialog: Dialog, reported: str | None) -> str:
    """Ask for the location; one that the stamp did not report is taken only if the user insists."""
    while True:
        answer = dialog.ask("Location of the stamp", reported, typed.key("location"))
        if reported is None or answer.casefold() == reported.casefold():
            return answer
        if dialog.confirm(f"The stamp reports {reported}. Use {answer} all the same?", default=False):
            return answer


def _after_failure(dialog: Dialog, stage: str, *, principal: bool) -> str:
    ways = {"login": [_CORRECT], "sign_in": [_PRINCIPAL, _AGAIN] if principal else [_AGAIN]}.get(stage, [_AGAIN])
    choice = dialog.choose(f"The stage {stage} failed. What now?", [*ways, _KEEP, _STOP])
    if choice == "stop":
        raise Stopped
    return choice


def _correct(dialog: Dialog, answers: Answers, stage: str) -> None:
    if stage == "sign_in":
        sign_in.ask(dialog, answers)
        return
    draft = answers.draft
    draft.username = _user(dialog, draft)
    if answers.password is not None:
        answers.password = _typed_password(dialog, draft)

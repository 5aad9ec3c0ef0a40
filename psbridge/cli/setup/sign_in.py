"""The service principal that signs the host's session in, asked for if a test shows that the session is not signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psbridge.cli.setup.kept import secret_forms, source
from psbridge.cli.setup.results import Answers
from psbridge.config.rules import Rule
from psbridge.config.schema import PRINCIPAL, SIGN_IN
from psbridge.models.secret import Secret

if TYPE_CHECKING:
    from psbridge.cli.setup.dialog import Dialog


_CERTIFICATE: Final = ("certificate", "no secret: a certificate on the host, with its private key")


def offer(dialog: Dialog, answers: Answers) -> bool:
    """Ask for the service principal, if there is none yet and the user wants it; return whether they do."""
    if answers.draft.sign_in is not None:
        return False
    dialog.say()
    dialog.say("The login works. The session on the host is not signed in to the stamp: see `psbridge help sign-in`.")
    if not dialog.confirm("Shall psbridge sign it in with a service principal?", default=True):
        return False
    ask(dialog, answers)
    return True


def ask(dialog: Dialog, answers: Answers) -> None:
    """Ask for the service principal; what was answered before is the default, but for its secret."""
    before = answers.draft.sign_in or {}
    principal = before.get("service_principal", {})

    def asked(key: str, question: str) -> str:
        return _asked(dialog, key, question, before.get(key) or principal.get(key))

    where = {
        "environment": "AzureStackAdmin",
        "arm_endpoint": asked("arm_endpoint", "Admin endpoint (https://adminmanagement.<region>.<fqdn>)"),
        "tenant": asked("tenant", "Tenant, a name or an id"),
    }
    who = {"application_id": asked("application_id", "Application id of the principal")}
    answers.secret = None
    _secret(dialog, answers, who)
    answers.draft.sign_in = {**where, "service_principal": who}


def _secret(dialog: Dialog, answers: Answers, who: dict[str, Any]) -> None:
    form = dialog.choose("How does it prove itself?", [*secret_forms(), _CERTIFICATE])
    if form == "certificate":
        who["certificate_thumbprint"] = _asked(dialog, "certificate_thumbprint", "Thumbprint of the certificate")
    elif form == "file":
        answers.secret = Secret(dialog.hidden("Secret of the service principal"))
    else:
        who["secret"] = source(dialog, form)


def _asked(dialog: Dialog, key: str, question: str, default: str | None = None) -> str:
    rule = {**SIGN_IN.keys, **PRINCIPAL.keys}[key].rule

    def check(typed: str) -> str:
        if isinstance(rule, Rule):
            rule.read(typed)
        return typed

    return dialog.ask(question, default, check)

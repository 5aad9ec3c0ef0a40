"""Where a secret is kept: the forms of the config, as questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psbridge.cli.setup import typed

if TYPE_CHECKING:
    from psbridge.cli.setup.dialog import Dialog

KEPT = (
    ("file", "psbridge asks for it now, and writes it into a file that only you can read"),
    ("command", "a password manager: keyring, pass, vault …"),
    ("env", "an environment variable, such as of Ansible or a container"),
    ("credential", "a credential of systemd (LoadCredential=)"),
    ("prompt", "psbridge asks for it each time; not for cron"),
)
TICKET = (("ticket", "the ticket of kinit, or a keytab"), *KEPT)


def kept(dialog: Dialog, what: str, *, ticket: bool = False) -> str:
    """Return the form in which a password is kept."""
    return dialog.choose(f"Where is {what} kept?", TICKET if ticket else KEPT)


def secret_forms() -> list[tuple[str, str]]:
    """Return the forms in which a service principal's secret can be kept; psbridge never asks for it each time."""
    return [(f"{form}", f"a secret: {about}") for form, about in KEPT if form != "prompt"]


def source(dialog: Dialog, form: str) -> dict[str, Any]:
    """Ask where a secret is, and return it as the config names it."""
    if form == "command":
        dialog.say("  such as: keyring get SERVICE USER, pass show ENTRY, vault kv get -field=password PATH")
        return {"command": typed.words(dialog.ask("Command, run without a shell", check=typed.command))}
    question = {"env": "Name of the variable", "credential": "Name of the credential"}[form]
    return {form: dialog.ask(question, check=typed.variable if form == "env" else typed.credential)}

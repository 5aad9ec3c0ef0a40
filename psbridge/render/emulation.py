"""What `emulate` tells a person: where it listens, and what to put where so that psbridge reaches it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from psbridge.render.blocks import STRONG, Block, Cell, Gap, Verbatim, line

if TYPE_CHECKING:
    from psbridge.documents.emulation import EmulationDocument

_PASSWORD_LEAVES: Final = {"basic", "credssp"}  # logins that psbridge uses over https only
_TAKE_A_PASSWORD: Final = {*_PASSWORD_LEAVES, "ntlm", "negotiate"}
_ENDS: Final = "Nothing real is backed up. Ctrl-C ends it."


def emulation(document: EmulationDocument) -> list[Block]:
    """Return the introduction; config and shell line can be copied as they stand."""
    where = Cell(document.url, STRONG)
    engine = f"({document.engine} engine, scenario {document.scenario})."
    first = line("An emulated operator host listens on", where, engine)
    ours = document.url.startswith("https:") or document.auth not in _PASSWORD_LEAVES
    if document.config_file:
        file = shlex.quote(document.config_file)
        how = "As long as it runs, psbridge reaches it with" if ours else "What other clients need is in"
        shown = Verbatim((f"--config {file}" if ours else file,))
        return [first, line(f"{_ENDS} {how}"), Gap(), shown, Gap(), *_ticket(document)]
    how = "To point psbridge at it, put this into a config:" if ours else "What other clients need:"
    return [
        first,
        line(f"{_ENDS} {how}"),
        Gap(),
        Verbatim(tuple(document.config.splitlines())),
        Gap(),
        *_ticket(document),
        *_secret(document),
    ]


def _ticket(document: EmulationDocument) -> list[Block]:
    if document.auth != "kerberos":
        return []
    return [line("and get a ticket:"), Gap(), Verbatim((f"kinit {shlex.quote(document.username)}",)), Gap()]


def _secret(document: EmulationDocument) -> list[Block]:
    """Return what to do beside the config, if anything."""
    takers = [method for method in document.offered if method in _TAKE_A_PASSWORD]
    if not takers:
        return []  # of a certificate, the config names the files
    said = "and its password, which is shown only here, into the environment:"
    if document.auth not in takers:
        said = f"{document.username} may sign in by {' or '.join(takers)} too, with a password that is shown only here:"
    password = f"export {document.password_variable}={shlex.quote(document.password)}"
    return [line(said), Gap(), Verbatim((password,)), Gap()]

"""What `emulate` tells a person: where it listens, and what to put where so that psbridge reaches it."""

from __future__ import annotations

import shlex
from typing import Final

from psbridge.documents import kinds
from psbridge.render.blocks import STRONG, Block, Cell, Gap, Verbatim, line

_PASSWORD_LEAVES: Final = {"basic", "credssp"}  # logins that psbridge uses over https only
_ENDS: Final = "Nothing real is backed up. Ctrl-C ends it."


def emulation(document: kinds.EmulationDocument) -> list[Block]:
    """Return the introduction; config and shell line can be copied as they stand."""
    where = Cell(document.url, STRONG)
    engine = f"({document.engine} engine, scenario {document.scenario})."
    first = line("An emulated operator host listens on", where, engine)
    ours = document.url.startswith("https:") or document.auth not in _PASSWORD_LEAVES
    if document.config_file:
        file = shlex.quote(document.config_file)
        how = "As long as it runs, psbridge reaches it with" if ours else "What other clients need is in"
        return [first, line(f"{_ENDS} {how}"), Gap(), Verbatim((f"--config {file}" if ours else file,)), Gap()]
    how = "To point psbridge at it, put this into a config:" if ours else "What other clients need:"
    return [
        first,
        line(f"{_ENDS} {how}"),
        Gap(),
        Verbatim(tuple(document.config.splitlines())),
        Gap(),
        *_secret(document),
    ]


def _secret(document: kinds.EmulationDocument) -> list[Block]:
    """Return what to do beside the config, if anything."""
    if document.auth == "certificate":
        return []  # the config names the files
    if document.auth == "kerberos":
        said, command = "and get a ticket:", f"kinit {shlex.quote(document.username)}"
    else:
        said = "and its password, which is shown only here, into the environment:"
        command = f"export {document.password_variable}={shlex.quote(document.password)}"
    return [line(said), Gap(), Verbatim((command,)), Gap()]

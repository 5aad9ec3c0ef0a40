"""What `emulate` tells a person: where it listens, and what to put where so that psbridge reaches it."""

from __future__ import annotations

import shlex

from psbridge.documents import kinds
from psbridge.render.blocks import STRONG, Block, Cell, Gap, Verbatim, line


def emulation(document: kinds.EmulationDocument) -> list[Block]:
    """Return the introduction; config and shell line can be copied as they stand."""
    where = Cell(document.url, STRONG)
    engine = f"({document.engine} engine, scenario {document.scenario})."
    first = line("An emulated operator host listens on", where, engine)
    if document.config_file:
        option = f"--config {shlex.quote(document.config_file)}"
        how = "Nothing real is backed up. Ctrl-C ends it. As long as it runs, psbridge reaches it with"
        return [first, line(how), Gap(), Verbatim((option,)), Gap()]
    return [
        first,
        line("Nothing real is backed up. Ctrl-C ends it. To point psbridge at it, put this into a config:"),
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

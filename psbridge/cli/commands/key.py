"""`psbridge key`: the certificates that backups are encrypted with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.commands.backup_verify import KeyPassword
from psbridge.cli.groups import CommandGroup
from psbridge.errors import ExitCode, NotVerified

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("key", "Check the keys that open backups.")
build = group.build


@group.command("check")
def check(
    context: "Context",
    file: Annotated[str, typer.Argument(metavar="FILE.pfx", help="The encryption certificate with its private key.")],
    against: Annotated[
        str, typer.Option("--against", metavar="FILE", help="What `backup verify --wrapped-keys FILE` saved.")
    ],
    key_password_file: KeyPassword = None,
) -> ExitCode:
    """Prove, without store, stamp or network, that a key opens a backup.

    The key never leaves the machine that it is on: save the wrapped keys where the store is, copy that file here, and check.
    The file holds nothing secret. The exit code is 0 if the key opens every wrapped key, else 15.

    **Examples**

    Where the store is: `psbridge backup verify --store /mnt/backups --wrapped-keys keys.json`

    Where the key is: `psbridge key check backup.pfx --against keys.json`
    """
    from psbridge.cli.keys import opened_key
    from psbridge.cli.results import write_key_check
    from psbridge.documents.keys import KeyCheckDocument
    from psbridge.render.writers import check_format
    from psbridge.store.wrapped_keys import read_wrapped_keys, unopened

    check_format("key_check", context.output)
    wrapped = read_wrapped_keys(Path(against))
    key = opened_key(context, file, key_password_file)
    problems = unopened(wrapped, key)
    code = ExitCode.NOT_VERIFIED if problems else ExitCode.OK
    document = KeyCheckDocument(
        key=file,
        thumbprint=key.thumbprint,
        subject=key.subject,
        not_after=str(key.not_after),
        against=against,
        backup_id=wrapped.backup_id,
        keys=len(wrapped.keys),
        opened=len(wrapped.keys) - len(problems),
        exit_code=int(code),
        code=code.label,
        problems=problems,
    )
    problem = None
    if problems:
        first = problems[0]
        reason = "wrong_key" if any(it.thumbprint != key.thumbprint for it in problems) else "damaged"
        problem = NotVerified(
            f"{file} does not open {len(problems)} of {len(wrapped.keys)} wrapped keys: {first.repository}: {first.text}",
            hint="Find the .pfx file of the certificate that it names." if reason == "wrong_key" else None,
            id=wrapped.backup_id,
            detail={"reason": reason},
        )
    return write_key_check(context, document, problem)

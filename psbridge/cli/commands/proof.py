"""`psbridge proof`: records of verdicts."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.groups import CommandGroup
from psbridge.cli.streams import Unwritten
from psbridge.errors import ExitCode

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("proof", "Verify saved records of verdicts.")
build = group.build


@group.command("verify")
def verify(
    context: "Context",
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="File written by `--proof`, or a run's file in the journal.")
    ],
) -> ExitCode:
    """Check a saved record and judge it again.

    Reads only the file: no stamp, no config, no network. The exit code is that of the verdict that the recorded
    observations lead to, or 14 if the record is damaged or states another verdict. The rules are those of the version that
    wrote the record; if today's rules lead to another verdict, there is a warning. The record's SHA-256 detects damage, not
    forgery: anyone who can write the file can write the sum.

    **Examples**

    Save a record, and verify it years later: `psbridge backup start -t redmond --proof redmond.json`, then
    `psbridge proof verify redmond.json`
    """
    from psbridge.proofs.verify import verify_proof
    from psbridge.render.writers import check_format

    check_format("proof_check", context.output)
    checked = verify_proof(file)
    code = next(code for code in ExitCode if code == checked.exit_code)
    try:
        context.write(checked)
    except Unwritten as lost:
        if code is ExitCode.OK:
            raise
        context.warn(f"{lost.message}; the verdict of the record is unchanged: exit code {code}")
    return code

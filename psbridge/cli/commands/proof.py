"""`psbridge proof`: records of verdicts."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.groups import CommandGroup
from psbridge.cli.streams import Unwritten
from psbridge.errors import ExitCode

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("proof", "Records of verdicts, and what they prove.")
build = group.build


@group.command("verify")
def verify(
    context: "Context",
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `--proof` wrote, or a run's file of the journal.")],
) -> ExitCode:
    """Judge a record again from the file alone: no stamp, no config, no network.

    Ends with the code of the verdict that the record's observations lead to; with 14 where the record is damaged, or says
    another verdict than they do. It is judged by the rules of its day, with a warning where today's lead elsewhere. Its
    SHA-256 shows damage, not forgery: who can write the file can write the sum.

    **Examples**

    Keep a record, and look at it years later: `psbridge backup start -t redmond --proof redmond.json`, then
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
        context.warn(f"{lost.message}; the record's verdict stands, with exit code {code}")
    return code

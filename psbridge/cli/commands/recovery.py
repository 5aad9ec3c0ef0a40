"""`psbridge recovery`: what a recovery needs to know."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.arguments import IdOrLatest, checked_id
from psbridge.cli.groups import CommandGroup
from psbridge.errors import PrerequisiteError, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.documents.recovery import RecoverySheetDocument

group = CommandGroup("recovery", "Show what a recovery of the stamp needs.")
build = group.build


@group.command("show")
def show(
    context: "Context",
    id: IdOrLatest = "latest",
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the sheet to FILE: Markdown, or JSON if its name ends with .json."
        ),
    ] = None,
) -> None:
    """Show the recovery sheet of a backup: what the OEM asks for when the stamp is lost.

    From the stamp, the config and the last verification on this machine. What psbridge can't know is a line to fill in by hand.
    It holds no secret, only where secrets are kept. Print it, and keep it away from the stamp.

    **Examples**

    Look at it: `psbridge recovery show -t redmond`

    One page to print: `psbridge recovery show -t redmond --out redmond.md`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.recovery import RecoverySheetDocument, SheetRowBody
    from psbridge.journal.keys import KeyBook
    from psbridge.models.time import Instant
    from psbridge.report.recovery_sheet import NOTES, sheet

    plain = checked_id(id)
    path = _writable(out)
    with context.stamp("recovery_sheet") as stamp:
        backup = stamp.backups.show(plain)
        try:
            settings = stamp.settings()
        except PrerequisiteError as problem:
            context.warn(f"the settings could not be read: {problem.message}")
            settings = None
    book = KeyBook(state_folder(context.options.state_dir, context.env))
    rows = sheet(stamp.target, backup, settings, book.all(), book.last(stamp.target.name))
    document = RecoverySheetDocument(
        target=stamp.target.name,
        emulated=stamp.target.emulated,
        made_at=str(Instant.of(context.clock.now())),
        backup_id=backup.id,
        rows=tuple(SheetRowBody(row.section, row.name, row.value, row.source) for row in rows),
        notes=NOTES,
    )
    if path is None:
        context.write(document)
        return
    _write(path, document)
    gaps = len(RecoverySheetDocument.gaps(document.rows))
    context.note(f"wrote {path}; {gaps} lines are to be filled in by hand")


def _writable(out: str | None) -> Path | None:
    if out is None:
        return None
    from psbridge.files import check_replaceable, unwritable, whole

    try:
        path = whole(out)
        check_replaceable(path)
    except OSError as wrong:
        raise UsageError(f"--out: {out}: {wrong.strerror}", hint="Name a file in a folder that is there.") from wrong
    why = "the folder does not exist" if not path.parent.is_dir() else unwritable(path.parent)
    if why is not None:
        raise UsageError(f"--out: {path}: {why}", hint="Name a file in a folder that is there and can be written.")
    return path


def _write(path: Path, document: "RecoverySheetDocument") -> None:
    from psbridge.documents.encoding import to_json
    from psbridge.files import write_whole
    from psbridge.render.recovery_views import markdown

    text = to_json(document) + "\n" if path.suffix.lower() == ".json" else markdown(document)
    try:
        write_whole(path, text.encode())
    except OSError as problem:
        raise UsageError(f"--out: {path} can't be written: {problem.strerror}", hint="Name another file.") from problem

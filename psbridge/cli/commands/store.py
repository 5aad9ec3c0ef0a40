"""`psbridge store`: the share that the stamp backs up to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.commands.backup_verify import StoreOption
from psbridge.cli.groups import CommandGroup
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.models.target import StorePlace

group = CommandGroup("store", "List what the stamp does not recognize in its store.")
build = group.build


@group.command("list")
def list_(
    context: "Context",
    unrecognized: Annotated[
        bool, typer.Option("--unrecognized", help="List the files that the stamp's prune would delete.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """List the files that the stamp does not recognize in its store, by a dry run of its prune. Nothing is deleted.

    The dry run is sent only if the host's cmdlet has -OperationType, and always with DryRun: without it the stamp deletes.
    psbridge does not offer the prune itself. A .pfx file in the list is a key that the next prune would delete.

    If the store can be read, each file is searched there afterwards. One that is gone is warned of.

    **Examples**

    Try it on the built-in emulated stamp: `psbridge store list --unrecognized -t demo`

    The paths alone: `psbridge store list --unrecognized -t redmond -o id`
    """
    from psbridge.documents.store_list import StoreListDocument
    from psbridge.models.target import StorePlace

    if not unrecognized:
        raise UsageError("store list needs --unrecognized", hint="Backups are listed by `psbridge backup list`.")
    place = context.store_place(store)
    if place is None and (demo := context.demo_store()) is not None:
        place = StorePlace(demo.folder)
    with context.stamp("store_list") as stamp:
        paths = stamp.unrecognized_files()
    there = None if place is None or not paths else _are_there(context, place, paths)
    document = StoreListDocument.of(stamp.target, paths, store=place.where if place else None, there=there)
    context.write(document)
    if document.gone:
        context.warn(
            f"{len(document.gone)} of the files are not in {document.store}, such as {document.gone[0]}: it is another store, "
            "something removed them, or the host ignored DryRun and deleted them"
        )


def _are_there(context: "Context", place: "StorePlace", paths: Sequence[str]) -> dict[str, bool] | None:
    from psbridge.clock import Deadline
    from psbridge.defaults import CALL_TIMEOUT
    from psbridge.errors import ConfigError, DeadlineExceeded, PrerequisiteError
    from psbridge.store.listed import are_there
    from psbridge.store.open import open_store

    try:
        opened = open_store(place)
        try:
            return are_there(opened, paths, Deadline.after(context.clock, CALL_TIMEOUT))
        finally:
            opened.close()
    except (PrerequisiteError, DeadlineExceeded, ConfigError) as unread:
        context.warn(f"the store was not read, so it is unknown whether the files are still there: {unread.message}")
        return None

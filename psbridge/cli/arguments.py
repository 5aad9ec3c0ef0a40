"""Arguments and options whose value is checked before a connection is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.completion import complete_id_or_latest
from psbridge.errors import UsageError

IdOrLatest = Annotated[
    str,
    typer.Argument(
        metavar="ID|latest",
        help="Id of the backup, or `latest`: the newest that has ended.",
        autocompletion=complete_id_or_latest,
    ),
]


def checked_location(location: str | None) -> str | None:
    """Return a valid location; refuse any other before a connection is opened."""
    from psbridge.cmdlets import paths

    return location if location is None else paths.checked_location(location)


def destination(proof: str | None, option: str = "--proof", *kinds: str) -> Path | None:
    """Return the file for a record; refuse an unwritable one before a connection is opened.

    Args:
        proof: what the option names.
        option: which it is.
        kinds: of the documents that may be replaced; without, records.
    """
    if proof is None:
        return None
    from psbridge.files import whole
    from psbridge.proofs.record import RECORDS, check_destination

    try:
        path = whole(proof)
    except FileNotFoundError as nowhere:
        raise UsageError(
            f"{option}: the folder of {proof} does not exist: {nowhere.strerror}",
            hint="Name the file by its absolute path.",
        ) from None
    check_destination(path, option, kinds or RECORDS)
    return path


def checked_id(text: str | None, *, latest: bool = True) -> str | None:
    """Return a backup id in its plain form, None for `latest`; refuse any other before a connection is opened.

    With `latest`, the hint may offer `latest`.
    """
    from psbridge.api.backups import plain_id

    try:
        return plain_id(text)
    except UsageError as wrong:
        if not latest:
            wrong.hint = "An id is a GUID such as 08b92613-837a-43cd-86b5-1212ef954384, alone or after `redmond/`."
        raise

"""`psbridge key`: the certificates that backups are encrypted with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.commands.backup_verify import KeyPassword, StoreOption
from psbridge.cli.groups import CommandGroup
from psbridge.errors import ExitCode, NotVerified, PrerequisiteError

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.models.target import StorePlace
    from psbridge.store.thumbprints import StoreKeys

group = CommandGroup("key", "Check the keys that open backups.")
build = group.build


@group.command("list")
def list_(context: "Context", store: StoreOption = None) -> None:
    """List the certificates that backups need, and whether their keys were opened on this machine.

    psbridge never keeps a key: it remembers which .pfx file opened which backup, and when. Keep every key: a copy of a backup
    may need one that is not listed. With a store, its backups are read too, and a .pfx file in it is named, because
    the stamp would delete it.

    **Examples**

    Show the keys that are needed: `psbridge key list -t redmond`

    Find one that lies on the share: `psbridge key list -t redmond --store /mnt/backups`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.recovery import KeyBody, KeyListDocument, OpenedKeyBody
    from psbridge.journal.keys import KeyBook
    from psbridge.models.time import Instant
    from psbridge.report.key_report import key_needs

    place = context.store_place(store)
    with context.stamp("key_list") as stamp:
        backups = stamp.backups.list()
        try:
            settings = stamp.settings()
        except PrerequisiteError as problem:
            context.warn(f"the settings could not be read: {problem.message}")
            settings = None
    book = KeyBook(state_folder(context.options.state_dir, context.env))
    stored, found = (None, ()) if place is None else _in_store(context, place)
    kept = stored.backups if stored else None
    needs = key_needs(settings, backups, book.all(), Instant.of(context.clock.now()), kept)
    keys = tuple(
        KeyBody(
            it.thumbprint,
            it.in_settings,
            it.backups,
            it.in_store if stored else None,
            OpenedKeyBody.of(it.opened) if it.opened else None,
            it.warnings,
        )
        for it in needs
    )
    if stored and stored.unread:
        context.warn(f"the store does not say which key opens {len(stored.unread)} backups, such as {stored.unread[0]}")
    context.write(KeyListDocument(target=stamp.target.name, emulated=stamp.target.emulated, keys=keys, in_store=found))


def _in_store(context: "Context", place: "StorePlace") -> "tuple[StoreKeys, tuple[str, ...]]":
    """Return which certificates the backups of a store need, and the .pfx files that lie in it."""
    from psbridge.clock import Deadline
    from psbridge.defaults import CALL_TIMEOUT
    from psbridge.store.contents import keys_in
    from psbridge.store.open import open_store
    from psbridge.store.thumbprints import thumbprints_in

    deadline = Deadline.after(context.clock, CALL_TIMEOUT)
    opened = open_store(place)
    try:
        return thumbprints_in(opened, deadline), tuple(keys_in(opened, deadline))
    finally:
        opened.close()


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
    from psbridge.cli.keys import opened_key, remember
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
    if not problems:
        remember(context, key, wrapped.backup_id)
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

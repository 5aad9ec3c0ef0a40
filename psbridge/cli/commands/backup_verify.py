"""`psbridge backup verify`: prove a backup in its store."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.arguments import IdOrLatest, checked_id, destination
from psbridge.cli.completion import one_of
from psbridge.cli.options import seconds
from psbridge.errors import ExitCode, Interrupted, UsageError

if TYPE_CHECKING:
    from psbridge.api.verification import Verify
    from psbridge.cli.context import Context
    from psbridge.models.backup import Backup
    from psbridge.models.events import StoreRead
    from psbridge.models.target import StorePlace, Target
    from psbridge.models.verification import Level, VerificationReport
    from psbridge.store.key import HeldKey

_duration = partial(typer.Option, metavar="DURATION")
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="WHERE", help="Folder or share that the stamp backs up to. [default: the target's `store`]"
    ),
]
Key = Annotated[str | None, typer.Option("--key", metavar="FILE", help="The .pfx file of the encryption certificate.")]
KeyPassword = Annotated[
    str | None,
    typer.Option(
        "--key-password-file", metavar="FILE", help="File with its password. [default: ask for it on a terminal]"
    ),
]
LevelOption = Annotated[
    str | None,
    typer.Option(
        "--level",
        metavar="LEVEL",
        help="How much to read: present, described, openable, whole or readable. "
        "[default: openable with a key, else described]",
        autocompletion=one_of("psbridge.models.verification", "Level"),
    ),
]


VerifyLevel = Annotated[
    str | None,
    typer.Option(
        "--verify",
        metavar="LEVEL",
        help="Once the verdict is `confirmed`, read the backup in its store too: present, described, openable, whole or "
        "readable.",
        autocompletion=one_of("psbridge.models.verification", "Level"),
    ),
]
Copy = Annotated[
    str | None, typer.Option("--copy", metavar="WHERE", help="With --verify: read a second copy of the store too.")
]


def verification_of(
    context: "Context",
    level: str | None,
    store: str | None,
    copy: str | None,
    named: tuple[str | None, str | None],
) -> "Verify | None":
    """Return what `--verify` asks for, with the key open; None without it. Called before anything is sent.

    Raises:
        psbridge.UsageError: the options do not fit each other, or name what is not there.
        psbridge.PrerequisiteError: a store, the key file or its password can't be used.
    """
    if level is None:
        given = {"--store": store, "--copy": copy, "--key": named[0], "--key-password-file": named[1]}
        for option, value in given.items():
            if value is not None:
                raise UsageError(f"{option} without --verify", hint="Name a level: --verify openable.")
        return None
    from psbridge.api.verification import Verify, check_store
    from psbridge.models.target import StorePlace

    chosen = checked_level(level, "--verify")
    place = context.store_place(store)
    if place is None and (demo := context.demo_store()) is not None:
        place = StorePlace(demo.folder)
        named = named if named[0] else (str(demo.key), str(demo.password_file))
    if place is None:
        raise UsageError("--verify needs a store", hint="Name it: --store WHERE, or `store` in the config.")
    key = _key(context, named, chosen, "--verify")
    second = None if copy is None else context.store_place(copy)
    for each in (place, second):
        if each is not None:
            check_store(each, context.clock)
    return Verify(store=place, level=chosen, key=key, copy=second)


def verify(
    context: "Context",
    id: IdOrLatest = "latest",
    store: StoreOption = None,
    key: Key = None,
    key_password_file: KeyPassword = None,
    level: LevelOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no stamp: verify what the store says alone. Needs --store.")
    ] = False,
    wrapped_keys: Annotated[
        str | None,
        typer.Option(
            "--wrapped-keys",
            metavar="FILE",
            help="Save the wrapped keys for `psbridge key check --against` on the machine that has the key.",
        ),
    ] = None,
    timeout: Annotated[str | None, _duration("--timeout", help="Overall time limit. [default: 2h]")] = None,
    proof: Annotated[
        str | None,
        typer.Option(
            "--proof", metavar="FILE", help="Save what was read for `psbridge proof verify`. Overwrites FILE."
        ),
    ] = None,
) -> ExitCode:
    """Prove that a backup is in its store, whole, and can be opened with the key.

    Reads the store only, and writes nothing to it. Each level includes those before it:

    present: every repository that a recovery needs has this backup. described: the metadata fits, each chain is closed.
    openable: the key opens every wrapped key. whole: the HMAC of every data file is right. readable: it decrypts to archives
    that are whole. Nothing decrypted reaches a disk.

    The exit code is 0 if the level passed, 15 if a check failed, 13 if the upload is not complete yet, 14 if the store has a
    form that is not known.

    **Examples**

    Try it on the built-in emulated stamp: `psbridge backup verify -t demo`

    Prove that this key opens the newest backup: `psbridge backup verify --store /mnt/backups --key backup.pfx`

    Read all of it: `psbridge backup verify --store /mnt/backups --key backup.pfx --level whole`

    A copy, without the stamp: `psbridge backup verify --offline --store /mnt/copy`
    """
    from psbridge.cli.results import write_verification

    chosen = checked_level(level)
    limit = seconds("--timeout", timeout)
    plain = checked_id(id)
    record, exported = destination(proof), destination(wrapped_keys, "--wrapped-keys", "wrapped_keys")
    verified = _offline if offline else _with_stamp
    try:
        target, report = verified(context, plain, store, (key, key_password_file), chosen, limit)
    except Interrupted as stop:
        stop.hint = "Nothing was changed, in the store or on the stamp. Verify the backup again: it begins anew."
        raise
    if exported is not None:
        _export(exported, report)
    return write_verification(context, target, report, record)


def checked_level(level: str | None, option: str = "--level") -> "Level | None":
    """Return the level that was asked for.

    Raises:
        psbridge.UsageError: it is none.
    """
    from psbridge.models.verification import Level

    if level is None:
        return None
    try:
        return Level(level.lower())
    except ValueError:
        raise UsageError(f"{option}: unknown level: {level!r}", hint=f"Valid levels: {', '.join(Level)}.") from None


def _key(
    context: "Context", named: tuple[str | None, str | None], level: "Level | None", option: str = "--level"
) -> "HeldKey | None":
    from psbridge.models.verification import Level

    key, password_file = named
    if key is not None:
        from psbridge.cli.keys import opened_key

        return opened_key(context, key, password_file)
    if password_file is not None:
        raise UsageError("--key-password-file without --key", hint="Name the .pfx file: --key FILE.")
    if level is not None and level.includes(Level.OPENABLE):
        raise UsageError(
            f"{option} {level} needs the key",
            hint="Name the .pfx file: --key FILE. Without it, present and described can be proved.",
        )
    return None


def _offline(
    context: "Context",
    id: str | None,
    store: str | None,
    named: tuple[str | None, str | None],
    level: "Level | None",
    limit: float | None,
) -> "tuple[Target | None, VerificationReport]":
    from psbridge.models.target import Target
    from psbridge.render.writers import check_format

    place = context.store_place(store)
    if place is None:
        raise UsageError("--offline needs --store", hint="Name the folder that the stamp backs up to.")
    check_format("verification", context.output)
    key = _key(context, named, level)
    with ExitStack() as stack:
        observe = context.observers(stack, Target(context.target_name or "-"), "verification")
        return None, _verified(context, None, id, place, key, level, limit, observe)


def _with_stamp(
    context: "Context",
    id: str | None,
    store: str | None,
    named: tuple[str | None, str | None],
    level: "Level | None",
    limit: float | None,
) -> "tuple[Target | None, VerificationReport]":
    from psbridge.models.target import StorePlace

    place = context.store_place(store)
    if place is None and (demo := context.demo_store()) is not None:
        place = StorePlace(demo.folder)
        named = named if named[0] else (str(demo.key), str(demo.password_file))
    if place is None:
        raise UsageError("no store was named", hint="Name it: --store WHERE, or `store` in the config.")
    key = _key(context, named, level)
    with context.stamp("verification", timeout=limit) as stamp:
        backup = stamp.backups.show(id)
        return stamp.target, _verified(context, stamp.target, backup, place, key, level, limit, stamp.observe)


def _verified(
    context: "Context",
    target: "Target | None",
    backup: "Backup | str | None",
    store: "StorePlace",
    key: "HeldKey | None",
    level: "Level | None",
    limit: float | None,
    observe: "Callable[[StoreRead], object]",
) -> "VerificationReport":
    from psbridge.api.verification import verify_in_store
    from psbridge.cli.keys import remember_verification
    from psbridge.defaults import TIMEOUT

    report = verify_in_store(
        store, backup, level=level, key=key, timeout=limit or TIMEOUT, clock=context.clock, observe=observe
    )
    remember_verification(context, target, report, key)
    return report


def _export(path: Path, report: "VerificationReport") -> None:
    from psbridge.documents.encoding import to_json
    from psbridge.documents.keys import WrappedKeysDocument
    from psbridge.files import write_whole

    try:
        write_whole(path, (to_json(WrappedKeysDocument.of(report.case)) + "\n").encode())
    except OSError as problem:
        raise UsageError(f"--wrapped-keys: {path} can't be written: {problem.strerror}") from problem

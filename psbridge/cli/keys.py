"""Open the .pfx file that the command line names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.errors import ConfigError, UsageError
from psbridge.models.secret import Secret

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.store.key import HeldKey


def opened_key(context: Context, key: str | Path, password_file: str | Path | None) -> HeldKey:
    """Return the opened certificate. From now on this process leaves no core file.

    The password is in the file that was named, else it is asked for on a terminal. In a pipe without a file, an empty one is
    tried, because a .pfx file may have none.

    Raises:
        psbridge.UsageError: a path is not one.
        psbridge.ConfigError: the file with the password can't be used.
        psbridge.PrerequisiteError: the .pfx file or its password can't be used.
    """
    from psbridge.files import whole
    from psbridge.store.key import open_key, without_core_dumps

    without_core_dumps()
    try:
        path = whole(key)
    except FileNotFoundError as wrong:
        raise UsageError(f"--key: {key}: {wrong.strerror}", hint="Name the .pfx file by its absolute path.") from wrong
    return open_key(path, _password(context, path, password_file))


def _password(context: Context, path: Path, file: str | Path | None) -> Secret:
    if file is not None:
        from psbridge.config.secrets import FromFile, read

        where = Path(file)
        if not where.is_absolute():
            where = Path.cwd() / where
        try:
            return read(FromFile(str(where)), context.env, None, "--key-password-file", context.warn)
        except ConfigError as wrong:
            raise wrong.replace(hint="Name a file whose only line is the password of the .pfx file.") from None
    prompt = context.prompt()
    return Secret("" if prompt is None else prompt(f"password of {path}"))

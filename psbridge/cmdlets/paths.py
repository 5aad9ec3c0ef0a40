"""The one function that builds REST paths. Its arguments are checked, so that none of them can redirect a call."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit
from uuid import UUID

from psbridge.errors import UsageError
from psbridge.models.backup import backup_id

API_VERSION = "2018-09-01"
PROVIDER = "Microsoft.Backup.Admin"
_LOCATION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_QUERY = re.compile(r"[A-Za-z0-9$%&=._~+/-]{1,2048}", re.ASCII)


def checked_location(location: str) -> str:
    """Return a location that may go into a path and into a resource group's name.

    Raises:
        psbridge.errors.UsageError: if it is not 1 to 64 letters, digits or hyphens.
    """
    if not _LOCATION.fullmatch(location):
        raise UsageError(
            f"invalid location: {location[:80]!r}",
            hint="A location is the stamp's region name: 1 to 64 letters, digits or hyphens, such as `redmond`.",
        )
    return location


def checked_id(id: str) -> str:
    """Return a backup's id that may go into a path and into a parameter.

    Raises:
        psbridge.errors.UsageError: if it is not a GUID.
    """
    try:
        return backup_id(id)
    except ValueError as problem:
        raise UsageError(f"invalid backup id: {id[:80]!r}") from problem


def resource_group(location: str) -> str:
    """Return the resource group of a location's backup service, `system.<region>` (recorded)."""
    return f"system.{checked_location(location)}"


def where(location: str) -> dict[str, str]:
    """Return the parameters that give a cmdlet the location, so that it reads nothing else first.

    Raises:
        psbridge.errors.UsageError: if the location is malformed.
    """
    return {"Location": checked_location(location), "ResourceGroupName": resource_group(location)}


def backup_service(subscription: str, location: str, *segments: str) -> str:
    """Return `/subscriptions/…/backupLocations/<location>/<segments>?api-version=…`.

    `subscription`: its id, a GUID.
    `segments`: what follows; percent-encoded.

    Raises:
        ValueError: if the subscription is not a GUID.
        psbridge.errors.UsageError: if the location is malformed.
    """
    parts = (
        "subscriptions",
        str(UUID(subscription)),
        "resourceGroups",
        resource_group(location),
        "providers",
        PROVIDER,
        "backupLocations",
        location,
        *segments,
    )
    return "/" + "/".join(quote(part, safe="") for part in parts) + f"?api-version={API_VERSION}"


def next_page(link: object, location: str) -> str | None:
    """Return the path of a list's next page, which the stamp gives as an absolute URL; None on the last page.

    Raises:
        ValueError: the link leads elsewhere than to this list.
    """
    if link is None:
        return None
    parts = urlsplit(link if isinstance(link, str) else "")
    path, segments = parts.path, parts.path.split("/")
    if len(segments) < 3 or not _QUERY.fullmatch(parts.query):
        raise ValueError("not a link to another page of this list")
    wanted = backup_service(segments[2], location, "backups").partition("?")[0]
    if path.casefold() != wanted.casefold() or not path.isascii():
        raise ValueError("not a link to another page of this list")
    return f"{path}?{parts.query}"

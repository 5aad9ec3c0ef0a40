"""The files of the store that the stamp does not recognize, and so would delete in a prune."""

from __future__ import annotations

from psbridge.cmdlets.prune import ListUnrecognized, ReadPruneSupport
from psbridge.errors import PrerequisiteError
from psbridge.operations.context import OperationContext
from psbridge.operations.list import location_of, prepare_sessions, read_list
from psbridge.operations.operation import operation


@operation("unrecognized")
def list_unrecognized(context: OperationContext) -> tuple[str, ...]:
    """Return the paths, relative to the share. The host's cmdlet is read first; the dry run is sent only if it can be one.

    The stamp takes about a minute (recordings). The answer does not name the stamp: if the target expects one, the list of
    backups is read too, before the dry run is sent.

    Raises:
        psbridge.errors.PrerequisiteError: the host's cmdlet is absent or can't make a dry run; it was not sent.
    """
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    if context.target.expect_deployment_id is not None:
        read_list(context, location, deadline)
    read = ReadPruneSupport()
    found = read.parse(context.link.read(read.pipeline(), deadline))
    if not found.dry_run:
        lacks = "without -OperationType: it can only delete" if found.there else "missing"
        raise PrerequisiteError(
            f"{context.link.host}: {read.CMDLET} is {lacks}; it was not sent",
            hint="Azs.Backup.Admin 1.0.x (AzureStack 2.x) has it. In a restricted session, make the cmdlet visible with "
            "-OperationType.",
            detail={"cmdlet": read.CMDLET, "operation_type": False},
        )
    listing = ListUnrecognized(location, found.asks)
    return listing.parse(context.link.read(listing.pipeline(), deadline))

"""`psbridge target`: what the config names."""

from typing import TYPE_CHECKING

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("target", "The hosts and stamps that the config names.")
build = group.build


@group.command("list")
def list_(context: "Context") -> None:
    """List the targets of the config, and `demo`, which always exists (not with `-o id`). Nothing is connected to.

    **Examples**

    Which there are, and how each is reached: `psbridge target list`

    For a loop over all: `psbridge target list -o id`
    """
    from psbridge.config.layers import DEMO
    from psbridge.config.resolve import default_target, outline
    from psbridge.documents.config import TargetListDocument

    config = context.config()
    targets = [outline(config, name, context.flags()) for name in (*config.targets, DEMO)]
    invalid = {name: str(config.invalid[name][0]) for name in config.names if name in config.invalid}
    context.write(TargetListDocument.of(targets, default_target(config, context.env), invalid))

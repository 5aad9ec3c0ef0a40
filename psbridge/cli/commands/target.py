"""`psbridge target`: what the config names."""

from typing import TYPE_CHECKING

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("target", "List the hosts and stamps in the config.")
build = group.build


@group.command("list")
def list_(context: "Context") -> None:
    """List the targets in the config.

    The built-in target `demo` is listed too, but not with `-o id`. Nothing is connected to.

    **Examples**

    All targets, with host and authentication method: `psbridge target list`

    Their names, for a loop: `psbridge target list -o id`
    """
    from psbridge.config.layers import DEMO
    from psbridge.config.resolve import default_target, outline
    from psbridge.documents.config import TargetListDocument

    config = context.config()
    targets = [outline(config, name, context.flags()) for name in (*config.targets, DEMO)]
    invalid = {name: str(config.invalid[name][0]) for name in config.names if name in config.invalid}
    context.write(TargetListDocument.of(targets, default_target(config, context.env), invalid))

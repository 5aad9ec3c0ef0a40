"""`psbridge target`: what the config names."""

from __future__ import annotations

from psbridge.cli.context import Call
from psbridge.cli.errors import run_body
from psbridge.cli.options import command, group

app = group("target", "The hosts and stamps that the config names.")


@command(app, "list", run_body)
def list_(call: Call) -> None:
    """List the targets of the config, and `demo`, which always exists (not with `-o id`). Nothing is connected to.

    **Examples**

    Which there are, and how each is reached: `psbridge target list`

    For a loop over all: `psbridge target list -o id`
    """
    from psbridge.config.layers import DEMO
    from psbridge.config.resolve import outline
    from psbridge.config.select import default_target
    from psbridge.documents.target_list import TargetListDocument

    config = call.config()
    targets = [outline(config, name, call.flags()) for name in (*config.targets, DEMO)]
    invalid = {name: str(config.invalid[name][0]) for name in config.names if name in config.invalid}
    call.write(TargetListDocument.of(targets, default_target(config, call.env), invalid))

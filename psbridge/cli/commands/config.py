"""`psbridge config`: psbridge's own YAML file."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.commands.config_init import init
from psbridge.cli.groups import CommandGroup
from psbridge.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.config.load import Config
    from psbridge.config.problems import Problem

group = CommandGroup("config", "Create, show and check the config of psbridge.")
build = group.build


group.command("init")(init)


@group.command("show")
def show(
    context: "Context",
    origin: Annotated[bool, typer.Option("--origin", help="Show where each value comes from.")] = False,
) -> None:
    """Show the effective values of each target.

    Options override environment variables, which override the config file. Secrets are masked.

    **Examples**

    For one target: `psbridge config show -t redmond`

    Where each value comes from: `psbridge config show --origin`
    """
    from psbridge.config.show import show as shown

    config = context.config()
    for name in config.names if context.options.target is None else ():
        if name in config.invalid:
            context.warn(f"target {name} is invalid and not shown; see `psbridge config validate`")
    context.write(shown(config, origin=origin, target=context.options.target, flags=context.flags()))


@group.command("validate")
def validate(context: "Context") -> ExitCode:
    """Check the config and what it needs on this machine.

    Reports each problem with its file, line and the nearest valid word. Also checks the files, certificates, secrets,
    packages and the state folder that the config needs. Nothing is connected to and no command is run; the last lines
    list what was not checked. With `--target`, only that target is checked.

    **Examples**

    The config in the default place: `psbridge config validate`

    Another file: `psbridge config validate --config ./psbridge.yaml`
    """
    from psbridge.config.load import load
    from psbridge.config.validate import UNCHECKED
    from psbridge.documents.config import ConfigProblemsDocument

    try:
        found = load(context.options.config, context.env)
    except ConfigError as wrong:
        problems = wrong.detail.get("problems")
        if not problems:
            raise
        context.write(
            ConfigProblemsDocument.of(
                problems[0].get("file"), problems, ["the targets, because the config is invalid or can't be read"]
            )
        )
        return ExitCode.CONFIG
    listed, unchecked = _found(context, found)
    path = str(found.path) if found.path else None
    context.write(ConfigProblemsDocument.of(path, [problem.plain() for problem in listed], (*unchecked, *UNCHECKED)))
    return ExitCode.CONFIG if any(problem.severity == "error" for problem in listed) else ExitCode.OK


def _found(context: "Context", config: "Config") -> tuple[list["Problem"], list[str]]:
    """Return the problems of a config and of what it needs on this machine, and what was not checked."""
    from psbridge.api.folders import state_problem
    from psbridge.config.problems import Problem
    from psbridge.config.resolve import check_known
    from psbridge.config.validate import check_here

    only = context.options.target
    if only:
        check_known(config, only)
    wrong = config.problems if only is None else list(config.invalid.get(only, ()))
    warnings = [it for it in config.warnings if only is None or (it.key or "").startswith(f"targets.{only}.")]
    sound = [name for name in config.targets if only in {None, name}]
    problems, unchecked = check_here(config, sound, context.clock.now())
    state = state_problem(context.options.state_dir, context.env)
    here = [Problem(state, key="--state-dir")] if state else []
    ordered = sorted([*wrong, *warnings, *problems], key=lambda problem: (problem.file or "", problem.line or 0))
    return [*ordered, *here], unchecked


@group.command("schema")
def schema(
    context: "Context",
    results: Annotated[
        bool, typer.Option("--results", help="Print the schema of the JSON documents that psbridge writes instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of the config or of the results.

    Editors use the first to check a config; scripts use the second to check what psbridge writes.

    **Examples**

    The schema of the config: `psbridge config schema > psbridge.schema.json`

    The schema of the results: `psbridge config schema --results > results.schema.json`
    """
    from psbridge.config.schema import json_schema
    from psbridge.documents import encoding, registry

    context.check_fixed_format("json")
    context.write_text(encoding.dumps(registry.schema() if results else json_schema()) + "\n")

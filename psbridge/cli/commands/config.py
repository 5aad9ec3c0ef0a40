"""`psbridge config`: psbridge's own YAML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.context import Call
from psbridge.cli.errors import run_body
from psbridge.cli.options import command, group
from psbridge.errors import ConfigError, ExitCode
from psbridge.files import expanded, private_folder

if TYPE_CHECKING:
    from psbridge.config.load import Config
    from psbridge.config.problems import Problem

app = group("config", "psbridge's own config: make, show and check it.")


@command(app, "init", run_body)
def init(call: Call) -> None:
    """Write a sample config, with every key explained, where psbridge looks for it. Never overwrites one.

    **Examples**

    In the usual place: `psbridge config init`

    Elsewhere: `psbridge config init --config ./psbridge.yaml`
    """
    from psbridge.config.files import user_config
    from psbridge.config.sample import init_text

    named = call.told.config or call.env.get("PSBRIDGE_CONFIG") or user_config(call.env)
    if named is None:
        raise ConfigError(
            "this machine has no folder for the config: the user has no home folder", hint="Name a file with --config."
        )
    path = Path(named)
    try:
        path = expanded(path)
        private_folder(path.parent)
        _write_new(path, init_text())
    except FileExistsError:
        raise ConfigError(
            f"{path} is there already; it was left as it is", hint="Edit it, or name another file with --config."
        ) from None
    except OSError as problem:
        raise ConfigError(
            f"{path} can't be written: {problem.strerror}", hint="Name another file with --config."
        ) from problem
    call.write_text(f"{path}\n")
    if not call.told.quiet and not call.output.machine:
        call.say("Edit it, then try: psbridge config validate, psbridge backup list")


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        OSError: it can't be written, as on a full disk.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        path.unlink()
        raise


@command(app, "show", run_body)
def show(
    call: Call,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
) -> None:
    """Show what holds for each target once file, environment and flags are laid over one another. Secrets are masked.

    **Examples**

    For one target: `psbridge config show -t redmond`

    Where each value comes from: `psbridge config show --origin`
    """
    from psbridge.config.show import show as shown
    from psbridge.documents.config import ConfigDocument

    config = call.config()
    for name in config.names if call.told.target is None else ():
        if name in config.invalid:
            call.warn(f"target {name} is not shown, because it is invalid; `psbridge config validate` says why")
    found = shown(config, origin=origin, target=call.told.target, flags=call.flags())
    call.write(ConfigDocument.of(found.path, found.defaults, found.targets, found.origins))


@command(app, "validate", run_body)
def validate(call: Call) -> ExitCode:
    """Check the config: every problem with its file, line, what was expected, and the nearest right word.

    What this machine must have for it is checked too: files, certificates, secrets, packages, the state folder. Nothing
    is connected to and no command is run; what was not checked is listed. With `--target`, of that target alone.

    **Examples**

    The one that psbridge would take: `psbridge config validate`

    Another file: `psbridge config validate --config ./psbridge.yaml`
    """
    from psbridge.config.load import load
    from psbridge.config.validate import UNCHECKED
    from psbridge.documents.config_problems import ConfigProblemsDocument

    try:
        found = load(call.told.config, call.env)
    except ConfigError as wrong:
        problems = wrong.detail.get("problems")
        if not problems:
            raise
        call.write(ConfigProblemsDocument.of(problems[0].get("file"), problems, ["the targets, until this is mended"]))
        return ExitCode.CONFIG
    told, unchecked = _found(call, found)
    path = str(found.path) if found.path else None
    call.write(ConfigProblemsDocument.of(path, [problem.plain() for problem in told], (*unchecked, *UNCHECKED)))
    return ExitCode.CONFIG if any(problem.severity == "error" for problem in told) else ExitCode.OK


def _found(call: Call, config: Config) -> tuple[list[Problem], list[str]]:
    """Return all that is worth telling of a config whose targets may be wrong, and what was not checked of them."""
    from psbridge.api.folders import state_problem
    from psbridge.config.problems import Problem
    from psbridge.config.select import check_known
    from psbridge.config.validate import check_here

    only = call.told.target
    if only:
        check_known(config, only)
    wrong = config.problems if only is None else list(config.invalid.get(only, ()))
    warnings = [it for it in config.warnings if only is None or (it.key or "").startswith(f"targets.{only}.")]
    sound = [name for name in config.targets if only in {None, name}]
    problems, unchecked = check_here(config, sound, call.clock.now())
    state = state_problem(call.told.state_dir, call.env)
    here = [Problem(state, key="--state-dir")] if state else []
    ordered = sorted([*wrong, *warnings, *problems], key=lambda problem: (problem.file or "", problem.line or 0))
    return [*ordered, *here], unchecked


@command(app, "schema", run_body, without=("output",))
def schema(
    call: Call,
    of_output: Annotated[
        bool, typer.Option("--output", help="Of what psbridge writes, instead of what it reads.")
    ] = False,
) -> None:
    """Print the JSON Schema of the config, for editors; with `--output` that of every JSON document psbridge writes.

    **Examples**

    Of the config: `psbridge config schema > psbridge.schema.json`

    Of the results: `psbridge config schema --output > results.schema.json`
    """
    from psbridge.config.schema import json_schema
    from psbridge.documents import encoding, registry

    call.write_text(encoding.dumps(registry.schema() if of_output else json_schema()) + "\n")

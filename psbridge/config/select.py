"""Which target a command works on."""

from __future__ import annotations

from collections.abc import Mapping

from psbridge.config.files import SYSTEM, user_config
from psbridge.config.layers import DEMO
from psbridge.config.load import Config
from psbridge.config.problems import refuse
from psbridge.errors import ConfigError, NotFound, UsageError
from psbridge.models.text import nearest


def default_target(config: Config, env: Mapping[str, str]) -> str | None:
    """Return the target that is taken without `--target`: `$PSBRIDGE_TARGET`, else the only one; None if unclear."""
    named = env.get("PSBRIDGE_TARGET")
    only = len(config.targets) + len(config.invalid) == 1 and config.names
    return named or (config.names[0] if only else None)


def select_target(config: Config, name: str | None, env: Mapping[str, str]) -> str:
    """Return the name of the target to work on.

    Args:
        config: the config.
        name: the value of `--target`, or None.
        env: the environment.

    Raises:
        UsageError: none was named, and the config has several or none.
        ConfigError: the target is not sound, nor is any other; or there is no config, and no home folder for one.
        NotFound: the config has no such target.
    """
    if name is not None and not name.strip():
        raise UsageError("--target is empty", hint="Is the variable that holds its name set?")
    chosen = name or default_target(config, env)
    if chosen != DEMO and config.path is None and user_config(env) is None:
        raise ConfigError(
            f"this machine has no config: the user has no home folder, and there is no {SYSTEM}",
            hint="name one with --config or PSBRIDGE_CONFIG, or try the emulated stamp with `--target demo`",
        )
    if chosen is None and config.invalid and not config.targets:
        raise refuse(config.problems)
    if chosen is None and config.names:
        names = ", ".join(config.names)
        raise UsageError(
            f"which target? the config has {names}",
            hint="name one with --target or PSBRIDGE_TARGET",
            detail={"targets": list(config.names)},
        )
    if chosen is None:
        raise UsageError(
            "the config has no target" if config.path else "there is no config, and so no target",
            hint="make one with `psbridge config init`, or try the emulated stamp with `--target demo`",
            detail={"targets": []},
        )
    check_known(config, chosen)
    if chosen in config.invalid and chosen != DEMO:
        raise refuse(config.invalid[chosen])
    return chosen


def check_known(config: Config, name: str) -> None:
    """Let a name pass that is `demo`'s or a target's, sound or not.

    Raises:
        NotFound: it is neither; the hint is the nearest that is.
    """
    if name == DEMO or name in config.targets or name in config.invalid:
        return
    known = [*config.names, DEMO]
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"the targets are {', '.join(known)}"
    raise NotFound(f"no target is named {name}", hint=hint, detail={"targets": known})

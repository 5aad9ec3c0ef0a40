"""`psbridge config init`: a first config, from questions on a terminal or from options."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from psbridge.cli.completion import one_of
from psbridge.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from psbridge.cli.context import Context
    from psbridge.cli.setup.results import Answers
    from psbridge.cli.setup.trials import Trials


def init(
    context: "Context",
    host: Annotated[str | None, typer.Option(metavar="NAME", help="The operator management host.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="Its port. [default: 5986]")] = None,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Plain http, port 5985.")] = False,
    ca: Annotated[
        str | None, typer.Option(metavar="FILE", help="PEM file of the authority of its certificate.")
    ] = None,
    server_name: Annotated[str | None, typer.Option(metavar="NAME", help="The name in its certificate.")] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD",
            help="How to log in: ntlm, kerberos, negotiate, certificate, credssp or basic.",
            autocompletion=one_of("psbridge.models.connection", "Auth"),
        ),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Account on the host, such as DOMAIN\\user.")] = None,
    client_cert: Annotated[str | None, typer.Option(metavar="FILE", help="With --auth certificate: PEM file.")] = None,
    client_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key, if it is in another file.")] = None,
    password_file: Annotated[str | None, typer.Option(metavar="FILE", help="The password is in this file.")] = None,
    password_env: Annotated[str | None, typer.Option(metavar="NAME", help="It is in this variable.")] = None,
    password_command: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="This command writes it, such as 'pass show azure/redmond'.")
    ] = None,
    password_credential: Annotated[
        str | None, typer.Option(metavar="NAME", help="It is this credential of systemd.")
    ] = None,
    password_prompt: Annotated[bool, typer.Option("--password-prompt", help="psbridge asks for it each time.")] = False,
    location: Annotated[
        str | None, typer.Option(metavar="NAME", help="The stamp's region. [default: read from the stamp]")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The target's name. [default: the location or the host]")
    ] = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Connect to nothing.")] = False,
    sample: Annotated[bool, typer.Option("--sample", help="Write a sample that explains every key instead.")] = False,
) -> None:
    """Write a first config: ask on a terminal, or take the options.

    On a terminal it asks for what no option gives, tests each answer once, and shows the config before it writes it. In a pipe
    or with --no-input it asks nothing: the options must be complete. The login is tried once at most. An existing file is
    never overwritten.

    **Examples**

    Ask: `psbridge config init`

    In a script: `psbridge config init --host oaw01 --auth ntlm --user ops --password-file pw`

    A sample that explains every key, in another place: `psbridge config init --sample --config ./psbridge.yaml`
    """
    given = {key: value for key, value in locals().items() if key not in {"context", "sample", "no_test"}}
    from psbridge.cli.setup import write

    try:
        path = write.place(context)
        if sample:
            _sample(context, path, given)
        else:
            _first(context, path, given, no_test=no_test)
    except Interrupted as stop:
        stop.hint = "Nothing was written."
        raise


def _sample(context: "Context", path: "Path", given: dict[str, Any]) -> None:
    from psbridge.cli.setup import flags, write
    from psbridge.config.sample import SAMPLE

    also = [flags.option(key) for key, value in given.items() if value]
    if also:
        raise UsageError(f"--sample takes no {' or '.join(also)}", hint="Leave out --sample to write these values.")
    write.write_text(path, SAMPLE)
    context.write_text(f"{path}\n")
    if not context.options.quiet and not context.output.machine:
        context.say("Edit the file, then run: psbridge config validate, psbridge doctor")


def _first(context: "Context", path: "Path", given: dict[str, Any], *, no_test: bool) -> None:
    from psbridge.cli.setup import flags, write
    from psbridge.cli.setup.trials import Trials

    answers = flags.answers(given)
    trials = None if no_test else Trials(context)
    if context.prompt() is not None:
        answers = _asked(context, path, answers, trials)
    else:
        lacking = flags.missing(answers, given)
        if lacking:
            raise UsageError(
                f"this is not a terminal to ask on, and these options are missing: {'; '.join(lacking)}",
                hint="Run `psbridge config init` on a terminal, or write a sample: psbridge config init --sample",
                detail={"missing": lacking},
            )
        if trials is not None:
            flags.test(answers, trials)
    with context.signals.critical():
        made = write.write(path, answers)
    context.write_text(f"{path}\n")
    _what_next(context, path, made, answers)


def _asked(context: "Context", path: "Path", answers: "Answers", trials: "Trials | None") -> "Answers":
    from psbridge.cli.setup.dialog import Dialog
    from psbridge.cli.setup.interview import interview
    from psbridge.cli.setup.results import Stopped

    dialog = Dialog(context)
    dialog.say("A first config of psbridge. Ctrl-C stops; nothing is written before the end.")
    dialog.say()
    answers = interview(dialog, answers, trials)
    draft, files = answers.finished()
    dialog.say()
    for line in draft.text().splitlines():
        dialog.show(f"  {line}")
    names = "".join(f" and {name}" for name in files)
    if not dialog.confirm(f"Write this to {path}{names}?", default=True):
        raise Stopped
    return answers


def _what_next(context: "Context", path: "Path", made: "list[Path]", answers: "Answers") -> None:
    from psbridge.config.files import find

    if context.options.quiet or context.output.machine:
        return
    for each in made[1:]:
        context.say(f"also written: {each}")
    needs = answers.needs()
    if needs:
        context.warn(needs)
    if find(None, context.env) != path:
        context.options.config = str(path)
    here = context.leading_to(answers.draft.target)
    context.say("Next, from safe to real:")
    for command in ("doctor", "backup start --dry-run", "backup start"):
        context.say(f"  psbridge {command} {here}")

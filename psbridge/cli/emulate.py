"""`psbridge emulate`: an emulated operator host to rehearse on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.boundary import run_body
from psbridge.cli.call import Call
from psbridge.cli.completion import complete_scenario
from psbridge.cli.config_out import usable
from psbridge.cli.emulate_run import explained, logger, serve
from psbridge.cli.emulate_tls import KEY_PASSWORD, chosen_tls
from psbridge.cli.options import command
from psbridge.errors import UsageError

app = typer.Typer()


@command(app, "emulate", run_body)
def emulate(
    call: Call,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="auto|embedded|pwsh", help="What runs the cmdlets; pwsh is the real PowerShell."
        ),
    ] = "auto",
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE",
            help="What happens on the stamp; `list` names all, `keys` says what a file of yours may say.",
            autocompletion=complete_scenario,
        ),
    ] = "succeeds",
    print_only: Annotated[
        bool, typer.Option("--print", help="Show the scenario as a file that can be changed, and end.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="SPEC",
            help="What a request meets, such as `receive:2:reset-after`; `list` names all.",
        ),
    ] = None,
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDRESS", help="Anything but the loopback needs --tls.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.")] = 5985,
    tls: Annotated[bool, typer.Option("--tls", help="https, with a certificate made for this start.")] = False,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="https, with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(
            "--tls-key",
            metavar="FILE",
            help="Its key; what opens it is read from PSBRIDGE_EMULATE_TLS_KEY_PASSWORD. [default: in the same file]",
        ),
    ] = None,
    tls_fault: Annotated[
        str | None,
        typer.Option("--tls-fault", metavar="expired|not-yet-valid|wrong-name|unknown-ca", help="https, gone wrong."),
    ] = None,
    auth: Annotated[
        list[str] | None,
        typer.Option(
            "--auth",
            metavar="ntlm|negotiate|kerberos|credssp|certificate|basic",
            help="What is offered; may be repeated. [default: ntlm, negotiate]",
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="NAME",
            help="Who may sign in: NAME, DOMAIN\\NAME or NAME@REALM. [default: AZSTACK\\backup-operator]",
        ),
    ] = None,
    keytab: Annotated[
        Path | None,
        typer.Option("--keytab", metavar="FILE", help="The host's Kerberos keys, of host/NAME."),
    ] = None,
    client_ca: Annotated[
        Path | None,
        typer.Option(
            "--client-ca",
            metavar="FILE",
            help="Who signs client certificates (PEM). [default: made for this start, with one for the user]",
        ),
    ] = None,
    channel_binding: Annotated[
        str,
        typer.Option(
            "--channel-binding", metavar="none|relaxed|strict", help="As WinRM's CbtHardeningLevel, for https."
        ),
    ] = "relaxed",
    speed: Annotated[
        float, typer.Option("--speed", metavar="N", help="What every length of time is divided by.")
    ] = 1.0,
    config_to: Annotated[
        str | None,
        typer.Option(
            "--config-out",
            metavar="FILE",
            help="Write a config that reaches it once it listens, the password beside it; removed at the end.",
        ),
    ] = None,
    unsafe_full_language: Annotated[
        bool,
        typer.Option(
            "--unsafe-full-language", help="Leave PowerShell's whole language to whoever may sign in (pwsh engine)."
        ),
    ] = False,
) -> None:
    """Run an emulated operator host and its stamp, until Ctrl-C.

    It speaks WSMan and PSRP as a Windows host does, so any client can be pointed at it. Its password is random unless
    `PSBRIDGE_EMULATE_PASSWORD` is set, and printed once, with what to put into a config.

    **Examples**

    A backup of 20 minutes in 20 seconds: `psbridge emulate --speed 60`

    Signing in with a certificate: `psbridge emulate --tls --auth certificate`

    A host whose certificate has expired: `psbridge emulate --tls-fault expired`

    For a script, which waits for the file: `psbridge emulate --port 0 --config-out ./rehearsal.yaml -q &`

    What happens when a share is full: `psbridge emulate --scenario share-full`

    On the real PowerShell engine: `psbridge emulate --engine pwsh --port 5986 --tls`
    """
    from psbridge.emulator import faults
    from psbridge.emulator.emulation import Emulating, new_password
    from psbridge.emulator.stamp import scenarios
    from psbridge.render import check_format

    told = {"list": scenarios.described, "keys": scenarios.keys_described, "schema": scenarios.schema}
    if scenario in told:
        call.stdout.write(told[scenario]())
        return
    if print_only:
        call.stdout.write(written(scenario))
        return
    if fault == ["list"]:
        call.stdout.write(faults.described())
        return
    check_format("emulation", call.output)
    secured = chosen_tls(
        wanted=tls, certificate=tls_cert, key=tls_key, fault=tls_fault, key_password=call.env.get(KEY_PASSWORD)
    )
    config_file = usable(config_to) if config_to else None
    what = Emulating(
        scenario=scenario,
        speed=speed,
        engine=engine,
        users={user or _default_user(auth, keytab): call.env.get("PSBRIDGE_EMULATE_PASSWORD") or new_password()},
        auth=tuple(auth) if auth else None,
        keytab=keytab,
        channel_binding=channel_binding,
        tls=secured,
        client_ca=client_ca,
        bind=bind,
        port=port,
        faults=tuple(fault or ()),
        allow_unencrypted=bool(auth and "basic" in auth and not secured),
        full_language=unsafe_full_language,
        log=logger(call),
    )
    serve(call, what, config_file)


def written(scenario: str) -> str:
    """Return a scenario that comes with psbridge as it is written.

    Raises:
        UsageError: if there is none of that name.
    """
    from psbridge.emulator.stamp.scenarios import SCENARIOS

    try:
        return SCENARIOS.text(scenario)
    except KeyError:
        hint = "`psbridge emulate --scenario list` names those that can be printed."
        raise UsageError(
            f"--print shows a scenario that comes with psbridge, and '{scenario}' is none", hint=hint
        ) from None


def _default_user(auth: list[str] | None, keytab: Path | None) -> str:
    from psbridge.emulator.emulation import default_user

    with explained():
        return default_user(auth, keytab)

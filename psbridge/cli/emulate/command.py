"""`psbridge emulate`: an emulated operator host to rehearse on."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.emulate.config_out import usable
from psbridge.cli.emulate.errors import explained
from psbridge.cli.emulate.options import (
    Auth,
    BasicCharset,
    Bind,
    ChannelBinding,
    ClientCa,
    ConfigTo,
    Engine,
    Fault,
    Keytab,
    LateCertificate,
    MaxIdle,
    Port,
    PrintOnly,
    Scenario,
    Speed,
    Tls,
    TlsCa,
    TlsCert,
    TlsFault,
    TlsKey,
    TlsLegacy,
    UnsafeFullLanguage,
    User,
)
from psbridge.cli.emulate.run import serve
from psbridge.cli.emulate.tls import KEY_PASSWORD, chosen_tls
from psbridge.cli.groups import verb
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context


def emulate(
    context: "Context",
    scenarios: Scenario = None,
    print_only: PrintOnly = False,
    speed: Speed = 1.0,
    engine: Engine = "auto",
    unsafe_full_language: UnsafeFullLanguage = False,
    bind: Bind = "127.0.0.1",
    port: Port = 5985,
    fault: Fault = None,
    config_to: ConfigTo = None,
    tls: Tls = False,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_ca: TlsCa = None,
    tls_fault: TlsFault = None,
    tls_legacy: TlsLegacy = None,
    auth: Auth = None,
    user: User = None,
    keytab: Keytab = None,
    client_ca: ClientCa = None,
    channel_binding: ChannelBinding = "relaxed",
    late_certificate: LateCertificate = False,
    basic_charset: BasicCharset = "any",
    max_idle: MaxIdle = None,
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
    from psbridge.emulator.emulation import Emulating, new_password
    from psbridge.render.writers import check_format

    scenario = _the_one(scenarios or ["succeeds"])
    shown = _asked_to_show(scenario, fault, print_only=print_only)
    if shown is not None:
        text, form = shown
        if context.options.output not in {None, form}:
            raise UsageError(f"this is shown as {form} and in no other format", hint="Leave --output out.")
        context.write_text(text)
        return
    check_format("emulation", context.output)
    secured = chosen_tls(
        wanted=tls,
        certificate=tls_cert,
        key=tls_key,
        ca=tls_ca,
        fault=tls_fault,
        legacy=tls_legacy,
        key_password=context.env.get(KEY_PASSWORD),
    )
    config_file = usable(config_to) if config_to else None
    what = Emulating(
        scenario=scenario,
        speed=speed,
        engine=engine,
        users={user or _default_user(auth, keytab): context.env.get("PSBRIDGE_EMULATE_PASSWORD") or new_password()},
        auth=tuple(auth) if auth else None,
        keytab=keytab,
        channel_binding=channel_binding,
        tls=secured,
        client_ca=client_ca,
        late_certificate=late_certificate,
        basic_charset=basic_charset,
        max_idle=max_idle,
        bind=bind,
        port=port,
        faults=tuple(fault or ()),
        allow_unencrypted=bool(auth and "basic" in auth and not secured),
        full_language=unsafe_full_language,
    )
    serve(context, what, config_file)


def _the_one(scenarios: list[str]) -> str:
    if len(scenarios) > 1:
        hint = f"A file of yours that says `based_on: [{', '.join(scenarios)}]` is all of them; later ones win."
        raise UsageError("--scenario may be given once", hint=hint)
    return scenarios[0]


def _asked_to_show(scenario: str, fault: list[str] | None, *, print_only: bool) -> tuple[str, str] | None:
    """Return what is to be shown in place of running a host, and its format; None for nothing."""
    from psbridge.emulator.faults import rules as faults
    from psbridge.emulator.stamp import scenarios

    texts = {
        "list": (scenarios.described, "table"),
        "keys": (scenarios.keys_described, "table"),
        "schema": (scenarios.schema, "json"),
    }
    if scenario in texts:
        text, form = texts[scenario]
        return text(), form
    if print_only:
        return written(scenario), "yaml"
    return (faults.described(), "table") if fault == ["list"] else None


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


build = partial(verb, "emulate", emulate)

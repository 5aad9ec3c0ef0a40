"""`psbridge emulate`: an emulated operator host to rehearse on."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.emulate import options
from psbridge.cli.emulate.config_out import usable
from psbridge.cli.emulate.errors import explained
from psbridge.cli.emulate.run import serve
from psbridge.cli.groups import verb
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.emulator.tls.server import TlsFault, TlsFiles, TlsLegacy

KEY_PASSWORD = "PSBRIDGE_EMULATE_TLS_KEY_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds

PFX_PASSWORD = "PSBRIDGE_EMULATE_KEY_PASSWORD"  # noqa: S105 - the name of a variable


def emulate(
    context: "Context",
    scenarios: options.Scenario = None,
    print_only: options.PrintOnly = False,
    speed: options.Speed = 1.0,
    store: options.Store = None,
    engine: options.Engine = "auto",
    unsafe_full_language: options.UnsafeFullLanguage = False,
    bind: options.Bind = "127.0.0.1",
    port: options.Port = 5985,
    fault: options.Fault = None,
    config_to: options.ConfigTo = None,
    name: options.TargetName = "rehearsal",
    tls: options.Tls = False,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    tls_ca: options.TlsCa = None,
    tls_fault: options.TlsFault = None,
    tls_legacy: options.TlsLegacy = None,
    auth: options.Auth = None,
    user: options.User = None,
    keytab: options.Keytab = None,
    client_ca: options.ClientCa = None,
    channel_binding: options.ChannelBinding = "relaxed",
    late_certificate: options.LateCertificate = False,
    basic_charset: options.BasicCharset = "any",
    max_idle: options.MaxIdle = None,
) -> None:
    """Run an emulated operator host and stamp until Ctrl-C.

    The host speaks WSMan and PSRP as Windows does, so other clients can connect to it too. Its password is random unless
    `PSBRIDGE_EMULATE_PASSWORD` is set. The password is printed once, with a config that reaches the host.
    `PSBRIDGE_EMULATE_SECRET` sets the secret of the service principal that may sign in to the stamp.

    **Examples**

    A backup of 20 minutes in 20 seconds: `psbridge emulate --speed 60`

    Backups that can be verified, with their key: `psbridge emulate --store ./share`

    A backup share that is full: `psbridge emulate --scenario share-full`

    Authentication with a client certificate: `psbridge emulate --tls --auth certificate`

    A host with an expired certificate: `psbridge emulate --tls-fault expired`

    In a script, which waits until the file exists: `psbridge emulate --port 0 --config-out ./rehearsal.yaml -q &`

    With the real PowerShell engine: `psbridge emulate --engine pwsh --port 5986 --tls`
    """
    from psbridge.emulator.auth.methods import DEFAULT
    from psbridge.emulator.emulation import Emulating, new_password
    from psbridge.render.writers import check_format

    scenario = _the_one(scenarios or ["succeeds"])
    shown = _asked_to_show(scenario, fault, print_only=print_only)
    if shown is not None:
        text, form = shown
        context.check_fixed_format(form)
        context.write_text(text)
        return
    check_format("emulation", context.output)
    target = checked_name(name)
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
        store=store,
        key_password=context.env.get(PFX_PASSWORD) or new_password(),
        engine=engine,
        users={user or _default_user(auth, keytab): context.env.get("PSBRIDGE_EMULATE_PASSWORD") or new_password()},
        auth=tuple(auth or DEFAULT),
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
    serve(context, what, config_file, target)


def checked_name(name: str) -> str:
    """Return a name for the target of the printed config.

    Raises:
        UsageError: no target can have it.
    """
    from psbridge.config.layers import DEMO
    from psbridge.config.rules import Wrong
    from psbridge.config.schema import TARGET_NAME

    try:
        if name.casefold() == DEMO:
            raise Wrong("`demo` is the built-in emulated target")
        TARGET_NAME.read(name)
    except Wrong as wrong:
        raise UsageError(f"--name: {wrong}", hint="Use a name such as rehearsal-2.") from None
    return name


def _the_one(scenarios: list[str]) -> str:
    if len(scenarios) > 1:
        hint = f"To combine them, write a scenario file with `based_on: [{', '.join(scenarios)}]`; later ones win."
        raise UsageError("--scenario can be given only once", hint=hint)
    return scenarios[0]


def _asked_to_show(scenario: str, fault: list[str] | None, *, print_only: bool) -> tuple[str, str] | None:
    """Return a text to print instead of running a host, and its format; None if a host is to run."""
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
    """Return the file of a built-in scenario.

    Raises:
        UsageError: there is no such scenario.
    """
    from psbridge.emulator.stamp.scenarios import SCENARIOS

    try:
        return SCENARIOS.text(scenario)
    except KeyError:
        hint = "`psbridge emulate --scenario list` shows the built-in scenarios."
        raise UsageError(f"--print: '{scenario}' is not a built-in scenario", hint=hint) from None


def _default_user(auth: list[str] | None, keytab: Path | None) -> str:
    from psbridge.emulator.emulation import default_user

    with explained():
        return default_user(auth, keytab)


def chosen_tls(
    *,
    wanted: bool,
    certificate: Path | None,
    key: Path | None,
    ca: Path | None,
    fault: str | None,
    legacy: str | None,
    key_password: str | None,
) -> "bool | TlsFault | TlsLegacy | TlsFiles":
    """Return the TLS setup that the options ask for.

    Raises:
        UsageError: the options contradict each other, or the certificate can't be read.
    """
    from psbridge.emulator.tls.server import TlsFault, TlsFiles, TlsLegacy

    if key is not None and certificate is None:
        raise UsageError("--tls-key needs --tls-cert", hint="Name the certificate of the key with --tls-cert.")
    if ca is not None and certificate is None:
        raise UsageError("--tls-ca needs --tls-cert", hint="Use --tls alone to have a CA and a certificate made.")
    if fault is not None and certificate is not None:
        raise UsageError(
            "--tls-fault can't be used with --tls-cert",
            hint="The bad certificate is made for this start. Leave out one option.",
        )
    if legacy is not None and (certificate is not None or fault is not None):
        raise UsageError(
            "--tls-legacy can't be used with another certificate",
            hint="The outdated certificate is made for this start. Leave out one option.",
        )
    if fault is not None:
        if fault not in set(TlsFault):
            raise UsageError(f"--tls-fault: unknown fault {fault}", hint=f"Known faults: {', '.join(TlsFault)}.")
        return TlsFault(fault)
    if legacy is not None:
        if legacy not in set(TlsLegacy):
            raise UsageError(f"--tls-legacy: unknown word {legacy}", hint=f"Known words: {', '.join(TlsLegacy)}.")
        return TlsLegacy(legacy)
    if certificate is None:
        return wanted
    with explained():
        return TlsFiles.given(certificate, key, key_password, ca)


build = partial(verb, "emulate", emulate)

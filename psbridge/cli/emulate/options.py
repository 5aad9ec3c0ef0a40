"""The options of `psbridge emulate`, and the words of their help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.completion import one_of

_stamp = partial(typer.Option, rich_help_panel="The stamp")
_engine = partial(typer.Option, rich_help_panel="The engine")
_way = partial(typer.Option, rich_help_panel="The way to it")
_tls = partial(typer.Option, rich_help_panel="TLS")
_login = partial(typer.Option, rich_help_panel="Logins")

Scenario = Annotated[
    list[str] | None,
    _stamp(
        "--scenario",
        metavar="NAME|FILE",
        help="What happens on the stamp; `list` names all, `keys` says what a file of yours may say. [default: succeeds]",
        autocompletion=one_of("psbridge.emulator.stamp.scenarios", "SCENARIOS"),
    ),
]
PrintOnly = Annotated[bool, _stamp("--print", help="Show the scenario as a file that can be changed, and end.")]
Speed = Annotated[float, _stamp("--speed", metavar="N", help="What every length of time is divided by.")]

Engine = Annotated[
    str,
    _engine(
        "--engine",
        metavar="ENGINE",
        help="What runs the cmdlets: auto, embedded, or pwsh, which is the real PowerShell.",
        autocompletion=one_of("psbridge.emulator.emulation", "ENGINES"),
    ),
]
UnsafeFullLanguage = Annotated[
    bool,
    _engine("--unsafe-full-language", help="Leave PowerShell's whole language to whoever may sign in (pwsh engine)."),
]

Bind = Annotated[str, _way("--bind", metavar="ADDRESS", help="Anything but the loopback needs --tls.")]
Port = Annotated[int, _way("--port", min=0, max=65535, metavar="N", help="0 takes a free one.")]
Fault = Annotated[
    list[str] | None,
    _way("--fault", metavar="SPEC", help="What a request meets, such as `receive:2:reset-after`; `list` names all."),
]
ConfigTo = Annotated[
    str | None,
    _way(
        "--config-out",
        metavar="FILE",
        help="Write a config that reaches it once it listens, the password beside it; both are removed at the end. "
        "A file that is there is refused, unless a host that was killed left it.",
    ),
]

Tls = Annotated[bool, _tls("--tls", help="https, with a certificate made for this start.")]
TlsCert = Annotated[Path | None, _tls("--tls-cert", metavar="FILE", help="https, with this certificate (PEM).")]
TlsKey = Annotated[
    Path | None,
    _tls(
        "--tls-key",
        metavar="FILE",
        help="Its key; what opens it is read from PSBRIDGE_EMULATE_TLS_KEY_PASSWORD. [default: in the same file]",
    ),
]
TlsCa = Annotated[
    Path | None,
    _tls(
        "--tls-ca",
        metavar="FILE",
        help="Who signed it (PEM), for the config, where that is not an authority that clients know.",
    ),
]
TlsFault = Annotated[
    str | None,
    _tls(
        "--tls-fault",
        metavar="FAULT",
        help="https, gone wrong: expired, not-yet-valid, wrong-name or unknown-ca.",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsFault"),
    ),
]

TlsLegacy = Annotated[
    str | None,
    _tls(
        "--tls-legacy",
        metavar="WORD",
        help="https, out of date: old-version (TLS 1.1), weak-key, or old-authority (which Python 3.13 refuses).",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsLegacy"),
    ),
]

Auth = Annotated[
    list[str] | None,
    _login(
        "--auth",
        metavar="METHOD",
        help="What is offered: ntlm, negotiate, kerberos, credssp, certificate or basic; may be repeated. "
        "[default: ntlm, negotiate]",
        autocompletion=one_of("psbridge.emulator.auth.methods", "METHODS"),
    ),
]
User = Annotated[
    str | None,
    _login(
        "--user",
        metavar="NAME",
        help="Who may sign in: NAME, DOMAIN\\NAME or NAME@REALM. [default: AZSTACK\\backup-operator]",
    ),
]
Keytab = Annotated[Path | None, _login("--keytab", metavar="FILE", help="The host's Kerberos keys, of host/NAME.")]
ClientCa = Annotated[
    Path | None,
    _login(
        "--client-ca",
        metavar="FILE",
        help="Who signs client certificates (PEM); each must name its user as user principal name (UPN). "
        "[default: made for this start, with one for the user]",
    ),
]
LateCertificate = Annotated[
    bool,
    _login(
        "--late-client-certificate", help="Ask for client certificates after TLS 1.3's handshake, as http.sys does."
    ),
]
BasicCharset = Annotated[
    str,
    _login(
        "--basic-charset",
        metavar="CHARSET",
        help="How basic is read: any, utf-8 (which the challenge then names), utf-8-unnamed or latin-1.",
        autocompletion=one_of("psbridge.emulator.auth.per_request", "BasicCharset"),
    ),
]
MaxIdle = Annotated[
    float | None,
    _way("--max-idle", min=60, metavar="SECONDS", help="Refuse a session that asks for a longer idle time."),
]
ChannelBinding = Annotated[
    str,
    _login(
        "--channel-binding",
        metavar="LEVEL",
        help="none, relaxed or strict, as WinRM's CbtHardeningLevel; for https.",
        autocompletion=one_of("psbridge.emulator.auth.certificates", "CbtLevel"),
    ),
]

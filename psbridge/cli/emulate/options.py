"""The options of `psbridge emulate`, and the words of their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.completion import complete_scenario, one_of

_STAMP = "The stamp"
_ENGINE = "The engine"
_WAY = "The way to it"
_TLS = "TLS"
_LOGIN = "Logins"

Scenario = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        metavar="NAME|FILE",
        help="What happens on the stamp; `list` names all, `keys` says what a file of yours may say. [default: succeeds]",
        autocompletion=complete_scenario,
        rich_help_panel=_STAMP,
    ),
]
PrintOnly = Annotated[
    bool,
    typer.Option("--print", help="Show the scenario as a file that can be changed, and end.", rich_help_panel=_STAMP),
]
Speed = Annotated[
    float, typer.Option("--speed", metavar="N", help="What every length of time is divided by.", rich_help_panel=_STAMP)
]

Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="What runs the cmdlets: auto, embedded, or pwsh, which is the real PowerShell.",
        autocompletion=one_of("psbridge.emulator.emulation", "ENGINES"),
        rich_help_panel=_ENGINE,
    ),
]
UnsafeFullLanguage = Annotated[
    bool,
    typer.Option(
        "--unsafe-full-language",
        help="Leave PowerShell's whole language to whoever may sign in (pwsh engine).",
        rich_help_panel=_ENGINE,
    ),
]

Bind = Annotated[
    str, typer.Option("--bind", metavar="ADDRESS", help="Anything but the loopback needs --tls.", rich_help_panel=_WAY)
]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.", rich_help_panel=_WAY)
]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="SPEC",
        help="What a request meets, such as `receive:2:reset-after`; `list` names all.",
        rich_help_panel=_WAY,
    ),
]
ConfigTo = Annotated[
    str | None,
    typer.Option(
        "--config-out",
        metavar="FILE",
        help="Write a config that reaches it once it listens, the password beside it; both are removed at the end. "
        "A file that is there is refused, unless a host that was killed left it.",
        rich_help_panel=_WAY,
    ),
]

Tls = Annotated[
    bool, typer.Option("--tls", help="https, with a certificate made for this start.", rich_help_panel=_TLS)
]
TlsCert = Annotated[
    Path | None,
    typer.Option("--tls-cert", metavar="FILE", help="https, with this certificate (PEM).", rich_help_panel=_TLS),
]
TlsKey = Annotated[
    Path | None,
    typer.Option(
        "--tls-key",
        metavar="FILE",
        help="Its key; what opens it is read from PSBRIDGE_EMULATE_TLS_KEY_PASSWORD. [default: in the same file]",
        rich_help_panel=_TLS,
    ),
]
TlsCa = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca",
        metavar="FILE",
        help="Who signed it (PEM), for the config, where that is not an authority that clients know.",
        rich_help_panel=_TLS,
    ),
]
TlsFault = Annotated[
    str | None,
    typer.Option(
        "--tls-fault",
        metavar="FAULT",
        help="https, gone wrong: expired, not-yet-valid, wrong-name or unknown-ca.",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsFault"),
        rich_help_panel=_TLS,
    ),
]

TlsLegacy = Annotated[
    str | None,
    typer.Option(
        "--tls-legacy",
        metavar="WORD",
        help="https, out of date: old-version (TLS 1.1), weak-key, or old-authority (which Python 3.13 refuses).",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsLegacy"),
        rich_help_panel=_TLS,
    ),
]

Auth = Annotated[
    list[str] | None,
    typer.Option(
        "--auth",
        metavar="METHOD",
        help="What is offered: ntlm, negotiate, kerberos, credssp, certificate or basic; may be repeated. "
        "[default: ntlm, negotiate]",
        autocompletion=one_of("psbridge.emulator.auth.methods", "METHODS"),
        rich_help_panel=_LOGIN,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="Who may sign in: NAME, DOMAIN\\NAME or NAME@REALM. [default: AZSTACK\\backup-operator]",
        rich_help_panel=_LOGIN,
    ),
]
Keytab = Annotated[
    Path | None,
    typer.Option("--keytab", metavar="FILE", help="The host's Kerberos keys, of host/NAME.", rich_help_panel=_LOGIN),
]
ClientCa = Annotated[
    Path | None,
    typer.Option(
        "--client-ca",
        metavar="FILE",
        help="Who signs client certificates (PEM); each must name its user as user principal name (UPN). "
        "[default: made for this start, with one for the user]",
        rich_help_panel=_LOGIN,
    ),
]
LateCertificate = Annotated[
    bool,
    typer.Option(
        "--late-client-certificate",
        help="Ask for client certificates after TLS 1.3's handshake, as http.sys does.",
        rich_help_panel=_LOGIN,
    ),
]
BasicCharset = Annotated[
    str,
    typer.Option(
        "--basic-charset",
        metavar="CHARSET",
        help="How basic is read: any, utf-8 (which the challenge then names), utf-8-unnamed or latin-1.",
        autocompletion=one_of("psbridge.emulator.auth.per_request", "BasicCharset"),
        rich_help_panel=_LOGIN,
    ),
]
MaxIdle = Annotated[
    float | None,
    typer.Option(
        "--max-idle",
        min=60,
        metavar="SECONDS",
        help="Refuse a session that asks for a longer idle time.",
        rich_help_panel=_WAY,
    ),
]
ChannelBinding = Annotated[
    str,
    typer.Option(
        "--channel-binding",
        metavar="LEVEL",
        help="none, relaxed or strict, as WinRM's CbtHardeningLevel; for https.",
        autocompletion=one_of("psbridge.emulator.auth.certificates", "CbtLevel"),
        rich_help_panel=_LOGIN,
    ),
]

"""The options of `psbridge emulate`, and the words of their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.completion import complete_scenario

Engine = Annotated[
    str,
    typer.Option("--engine", metavar="auto|embedded|pwsh", help="What runs the cmdlets; pwsh is the real PowerShell."),
]
Scenario = Annotated[
    str,
    typer.Option(
        "--scenario",
        metavar="NAME|FILE",
        help="What happens on the stamp; `list` names all, `keys` says what a file of yours may say.",
        autocompletion=complete_scenario,
    ),
]
PrintOnly = Annotated[bool, typer.Option("--print", help="Show the scenario as a file that can be changed, and end.")]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="SPEC",
        help="What a request meets, such as `receive:2:reset-after`; `list` names all.",
    ),
]
Bind = Annotated[str, typer.Option("--bind", metavar="ADDRESS", help="Anything but the loopback needs --tls.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.")]
Tls = Annotated[bool, typer.Option("--tls", help="https, with a certificate made for this start.")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="https, with this certificate (PEM).")]
TlsKey = Annotated[
    Path | None,
    typer.Option(
        "--tls-key",
        metavar="FILE",
        help="Its key; what opens it is read from PSBRIDGE_EMULATE_TLS_KEY_PASSWORD. [default: in the same file]",
    ),
]
TlsFault = Annotated[
    str | None,
    typer.Option("--tls-fault", metavar="expired|not-yet-valid|wrong-name|unknown-ca", help="https, gone wrong."),
]
Auth = Annotated[
    list[str] | None,
    typer.Option(
        "--auth",
        metavar="ntlm|negotiate|kerberos|credssp|certificate|basic",
        help="What is offered; may be repeated. [default: ntlm, negotiate]",
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="Who may sign in: NAME, DOMAIN\\NAME or NAME@REALM. [default: AZSTACK\\backup-operator]",
    ),
]
Keytab = Annotated[
    Path | None,
    typer.Option("--keytab", metavar="FILE", help="The host's Kerberos keys, of host/NAME."),
]
ClientCa = Annotated[
    Path | None,
    typer.Option(
        "--client-ca",
        metavar="FILE",
        help="Who signs client certificates (PEM). [default: made for this start, with one for the user]",
    ),
]
ChannelBinding = Annotated[
    str,
    typer.Option("--channel-binding", metavar="none|relaxed|strict", help="As WinRM's CbtHardeningLevel, for https."),
]
Speed = Annotated[float, typer.Option("--speed", metavar="N", help="What every length of time is divided by.")]
ConfigTo = Annotated[
    str | None,
    typer.Option(
        "--config-out",
        metavar="FILE",
        help="Write a config that reaches it once it listens, the password beside it; removed at the end.",
    ),
]
UnsafeFullLanguage = Annotated[
    bool,
    typer.Option(
        "--unsafe-full-language", help="Leave PowerShell's whole language to whoever may sign in (pwsh engine)."
    ),
]

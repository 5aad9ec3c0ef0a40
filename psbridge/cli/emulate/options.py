"""The options of `psbridge emulate`, and the words of their help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from psbridge.cli.completion import one_of

_stamp = partial(typer.Option, rich_help_panel="Stamp")
_engine = partial(typer.Option, rich_help_panel="Engine")
_way = partial(typer.Option, rich_help_panel="Network")
_tls = partial(typer.Option, rich_help_panel="TLS")
_login = partial(typer.Option, rich_help_panel="Authentication")

Scenario = Annotated[
    list[str] | None,
    _stamp(
        "--scenario",
        metavar="NAME|FILE",
        help="What happens on the stamp. `list` shows all scenarios, `keys` the keys of a scenario file. [default: succeeds]",
        autocompletion=one_of("psbridge.emulator.stamp.scenarios", "SCENARIOS"),
    ),
]
PrintOnly = Annotated[bool, _stamp("--print", help="Print the scenario as a YAML file that can be edited, and exit.")]
Speed = Annotated[float, _stamp("--speed", metavar="N", help="Speed-up factor for the stamp's clock.")]

Store = Annotated[
    Path | None,
    _stamp(
        "--store",
        metavar="FOLDER",
        help="Folder that stands for the backup share: what the stamp's backups leave there is written to it. The key that "
        "opens it is written to FOLDER.pfx, its password to FOLDER.pfx.password. "
        "[env: PSBRIDGE_EMULATE_KEY_PASSWORD for the password; default: random]",
    ),
]

Engine = Annotated[
    str,
    _engine(
        "--engine",
        metavar="ENGINE",
        help="PowerShell engine: auto, embedded, or pwsh (the real PowerShell).",
        autocompletion=one_of("psbridge.emulator.emulation", "ENGINES"),
    ),
]
UnsafeFullLanguage = Annotated[
    bool,
    _engine(
        "--unsafe-full-language", help="Allow the full PowerShell language to everyone who can sign in (pwsh engine)."
    ),
]

Bind = Annotated[
    str, _way("--bind", metavar="ADDRESS", help="Address to listen on; any address except loopback needs --tls.")
]
Port = Annotated[int, _way("--port", min=0, max=65535, metavar="N", help="Port to listen on; 0 takes a free port.")]
Fault = Annotated[
    list[str] | None,
    _way(
        "--fault",
        metavar="SPEC",
        help="Fault to inject, such as `receive:2:reset-after`; may be repeated. `list` shows all faults.",
    ),
]
ConfigTo = Annotated[
    str | None,
    _way(
        "--config-out",
        metavar="FILE",
        help="Write a config for the host as soon as it listens, and its password to FILE.password. Both files are "
        "removed when the host ends. An existing FILE is refused, unless it is from a host that was killed.",
    ),
]
TargetName = Annotated[
    str, _way("--name", metavar="NAME", help="Name of the target in the printed config, for more than one host.")
]

Tls = Annotated[bool, _tls("--tls", help="Use HTTPS with a certificate that is made for this start.")]
TlsCert = Annotated[Path | None, _tls("--tls-cert", metavar="FILE", help="Use HTTPS with this certificate (PEM).")]
TlsKey = Annotated[
    Path | None,
    _tls(
        "--tls-key",
        metavar="FILE",
        help="Private key of the certificate (PEM). [env: PSBRIDGE_EMULATE_TLS_KEY_PASSWORD for its password; default: in "
        "the same file]",
    ),
]
TlsCa = Annotated[
    Path | None,
    _tls(
        "--tls-ca",
        metavar="FILE",
        help="CA certificate (PEM) for the printed config, if clients do not know the CA.",
    ),
]
TlsFault = Annotated[
    str | None,
    _tls(
        "--tls-fault",
        metavar="FAULT",
        help="Use HTTPS with a bad certificate: expired, not-yet-valid, wrong-name or unknown-ca.",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsFault"),
    ),
]

TlsLegacy = Annotated[
    str | None,
    _tls(
        "--tls-legacy",
        metavar="WORD",
        help="Use outdated HTTPS: old-version (TLS 1.1), weak-key, or old-authority (refused by Python 3.13).",
        autocompletion=one_of("psbridge.emulator.tls.server", "TlsLegacy"),
    ),
]

Auth = Annotated[
    list[str] | None,
    _login(
        "--auth",
        metavar="METHOD",
        help="Authentication method to offer: ntlm, negotiate, kerberos, credssp, certificate or basic; may be repeated. "
        "[default: ntlm, negotiate]",
        autocompletion=one_of("psbridge.emulator.auth.methods", "METHODS"),
    ),
]
User = Annotated[
    str | None,
    _login(
        "--user",
        metavar="NAME",
        help="User who can sign in: NAME, DOMAIN\\NAME or NAME@REALM. [default: AZSTACK\\backup-operator]",
    ),
]
Keytab = Annotated[Path | None, _login("--keytab", metavar="FILE", help="Keytab with the Kerberos key of host/NAME.")]
ClientCa = Annotated[
    Path | None,
    _login(
        "--client-ca",
        metavar="FILE",
        help="CA of the client certificates (PEM). Each certificate must contain the user principal name (UPN) of its "
        "user. [default: made for this start, with a certificate for the user]",
    ),
]
LateCertificate = Annotated[
    bool,
    _login(
        "--late-client-certificate",
        help="Request the client certificate after the TLS 1.3 handshake, as http.sys does.",
    ),
]
BasicCharset = Annotated[
    str,
    _login(
        "--basic-charset",
        metavar="CHARSET",
        help="Encoding of Basic credentials: any, utf-8 (named in the challenge), utf-8-unnamed or latin-1.",
        autocompletion=one_of("psbridge.emulator.auth.per_request", "BasicCharset"),
    ),
]
MaxIdle = Annotated[
    float | None,
    _way("--max-idle", min=60, metavar="SECONDS", help="Longest idle timeout that a session may ask for."),
]
ChannelBinding = Annotated[
    str,
    _login(
        "--channel-binding",
        metavar="LEVEL",
        help="Channel binding over HTTPS: none, relaxed or strict (CbtHardeningLevel of WinRM).",
        autocompletion=one_of("psbridge.emulator.auth.certificates", "CbtLevel"),
    ),
]

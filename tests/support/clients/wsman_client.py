"""Drive an emulated host with pypsrp, the stranger, or with envelopes of our own."""

from __future__ import annotations

import base64
import socket
from typing import Any
from uuid import UUID, uuid4

import psrpcore
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from tests.support.fakes.loopback import connected
from tests.support.process.until import LONG

CONFIG_URI = names.CONFIG
SHELL_URI = names.SHELL
POWERSHELL_URI = names.POWERSHELL + "/Microsoft.PowerShell"
PROTOCOL = '<w:OptionSet><w:Option Name="protocolversion" MustComply="true">2.3</w:Option></w:OptionSet>'


def wsman(host: OperatorHost, auth: str = "basic", **options: Any) -> WSMan:
    """Return pypsrp's client, as the first user unless told otherwise; `server` is another name for the host."""
    secure = host.url.startswith("https")
    options.setdefault("username", host.username)
    options.setdefault("password", host.password)
    if auth == "basic" and not secure:
        options.setdefault("encryption", "never")
    return WSMan(
        options.pop("server", host.host),
        port=options.pop("port", host.port),
        ssl=secure,
        auth=auth,
        cert_validation=options.pop("cert_validation", str(host.ca_file) if host.ca_file else True),
        no_proxy=True,
        reconnection_backoff=0.01,
        **options,
    )


def pipeline(pool: RunspacePool, command: str = "Emit", **arguments: object) -> PowerShell:
    shell = PowerShell(pool)
    shell.add_cmdlet(command)
    for name, value in arguments.items():
        shell.add_parameter(name, value)
    return shell


def emit(client: WSMan, **arguments: object) -> list[Any]:
    """Open a pool, run `Emit`, close both, return the output."""
    with RunspacePool(client) as pool:
        shell = pipeline(pool, **arguments)
        output = shell.invoke()
        shell.close()
    return output


def envelope(
    action: str,
    body: str = "",
    *,
    resource: str = POWERSHELL_URI,
    shell_id: UUID | str | None = None,
    message_id: str | None = None,
    headers: str = "",
) -> bytes:
    """Return the bytes of a request; `action` is the short name or a whole URI.

    A Create brings the protocol's version, unless `headers` have options of their own.
    """
    if action == "create" and "OptionSet" not in headers:
        headers += PROTOCOL
    uri = next((uri for uri, name in names.ACTIONS.items() if name == action), action)
    selectors = f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>' if shell_id else ""
    return (
        f'<s:Envelope xmlns:s="{names.SOAP}" xmlns:a="{names.ADDRESSING}" xmlns:w="{names.WSMAN}" '
        f'xmlns:rsp="{names.SHELL}" xmlns:n="{names.ENUMERATION}" xmlns:p="{names.WSMV}"><s:Header>'
        f"<a:Action>{uri}</a:Action>"
        f"<a:MessageID>{message_id or f'uuid:{uuid4()}'}</a:MessageID><w:ResourceURI>{resource}</w:ResourceURI>"
        f"<a:ReplyTo><a:Address>{names.ANONYMOUS}</a:Address></a:ReplyTo>{headers}{selectors}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def receive_body(command_id: UUID | str | None = None) -> str:
    owner = f' CommandId="{command_id}"' if command_id else ""
    return f"<rsp:Receive><rsp:DesiredStream{owner}>stdout</rsp:DesiredStream></rsp:Receive>"


def raw_exchange(host: OperatorHost, data: bytes, *, timeout: float = LONG) -> bytes:
    """Send bytes over plain http, return what comes until the host closes the connection (b'' also when it resets it)."""
    answer = b""
    with connected(host.host, host.port, timeout) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while chunk := sock.recv(65536):
                answer += chunk
        except OSError:
            pass
    return answer


def create_body(client: psrpcore.ClientRunspacePool | None = None) -> str:
    """Return the body of a Create that opens a runspace pool, by default a new one."""
    pool = client or psrpcore.ClientRunspacePool()
    pool.open()
    fragments = pool.data_to_send()
    assert fragments is not None
    return (
        f'<rsp:Shell ShellId="{pool.runspace_pool_id}"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
        "<rsp:OutputStreams>stdout</rsp:OutputStreams>"
        f'<creationXml xmlns="{names.POWERSHELL}">{base64.b64encode(fragments.data).decode()}</creationXml></rsp:Shell>'
    )

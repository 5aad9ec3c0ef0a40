"""A Kerberos realm of the tests' own: MIT's KDC on a port of the loopback, with its database in a temporary folder.

It needs `krb5kdc`, `kdb5_util` and `kadmin.local` (Debian: krb5-kdc, krb5-admin-server) and the Python packages of
`psbridge[kerberos]`. MIT's libraries are steered by environment variables alone, which `Realm.environment` lists.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.process.until import LONG, until

REALM = "EMU.TEST"
USER, PASSWORD = "backup-operator", "Tr0ub4dor&3-kerberos"
STRANGER = "passer-by"
"""A principal of the realm that has no account on the host; same password."""
SHORT_LIVED = "day-fly"
"""A principal whose tickets end after `SECONDS`; same password."""
SECONDS = 3
SERVERS = ("localhost", "127.0.0.1")
SERVICES = [f"{service}/{name}" for service in ("host", "HTTP", "cifs") for name in SERVERS]
"""WinRM's name is `host/…`; CredSSP's client asks for `HTTP/…`, which Active Directory takes for the same. SMB: `cifs/…`."""
CLOCK_SKEW = 37
"""KRB_AP_ERR_SKEW (RFC 4120, 7.5.9)."""
_TOOLS = ("krb5kdc", "kdb5_util", "kadmin.local")
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"])
_KDC_CONF = """\
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    max_life = 10h
    # Samba takes none where it is no member of a domain.
    disable_pac = true
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
  admin_server = FILE:{folder}/kdc.log
  default = FILE:{folder}/kdc.log
"""
_KRB5_CONF = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  # No tolerance, so that a ticket ends when it says so.
  clockskew = 1
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
  ELSEWHERE.TEST = {{
    kdc = 127.0.0.1:1
  }}
"""


def client_conf(port: int) -> str:
    """Return a krb5.conf for a KDC on a port of the loopback that is asked over TCP."""
    conf = _KRB5_CONF.format(realm=REALM, port=port, folder="")
    return conf.replace("[libdefaults]\n", "[libdefaults]\n  udp_preference_limit = 1\n")


def error(code: int) -> bytes:
    """Return a KRB-ERROR (RFC 4120, 5.9.1) of this realm, in DER."""

    def tlv(tag: int, body: bytes) -> bytes:
        assert len(body) < 128
        return bytes([tag, len(body)]) + body

    def text(word: str) -> bytes:
        return tlv(0x1B, word.encode())

    names = tlv(0x30, b"".join(map(text, ("krbtgt", REALM))))
    sname = tlv(0x30, tlv(0xA0, tlv(0x02, b"\x02")) + tlv(0xA1, names))
    fields = {
        0: tlv(0x02, b"\x05"),  # pvno
        1: tlv(0x02, b"\x1e"),  # KRB-ERROR
        4: tlv(0x18, b"20260304120000Z"),
        5: tlv(0x02, b"\x00"),
        6: tlv(0x02, bytes([code])),
        9: text(REALM),
        10: sname,
    }
    return tlv(0x7E, tlv(0x30, b"".join(tlv(0xA0 + tag, body) for tag, body in fields.items())))


def missing() -> str:
    """Return what the machine lacks for a realm, '' if nothing."""
    lacks = [tool for tool in _TOOLS if not shutil.which(tool, path=_PATH)]
    lacks += [f"Python's {name}" for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
    return ", ".join(lacks)


@dataclass(frozen=True, slots=True)
class Realm:
    """A realm whose KDC answers.

    Attributes:
        keytab: the keys of `SERVICES`.
        other_keytab: that of `host/localhost` alone.
    """

    folder: Path
    keytab: Path
    other_keytab: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What points MIT's libraries at this realm and away from the machine's own."""
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{self.folder}/no-ccache",
            "KRB5_KTNAME": f"FILE:{self.folder}/no-keytab",
            "KRB5_CLIENT_KTNAME": f"FILE:{self.folder}/no-client-keytab",
            "KRB5RCACHENAME": f"dfl:{self.folder}/replays",
        }

    def kadmin(self, *queries: str) -> None:
        """Change the database."""
        script = "".join(f"{query}\n" for query in queries)
        self.run("kadmin.local", "-r", REALM, given=script)

    def tickets(self, name: str, *, life: str = "1h", user: str = USER) -> Path:
        """Return a credential cache with a fresh ticket-granting ticket."""
        cache = self.folder / name
        self.run("kinit", "-l", life, "-c", f"FILE:{cache}", f"{user}@{REALM}", given=f"{PASSWORD}\n")
        return cache

    def run(self, tool: str, *arguments: str, given: str = "") -> None:
        """Run one of MIT's programs."""
        found = shutil.which(tool, path=_PATH) or tool
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            [found, *arguments], env=environment, input=given, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"


def _free_port() -> int:
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        return int(tcp.getsockname()[1])


@contextmanager
def realm(folder: Path) -> Iterator[Realm]:
    """Run a realm for the body."""
    port = _free_port()
    words = {"realm": REALM, "port": port, "folder": folder}
    (folder / "kdc.conf").write_text(_KDC_CONF.format_map(words))
    (folder / "krb5.conf").write_text(_KRB5_CONF.format_map(words))
    (folder / "acl").touch()
    made = Realm(folder, folder / "host.keytab", folder / "other.keytab")
    made.run("kdb5_util", "-r", REALM, "create", "-s", "-W", "-P", "master")
    made.kadmin(
        *(f"addprinc -pw {PASSWORD} {name}" for name in (USER, STRANGER)),
        f'addprinc -maxlife "{SECONDS} seconds" -pw {PASSWORD} {SHORT_LIVED}',
        *(f"addprinc -randkey {name}" for name in SERVICES),
        f"ktadd -k {made.keytab} {' '.join(SERVICES)}",
        f"ktadd -k {made.other_keytab} -norandkey host/localhost",
    )
    with _kdc(made, port):
        yield made


@contextmanager
def _kdc(made: Realm, port: int) -> Iterator[None]:
    program = shutil.which("krb5kdc", path=_PATH)
    assert program is not None
    with (made.folder / "kdc.out").open("wb") as out:
        process = subprocess.Popen(
            [program, "-n", "-r", REALM], env={**os.environ, **made.environment}, stdout=out, stderr=out
        )
    try:
        until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, f"the KDC ended: {(made.folder / 'kdc.out').read_text()}"
        yield
    finally:
        process.terminate()
        process.wait(LONG)


def _listens(port: int) -> bool:
    with socket.socket() as tcp:
        return tcp.connect_ex(("127.0.0.1", port)) == 0

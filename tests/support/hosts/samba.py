"""A real SMB server: Debian's Samba on the loopback, signed and encrypted, with a log of what was done to its files.

It runs in a folder of its own, on a port that the system chooses, as the user who runs the tests.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.hosts import kdc
from tests.support.process.until import until

USERNAME, PASSWORD = "backup-reader", "a secret of the share"
_AUDIT = Path("/usr/lib/x86_64-linux-gnu/samba/vfs/full_audit.so")
_CONFIG = """\
[global]
  workgroup = CONTOSO
  server role = standalone server
  interfaces = lo
  bind interfaces only = yes
  smb ports = {port}
  private dir = {folder}/private
  lock directory = {folder}/lock
  state directory = {folder}/state
  cache directory = {folder}/cache
  pid directory = {folder}/pid
  ncalrpc dir = {folder}/ncalrpc
  passdb backend = tdbsam:{folder}/private/passdb.tdb
  username map = {folder}/users
  server min protocol = {protocol}
  server max protocol = {newest}
  server signing = mandatory
  server smb encrypt = {encrypt}
  map to guest = {guests}
  guest account = {own}
  host msdfs = yes
  disable spoolss = yes
  load printers = no
  log level = 1 auth_audit:3
  smb2 max credits = {credits}
{more}
[backups]
  path = {share}
  read only = no
  vfs objects = full_audit
  full_audit:success = all
  full_audit:failure = all
  full_audit:syslog = false
  guest ok = yes
[readonly]
  path = {share}
  read only = yes
[links]
  path = {share}
  msdfs root = yes
[denied]
  path = {share}
  valid users = root-of-another-machine
"""


_KERBEROS = """\
  realm = {realm}
  kerberos method = dedicated keytab
  dedicated keytab file = FILE:{keytab}
"""


def missing() -> str:
    """Return which programs the machine lacks, '' if none."""
    lacking = [tool for tool in ("smbd", "smbpasswd") if not shutil.which(tool)]
    return ", ".join(
        lacking + ([] if any(_AUDIT.parent.parent.parent.glob("samba/vfs/full_audit.so")) else ["full_audit"])
    )


@dataclass(frozen=True, slots=True)
class Samba:
    """A running server.

    Attributes:
        port: where it listens on 127.0.0.1.
        folder: what the share `backups` is of.
        log: what smbd writes.
        process: its main process.
    """

    port: int
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def unc(self) -> str:
        """The share, as psbridge is told it."""
        return self.share("backups")

    def share(self, name: str) -> str:
        """Return a share, or a folder of it, as psbridge is told it."""
        return rf"\\127.0.0.1@{self.port}\{name}"

    def done(self) -> set[str]:
        """Return the operations on files that the server made for a client."""
        return set(re.findall(r"\|(\w+)\|(?:ok|fail)", self.log.read_text("utf-8", "replace")))

    def opened(self) -> set[tuple[str, ...]]:
        """Return with which rights and dispositions files and folders were opened: `("0x81", "open")` is to read."""
        found = re.findall(r"\|create_file\|\w+\|(0x[0-9a-f]+)\|\w+\|(\w+)\|", self.log.read_text("utf-8", "replace"))
        return set(found)

    def logins(self, username: str) -> int:
        """Return how often an account's login was judged."""
        judged = re.findall(
            rf"Auth: \[SMB2?,[^\n]*user \[[^\]]*\]\\\[{username}\]", self.log.read_text("utf-8", "replace")
        )
        return len(judged)

    def cut(self) -> None:
        """End every connection, as a server that dies does."""
        subprocess.run(["pkill", "-KILL", "-P", str(self.process.pid)], check=False)

    def hang(self) -> None:
        """Let every connection go on without an answer."""
        subprocess.run(["pkill", "-STOP", "-P", str(self.process.pid)], check=False)


@contextmanager
def samba(
    folder: Path,
    share: Path,
    *,
    encrypt: str = "required",
    protocol: str = "SMB3_00",
    newest: str = "SMB3_11",
    guests: str = "never",
    granted: int = 8192,
    keytab: Path | None = None,
) -> Iterator[Samba]:
    """Run a server for the body; its only user is `USERNAME`.

    Args:
        folder: for the server's own files.
        share: the folder that it shares.
        encrypt, protocol, newest: what it offers: `smb encrypt`, `server min protocol`, `server max protocol`.
        guests: who else is let in: `map to guest`.
        keytab: the keys of `cifs/…`, for logins by Kerberos; `CONTOSO\\NAME` is `kdc.USER` then.
        granted: its credits, what it lets a client ask for at the same time, in 64 KiB.
    """
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
        (folder / name).mkdir(parents=True)
    own, port, log = getpass.getuser(), _free_port(), folder / "log"
    (folder / "users").write_text(f"{own} = {USERNAME} CONTOSO\\{kdc.USER}\n")
    with suppress(FileExistsError):
        (share / "elsewhere").symlink_to("msdfs:other.contoso.com\\backups")
    config = folder / "smb.conf"
    more = "" if keytab is None else _KERBEROS.format(realm=kdc.REALM, keytab=keytab)
    offered = {"encrypt": encrypt, "protocol": protocol, "newest": newest, "guests": guests, "credits": granted}
    config.write_text(_CONFIG.format(folder=folder, share=share, port=port, own=own, more=more, **offered))
    words = ["smbpasswd", "-c", str(config), "-L", "-a", "-s", own]
    subprocess.run(words, input=f"{PASSWORD}\n{PASSWORD}\n".encode(), check=True, capture_output=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["smbd", "-s", str(config), "-F", "--no-process-group", "--debug-stdout"],
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            until(lambda: _listens(port))
            yield Samba(port, share, log, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # a stopped one too
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True

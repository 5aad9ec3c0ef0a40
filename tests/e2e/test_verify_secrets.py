"""Verifying a backup leaves nothing of its key or its plaintext behind, also where it is killed."""

from __future__ import annotations

import base64
import os
import re
import resource
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store import write_store
from tests.support.canaries import Canary, leaks
from tests.support.process.cli import Cli, Ended
from tests.support.process.until import until

NAME_INSIDE = b"NRP-Microsoft.Network.Admin.json"
"""A name within the encrypted archive of a repository, in no other file of the store."""


def unwrapped(share: Path, key: RSAPrivateKey) -> Iterator[bytes]:
    """Yield the keys of the store's data files, as the wrapped keys have them."""
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
    for file in share.rglob("*_Full_C.xml"):
        (wrapped,) = (it.text for it in ET.parse(file).iter() if it.tag.endswith("EncryptedBackupEncryptionKey"))
        yield base64.b64decode(key.decrypt(base64.b64decode(wrapped or ""), oaep))


def forms(data: bytes) -> list[bytes]:
    return [data, data.hex().encode(), data.hex().upper().encode(), base64.b64encode(data)]


def traces(folder: Path, share: Path, key: RSAPrivateKey, ended: list[Ended]) -> list[str]:
    """Return where something of the key, of a data key or of the plaintext is, outside the store and the .pfx file."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret = key.private_numbers().d.to_bytes((key.key_size + 7) // 8, "big")
    needles = [der[40:80], secret[:32], base64.b64encode(der)[100:160], NAME_INSIDE]
    for data in unwrapped(share, key):
        needles += [*forms(data[:32]), *forms(data[32:]), base64.b64encode(data)]
    files = [it for it in folder.rglob("*") if it.is_file() and not it.is_relative_to(share) and it.suffix != ".pfx"]
    texts = {str(it): it.read_bytes() for it in files}
    texts |= {f"output of {' '.join(it.argv)}": f"{it.out}{it.err}".encode() for it in ended}
    return [name for name, text in texts.items() if any(needle in text for needle in needles)]


class Kept:
    def __init__(self, cli: Cli, size: int = 2048) -> None:
        cli.env["PSBRIDGE_CONFIG"] = ""
        stamp = Stamp(Scenario("store", "", history=2, roles=("NRP", "WAS")))
        written = write_store(cli.folder / "share", stamp, StoreOptions(size=size))
        assert written.certificate is not None
        self.cli, self.share, self.key = cli, written.folder, written.certificate.key
        self.password = Canary("password of the key")
        written.write_pfx(cli.folder / "key.pfx", self.password.text)
        self.file = cli.folder / "password"
        self.file.write_text(self.password.text + "\n")
        self.file.chmod(0o600)
        self.named = ("--key", str(cli.folder / "key.pfx"), "--key-password-file", str(self.file))
        self.verify = ("backup", "verify", "--offline", "--store", str(self.share))

    def check(self, *ended: Ended) -> None:
        texts = {" ".join(it.argv): it.out + it.err for it in ended}
        assert leaks(self.cli.folder, texts, [self.password], [self.file]) == []
        assert traces(self.cli.folder, self.share, self.key, list(ended)) == []


def test_neither_password_nor_key_nor_plaintext_is_seen(cli: Cli) -> None:
    kept = Kept(cli)
    log = ("-vvv", "--debug", "--log-file", str(cli.folder / "log.jsonl"))
    proof, keys = str(cli.folder / "proof.json"), str(cli.folder / "keys.json")
    done = [
        cli(*kept.verify, *kept.named, "--level", "readable", "--proof", proof, "--wrapped-keys", keys, *log).expect(0),
        cli(*kept.verify, *kept.named, "--level", "readable", "-o", "json", *log).expect(0),
        cli("key", "check", kept.named[1], "--against", keys, *kept.named[2:], *log).expect(0),
        cli("proof", "verify", proof, *log).expect(0),
    ]
    kept.check(*done)
    for file in kept.share.rglob("NRP;Microsoft.Network.Admin;-;Quota/*.zip"):
        file.write_bytes(file.read_bytes()[:-16])
    (cli.folder / "wrong").write_text("wrong\n")
    kept.check(
        cli(*kept.verify, *kept.named, "--level", "readable", "-o", "yaml", *log).expect(15),
        cli(*kept.verify, *kept.named[:3], str(cli.folder / "wrong"), *log).expect(10),
    )


def test_ctrl_c_ends_it_at_once_and_says_what_it_means(cli: Cli) -> None:
    kept = Kept(cli, size=300_000)
    with held_at_the_first_read(kept, "whole") as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert b"error: interrupted by SIGINT\nhint: Nothing was changed, in the store or on the stamp." in err


@pytest.mark.parametrize("level", ["whole", "readable"])
def test_nothing_is_left_by_a_process_that_is_killed_while_it_reads(cli: Cli, level: str) -> None:
    kept = Kept(cli, size=300_000)
    with held_at_the_first_read(kept, level) as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 ", limits), "a core file would hold the key"
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
    kept.check(Ended(kept.verify, process.returncode, out.decode(), err.decode()))


@contextmanager
def held_at_the_first_read(kept: Kept, level: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a verification that has the key, and stops for good at the first piece of a data file."""
    held, ready = kept.cli.folder / "held", kept.cli.folder / "ready"
    os.mkfifo(held)
    program = (
        "import os\n"
        "read = os.preadv\n"
        "def preadv(file, buffers, at):\n"
        "    if len(buffers[0]) > 100_000:\n"
        f"        open({str(ready)!r}, 'w').close(), open({str(held)!r}).read()\n"
        "    return read(file, buffers, at)\n"
        "os.preadv = preadv\n"
        "from psbridge.__main__ import main\n"
        "main()\n"
    )
    words = (sys.executable, "-c", program, *kept.verify, *kept.named, "--level", level, "-vv", "--debug")
    process = subprocess.Popen(
        words,
        env=kept.cli.environment(),
        cwd=kept.cli.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_with_core_files,
    )
    try:
        until(ready.exists)
        yield process
    finally:
        process.kill()
        process.wait()


def _with_core_files() -> None:
    """Permit core files as far as this user may, as many systems do."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

"""Coverage-guided fuzzing of every reader of remote data (atheris, based on libFuzzer).

A reader may refuse bytes with its own error only. Any other exception, and exceeding TIMEOUT or MEMORY, is a finding: its
input is kept in `.fuzz/<reader>/` and the exit code is 1. Inputs that reached new code are kept there too, so the next run
continues from them. The first run starts with the messages in tests/data.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".fuzz"
TIMEOUT = 10  # seconds for one input
MEMORY = 1024  # MiB
LONGEST = 20_000  # bytes of one input

Run = Callable[[bytes], None]


def engine_messages() -> Iterator[bytes]:
    """CLIXML of the real engine."""
    for entry in json.loads((ROOT / "tests/data/engine-7.6.9.json").read_text()):
        for item in entry["messages"]:
            yield item["data"].encode()


def fragmented(body: bytes, kind: int = 0x00041004) -> bytes:
    whole = struct.pack("<II", 1, kind) + bytes(32) + body
    return struct.pack(">QQBI", 1, 0, 3, len(whole)) + whole


# -- the client's readers


def clixml() -> Run:
    from psbridge.remoting.psrp.clixml import MalformedClixml, deserialize, error_record, text_of

    def run(data: bytes) -> None:
        try:
            value = deserialize(data)
        except MalformedClixml:
            return
        error_record(value)
        text_of(value)

    return run


def integrity() -> Run:
    from psbridge.remoting.psrp.integrity import BrokenStream, Defragmenter

    def run(data: bytes) -> None:
        book = Defragmenter(disturbed=bool(data[:1] > b"\x80"))
        try:
            for start in range(0, len(data), 4000):
                book.feed(data[start : start + 4000])
        except BrokenStream:
            return

    return run


# -- the emulated host's readers


def http() -> Run:
    from psbridge.emulator.clock import SYSTEM
    from psbridge.emulator.http.messages import BadHttp
    from psbridge.emulator.http.protocol import HttpConnection, Limits
    from psbridge.emulator.http.reading import Gone

    def run(data: bytes) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            connection = HttpConnection(ours, Limits(head=5, body=5, stranger=5), SYSTEM)
            try:
                while connection.read_request() is not None:
                    connection.read_body()
            except (BadHttp, Gone):
                return

    return run


def soap() -> Run:
    from psbridge.emulator.wsman.bodies import read_request
    from psbridge.emulator.wsman.envelope import read_envelope, read_root
    from psbridge.emulator.wsman.errors import WSManFault

    def run(data: bytes) -> None:
        try:
            read_request(read_envelope(read_root(data)))
        except WSManFault:
            return

    return run


class Transparent:
    """A security context that seals nothing."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes, int]:
        return b"0123456789abcdef", message, 0

    def unwrap(self, _signature: bytes, sealed: bytes) -> bytes:
        return sealed


def seal() -> Run:
    from psbridge.emulator.auth.sealing import SPNEGO, Seal, Unsealable

    def run(data: bytes) -> None:
        with suppress(Unsealable):
            Seal(Transparent(), SPNEGO).open(data)

    return run


def fragments() -> Run:
    from psbridge.emulator.engines.embedded.fragments import BadFragments, Defragmenter
    from psbridge.emulator.engines.pwsh.fragments import Assembly, pipeline_id, pipeline_state, pool_id

    def run(data: bytes) -> None:
        taken = Defragmenter()
        try:
            for start in range(0, len(data), 4000):
                taken.feed(data[start : start + 4000])
        except BadFragments:
            pass
        for reader in (pool_id, pipeline_id):
            try:
                reader(data)
            except ValueError:
                continue
        try:
            for _, message in Assembly().feed(uuid.UUID(int=1), data):
                pipeline_state(message)
        except ValueError:
            return

    return run


def pipeline() -> Run:
    """A whole message that begins a pipeline; what psrpcore makes of it is looked at too, what runs is not."""
    from psbridge.emulator.engines.embedded import BadFragments
    from psbridge.emulator.engines.embedded.pipeline_queue import PipelineQueue
    from tests.support.clients.embedded import Client, FakeStamp

    client = Client(FakeStamp())
    PipelineQueue.put = lambda *_: None  # type: ignore[method-assign]  # no threads here

    def run(data: bytes) -> None:
        ident = uuid.uuid4()
        whole = struct.pack("<II", 2, 0x21006) + client.pool.runspace_pool_id.bytes_le + ident.bytes_le + data
        with suppress(BadFragments):
            client.runspace.command(ident, struct.pack(">QQBI", 7, 0, 3, len(whole)) + whole)
        client.runspace.close_command(ident)

    return run


def rules() -> Run:
    from psbridge.emulator.faults.rules import parse_fault

    def run(data: bytes) -> None:
        try:
            parse_fault(data.decode("utf-8", "replace"))
        except ValueError:
            return

    return run


def lines() -> Run:
    from psbridge.emulator.engines.pwsh.framing import parse

    return lambda data: (parse(data), None)[1]


# -- what they begin with


def soap_seeds() -> Iterator[bytes]:
    from tests.emulator.wsman.test_hostile_wsman import SOUND

    yield from SOUND


def http_seeds() -> Iterator[bytes]:
    from tests.emulator.wsman.test_hostile_http import CHUNKED, LOGIN, SMUGGLING, post, whole

    yield from SMUGGLING.values()
    yield whole()
    yield post(LOGIN, "Transfer-Encoding: chunked", body=CHUNKED)


def seal_seeds() -> Iterator[bytes]:
    from psbridge.emulator.auth.sealing import CREDSSP, SPNEGO, Seal

    yield Seal(Transparent(), SPNEGO).close(b"<s:Envelope/>")[1]
    yield Seal(Transparent(), CREDSSP).close(b"<s:Envelope/>" * 2000)[1]


def pipeline_seeds() -> Iterator[bytes]:
    from tests.support.clients.embedded import Client, FakeStamp, cmdlet

    client = Client(FakeStamp())
    sent: list[bytes] = []
    client.runspace.command = lambda _, data: sent.append(data)  # type: ignore[method-assign]  # to look at what is sent
    client.start(cmdlet("Get-AzsBackup", Location="redmond"), cmdlet("Get-Command", Name=["a", "b"]))
    yield sent[0][61:]


def line_seeds() -> Iterator[bytes]:
    ident = "00000000-0000-0000-0000-000000000000"
    yield f"<Data Stream='Default' PSGuid='{ident}'>AAAA</Data>\n".encode()
    yield f"<CommandAck PSGuid='{ident}' />\n".encode()


@dataclass(frozen=True)
class Reader:
    make: Callable[[], Run]
    seeds: Callable[[], Iterator[bytes]]


READERS = {
    "clixml": Reader(clixml, engine_messages),
    "integrity": Reader(integrity, lambda: map(fragmented, engine_messages())),
    "http": Reader(http, http_seeds),
    "soap": Reader(soap, soap_seeds),
    "seal": Reader(seal, seal_seeds),
    "fragments": Reader(fragments, lambda: map(fragmented, engine_messages())),
    "pipeline": Reader(pipeline, pipeline_seeds),
    "rules": Reader(rules, lambda: iter((b"receive:2:reset-after", b"*:*/3:delay=0.5", b"tcp:1-2:banner"))),
    "lines": Reader(lines, line_seeds),
}


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one reader in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["psbridge", "psrpcore"]):
        run = READERS[name].make()
    folder = FOLDER / name
    argv = [
        sys.argv[0],
        str(folder / "corpus"),
        f"-max_total_time={seconds}",
        f"-timeout={TIMEOUT}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=0",
        "-verbosity=0",
    ]
    atheris.Setup(argv, run)
    atheris.Fuzz()


def sow(name: str) -> None:
    """Write what a reader begins with."""
    corpus = FOLDER / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(READERS[name].seeds()):
        if len(data) <= LONGEST:
            (corpus / f"seed-{number}").write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(
        "scripts/fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "readers", nargs="*", metavar="READER", help=f"one or more of {', '.join(READERS)} (default: all)"
    )
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="seconds per reader (default: 60)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    unknown = set(chosen.readers) - set(READERS)
    if unknown:
        parser.error(f"unknown reader {', '.join(sorted(unknown))}; expected one of {', '.join(READERS)}")
    sys.path.insert(0, str(ROOT))
    if chosen.here:
        fuzz(chosen.readers[0], chosen.seconds)
    failed = []
    for name in chosen.readers or READERS:
        sow(name)
        command = [sys.executable, __file__, name, "--here", "--seconds", str(chosen.seconds)]
        done = subprocess.run(
            command, cwd=ROOT, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            failed.append(name)
            print(done.stdout[-5000:])
        inputs = len(list((FOLDER / name / "corpus").iterdir()))
        print(f"{name:10} {'FAILED' if name in failed else 'ok'}, {inputs} distinct inputs")
    if failed:
        print(f"see {', '.join(str(FOLDER / name) for name in failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

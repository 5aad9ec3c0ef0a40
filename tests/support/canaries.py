"""Texts that stand for secrets, and the search for them in what psbridge wrote, in every encoding that it could take."""

from __future__ import annotations

import base64
import gzip
import io
import secrets
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_ODD: Final = '%&<"ü\\'
"""What URLs, XML, JSON and shells write in another way."""


def _core() -> str:
    """Return a text that none of them changes, and that occurs nowhere by chance."""
    return f"Cn{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Canary:
    """A secret that must not be seen.

    Attributes:
        core: the part of it that is searched, ten characters at its begin and end, so that a part of it is found too;
            encodings of text leave it as it is.
    """

    name: str
    core: str = field(default_factory=_core)

    @property
    def text(self) -> str:
        """The secret, with characters that have to be escaped."""
        return f"{self.core}{_ODD}{self.core}"

    @property
    def in_url(self) -> str:
        """The secret where a URL needs no escaping."""
        return self.core

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """Yield each encoding with the bytes to search; hexadecimal digits in lower case."""
        wide = self.core.encode("utf-16-le")
        for name, data in (("UTF-8", self.core.encode()), ("UTF-16", wide)):
            yield f"plain {name}", data
            yield from ((f"base64 of {name}", part) for part in _base64(data))
            yield from ((f"URL-safe base64 of {name}", part) for part in _base64(data, b"-_"))
            yield f"hex of {name}", data.hex().encode()
            yield f"reversed hex of {name}", data.hex()[::-1].encode()
            yield f"hex of reversed {name}", data[::-1].hex().encode()
        yield "reversed", self.core[::-1].encode()
        yield "URL-encoded", "".join(f"%{byte:02x}" for byte in self.core.encode()).encode()
        yield "JSON-escaped", "".join(f"\\u{ord(each):04x}" for each in self.core).encode()


def _base64(data: bytes, other: bytes = b"+/") -> Iterator[bytes]:
    """Yield what stays of a text in base64, wherever it begins in the encoded bytes."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + data, other)
        first = -(-shift * 8 // 6)
        yield whole[first : (shift + len(data)) * 8 // 6]


def found(data: bytes, canaries: Iterable[Canary]) -> list[str]:
    """Return what of the canaries is in some bytes, and how it is written there."""
    lower = data.lower()
    hits = []
    for canary in canaries:
        for name, form in canary.forms():
            exact = "base64" in name or "plain" in name or name == "reversed"
            if form in (data if exact else lower):
                hits.append(f"{canary.name}: {name}")
    return hits


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a file's name and bytes, and those of what is packed in it."""
    data = path.read_bytes()
    yield str(path), data
    yield from ((f"{path}!{name}", part) for name, part in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield from ((name, packed.read(name)) for name in packed.namelist())
    elif data.startswith(b"\x1f\x8b"):
        inner = gzip.decompress(data)
        yield "gunzipped", inner
        yield from _unpacked(inner)
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            for member in packed.getmembers():
                file = packed.extractfile(member)
                yield member.name, file.read() if file else b""


def leaks(folder: Path, texts: Mapping[str, str], canaries: Iterable[Canary], inputs: Iterable[Path]) -> list[str]:
    """Return where a canary is: in texts by their names, and in all files of a folder but those that hold the secrets."""
    canaries, given = tuple(canaries), set(inputs)
    parts = [(name, text.encode("utf-8", "surrogateescape")) for name, text in texts.items()]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in given:
            parts += contents(path)
    hits = [f"{name}: {hit}" for name, data in parts for hit in found(data, canaries)]
    return hits + [f"{name}: {hit}, in its name" for name, _ in parts for hit in found(name.encode(), canaries)]

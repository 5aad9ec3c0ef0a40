"""The search for canaries finds each encoding, wherever it begins, and in packed files."""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.canaries import Canary, found, leaks

CANARY = Canary("secret")
TEXT = CANARY.text
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "UTF-16BE": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 of user:secret": lambda text: base64.b64encode(f"user1:{text}".encode()),
    "base64 at the third byte": lambda text: base64.b64encode(f"12{text}".encode()),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")),
    "URL-safe base64": lambda text: base64.urlsafe_b64encode(text.encode()),
    "URL": lambda text: quote(text).encode(),
    "URL of all": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON of all": lambda text: "".join(f"\\u{ord(each):04X}" for each in text).encode(),
    "repr": lambda text: repr(text).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex of UTF-16": lambda text: text.encode("utf-16-le").hex().upper().encode(),
    "reversed hex of UTF-16": lambda text: text.encode("utf-16-le").hex()[::-1].encode(),
    "hex of reversed UTF-16": lambda text: text.encode("utf-16-le")[::-1].hex().encode(),
    "reversed": lambda text: text[::-1].encode(),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=list(ENCODINGS))
def test_each_encoding_is_found(encode: Callable[[str], bytes]) -> None:
    assert found(b"before " + encode(TEXT) + b" after", [CANARY, Canary("another")])


def test_what_holds_no_canary_is_clean() -> None:
    assert found(b"Cn Ry " + base64.b64encode(bytes(range(256))), [CANARY]) == []


def test_packed_files_and_names_are_searched_and_inputs_are_not(tmp_path: Path) -> None:
    (tmp_path / "log.gz").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("config.yaml", TEXT)
    (given := tmp_path / "given").write_text(TEXT)
    (tmp_path / CANARY.core).touch()
    hits = leaks(tmp_path, {"stdout": "nothing"}, [CANARY], [given])
    assert len(hits) == 3
    assert {hit.rpartition("/")[2].split(":")[0] for hit in hits} == {
        "log.gz!gunzipped",
        "bundle.zip!config.yaml",
        CANARY.core,
    }

"""The readers of scripts/fuzz, without the fuzzer: each takes what it begins with, and damaged forms of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("clixml", "integrity", "http", "soap", "seal", "fragments", "pipeline", "rules", "lines")


@pytest.fixture(scope="module")
def fuzzing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzzing", ROOT / "scripts" / "_fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzzing"] = module  # its dataclass looks its module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_accepts_its_seeds(fuzzing: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "psbridge.emulator.engines.embedded.pipeline_queue.PipelineQueue.put", lambda *_: None
    )  # put back what the reader replaces
    reader = fuzzing.READERS[name]
    run = reader.make()
    seeds = list(reader.seeds())
    assert seeds
    for data in seeds[:40]:
        for damaged in (data, data[: len(data) // 2], data[1:], data.replace(b"1", b"-1"), data + data):
            run(damaged)


def test_every_reader_is_tried(fuzzing: ModuleType) -> None:
    assert set(fuzzing.READERS) == set(NAMES)

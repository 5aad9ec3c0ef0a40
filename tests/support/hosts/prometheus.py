"""A real Prometheus that scrapes a real node exporter, whose textfile collector reads a folder of the test.

Both are Debian's programs (prometheus, prometheus-node-exporter), on ports of the loopback that the system chooses.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.process.until import LONG, until

_TOOLS = ("prometheus", "promtool", "prometheus-node-exporter")
_CONFIG = """\
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
  evaluation_interval: 500ms
rule_files: [psbridge-alerts.yml]
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["{exporter}"]
"""


def missing() -> str:
    """Return which programs the machine lacks, '' if none."""
    return ", ".join(tool for tool in _TOOLS if not shutil.which(tool))


def promtool(*words: str, given: bytes = b"", folder: Path | None = None) -> str:
    """Run promtool, and return what it wrote; it must succeed."""
    done = subprocess.run(["promtool", *words], input=given, capture_output=True, cwd=folder, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


@dataclass(frozen=True, slots=True)
class Monitoring:
    """A node exporter and a Prometheus that scrapes it twice a second.

    On a busy machine a scrape may take too long, and its series are gone until the next. So a test waits for what a query
    gives, and asserts nothing about the moment after.

    Attributes:
        folder: the textfile collector's folder.
    """

    folder: Path
    exporter: str
    server: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression gives now; `value` of each is a number."""
        found = self._api("query", query=expression)["result"]
        return [{**it["metric"], "value": float(it["value"][1])} for it in found]

    def value(self, expression: str) -> float | None:
        """Return the value of the one series that an expression gives now; None if it gives none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0]["value"] if found else None

    def rules(self) -> list[dict[str, Any]]:
        """Return the alert rules as Prometheus has loaded and evaluated them."""
        return [rule for group in self._api("rules")["groups"] for rule in group["rules"]]

    def scraped(self) -> str:
        """Return what the node exporter serves."""
        with urllib.request.urlopen(f"http://{self.exporter}/metrics", timeout=LONG) as answer:
            return str(answer.read().decode())

    def _api(self, path: str, **given: str) -> Any:
        url = f"http://{self.server}/api/v1/{path}?{urllib.parse.urlencode(given)}"
        try:
            with urllib.request.urlopen(url, timeout=LONG) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"{given}: {problem.read().decode()}") from None
        assert found["status"] == "success"
        return found["data"]


@contextmanager
def monitoring(folder: Path, rules: Path) -> Iterator[Monitoring]:
    """Run both for the body, with these alert rules."""
    textfiles = folder / "textfiles"
    textfiles.mkdir()
    (folder / "psbridge-alerts.yml").write_bytes(rules.read_bytes())
    only = ("--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={textfiles}")
    with _serving(folder, "prometheus-node-exporter", *only) as exporter:
        (config := folder / "prometheus.yml").write_text(_CONFIG.format(exporter=exporter))
        words = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}")
        with _serving(folder, "prometheus", *words) as server:
            made = Monitoring(textfiles, exporter, server)
            until(lambda: _ready(server))
            until(lambda: made.value("up") == 1)
            yield made


@contextmanager
def _serving(folder: Path, program: str, *words: str) -> Iterator[str]:
    """Run a server for the body, and yield the address that it listens on, which it logs."""
    log = folder / f"{program}.log"
    with log.open("wb") as out:
        command = [program, *words, "--web.listen-address=127.0.0.1:0"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder)
    try:
        until(lambda: process.poll() is not None or _address(log))
        assert process.poll() is None, log.read_text()
        yield _address(log)
    finally:
        process.terminate()
        try:
            process.wait(LONG)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(server: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{server}/-/ready", timeout=LONG) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False  # 503 while it loads


def _address(log: Path) -> str:
    found = re.search(r'msg="Listening on" address=(127\.0\.0\.1:[1-9]\d*)', log.read_text())
    return found[1] if found else ""

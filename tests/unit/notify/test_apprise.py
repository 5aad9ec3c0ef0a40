"""Messages by Apprise, in its process: to the same server as the pings, by the scheme `json://`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from psbridge.clock import SystemClock
from psbridge.models.notify import NoticeEvent
from psbridge.models.secret import Secret
from psbridge.notify import apprise, apprise_child
from psbridge.notify.apprise import Request, environment
from psbridge.notify.delivery import Attempt, Way, deliver
from psbridge.notify.message import Message
from tests.support.hosts.ping_server import absent, floods, hangs, ping_server, says

HIDDEN = "hunter2-Zz"
LONG = 120.0
MESSAGE = Message("psbridge: redmond: the backup failed", "line one\nline two: ü", "", NoticeEvent.FAILED)


def sent(url: str, seconds: float = LONG, proxy: str | None = None) -> str | None:
    """Send the message and return why it did not arrive; None if it did."""

    def send(attempt: Attempt) -> None:
        apprise.send(Request(Secret(url), MESSAGE, proxy), attempt, pause=0.0)

    (outcome,) = deliver([Way("apprise ops", send)], SystemClock(), seconds)
    assert HIDDEN not in repr(outcome)
    return outcome.why


def outcome_of(url: str, **more: object) -> dict[str, object]:
    told = {"url": url, "title": "t", "body": "b", "type": "failure", **more}
    return apprise_child.send(told)


@pytest.mark.sweep
def test_a_message_arrives_with_its_title_text_and_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://localhost:{absent()}")
    with ping_server() as server:
        assert sent(f"json://me:{HIDDEN}@localhost:{server.port}/a") is None
    (request,) = server.requests
    assert (request.json["title"], request.json["message"], request.json["type"]) == (
        "psbridge: redmond: the backup failed",
        "line one\nline two: ü",
        "failure",
    )


@pytest.mark.sweep
@pytest.mark.parametrize("answer", [hangs, floods])
def test_a_service_that_never_ends_is_given_up_with_its_process(answer, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*given: object, **more: object) -> subprocess.Popen[bytes]:
        started.append(real(*given, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    with ping_server(answer) as server:
        assert sent(f"json://localhost:{server.port}/{HIDDEN}", 8.0) in {
            "timed out after 8s",
            "the service did not take the message",
        }
    assert started[0].wait(LONG) is not None


@pytest.mark.sweep
def test_the_proxy_is_that_of_the_config() -> None:
    with ping_server(says(502)) as proxy:
        assert sent("json://hc.contoso.com/a", proxy=f"http://localhost:{proxy.port}") is not None
    assert "http://hc.contoso.com" in proxy.requests[0].line


def test_the_process_gets_no_proxy_no_netrc_and_no_password() -> None:
    given = {
        "PATH": "/bin", "LC_ALL": "C", "HOME": "/h", "http_proxy": "http://p", "HTTPS_PROXY": "http://p",
        "ALL_PROXY": "http://p", "NETRC": "/n", "REQUESTS_CA_BUNDLE": "/c", "NYC_PASSWORD": HIDDEN,
    }  # fmt: skip
    made = environment(given, None)
    assert {name: made[name] for name in given if name in made} == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOME": "/h",
        "NETRC": os.devnull,
    }
    assert environment(given, "http://proxy:3128")["https_proxy"] == "http://proxy:3128"


def test_the_url_stands_in_no_list_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def popen(*given: object, **more: object) -> None:
        seen.extend([given, more])
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", popen)
    why = sent(f"json://localhost/{HIDDEN}")
    assert why == "a process for Apprise can't be started: Resource temporarily unavailable"
    assert HIDDEN not in repr(seen)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"outcome": "missing"}, "psbridge[notify]"),
        ({"outcome": "unsupported"}, "does not support this URL"),
        ({"outcome": "failed", "status": 401}, "the service answered HTTP 401"),
        ({"outcome": "failed", "status": None}, "did not take the message"),
        ({}, "did not take the message"),
    ],
)
def test_an_outcome_is_named_and_not_tried_again(
    said: dict[str, object], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(apprise, "_once", lambda *_: tried.append(1) or said)
    assert why in str(sent("json://a"))
    assert len(tried) == 1


def test_what_did_not_leave_this_machine_is_sent_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = [{"outcome": "unreached"}, {"outcome": "sent"}]
    monkeypatch.setattr(apprise, "_once", lambda *_: tried.pop(0))
    assert sent("json://a") is None
    assert tried == []


@pytest.mark.sweep
def test_the_library_says_what_became_of_a_message_and_no_url_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ping_server(says(500)) as server:
        assert outcome_of(f"json://localhost:{server.port}/{HIDDEN}") == {"outcome": "failed", "status": 500}
    assert outcome_of(f"json://localhost:{absent()}/{HIDDEN}") == {"outcome": "unreached", "status": None}
    assert outcome_of(f"json://{HIDDEN}.invalid/a") == {"outcome": "unreached", "status": None}
    assert outcome_of(f"nosuch://{HIDDEN}") == {"outcome": "unsupported"}
    with ping_server() as server:
        assert outcome_of(f"json://localhost:{server.port}") == {"outcome": "sent"}


def test_a_machine_without_the_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert outcome_of("json://a") == {"outcome": "missing"}


def test_the_process_is_bounded_in_memory_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import resource, signal, sys\n"
        "from psbridge.notify import apprise_child\n"
        "def send(told):\n"
        "    limits = resource.getrlimit(resource.RLIMIT_AS)[0], signal.getitimer(signal.ITIMER_REAL)[0]\n"
        "    print('noise of the library')\n"
        "    return {'memory': limits[0], 'seconds': limits[1] > 100}\n"
        "apprise_child.send = send\n"
        "apprise_child.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input='{"seconds": 300}', capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"memory": 2 << 30, "seconds": True}

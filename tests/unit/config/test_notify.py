"""`notify` of the config: wrong keys at their lines, layers key by key, URLs read late and never shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from psbridge.config.load import Config, load
from psbridge.config.notify import resolve_notify
from psbridge.config.show import show
from psbridge.config.validate import check_here
from psbridge.documents.encoding import to_plain
from psbridge.errors import ConfigError
from psbridge.models.notify import Notify

HIDDEN = "hunter2-Zz"
PING = f"https://hc-ping.com/{HIDDEN}"
DEFAULTS = """\
version: 1
defaults:
  notify:
    apprise:
      - {url: {env: OPS}, label: ops}
      - url: {file: ops.apprise}
        events: failed
    repeat: 1h
targets:
"""
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def notify_of(config: Config, name: str = "nyc") -> Notify:
    return resolve_notify(config.notify(name), config.env, config.path, lambda _: None)


def problems(config: Config) -> list[str]:
    found, _ = check_here(config, config.targets, NOW)
    return [str(each) for each in found if "notify" in str(each.key)]


def test_a_target_goes_over_defaults_key_by_key(write) -> None:
    text = DEFAULTS + f"  nyc: {{host: a, notify: {{healthchecks: {{url: '{PING}', create: yes}}}}}}\n"
    found = notify_of(load(write(text), {"OPS": "json://x"}))
    assert found.healthchecks is not None
    assert (found.healthchecks.url(1.0).reveal(), found.healthchecks.create) == (PING, True)
    assert [(it.label, [str(event) for event in it.events]) for it in found.apprise] == [
        ("ops", ["failed", "partial", "stale", "ambiguous", "recovered"]),
        ("service 2", ["failed"]),
    ]
    assert found.apprise[0].url(1.0).reveal() == "json://x"
    assert (found.timeout, found.repeat, found.proxy) == (10.0, 3600.0, None)


def test_an_empty_list_turns_the_services_of_defaults_off(write) -> None:
    found = notify_of(load(write(DEFAULTS + "  nyc: {host: a, notify: {apprise: []}}\n"), {}))
    assert (found.apprise, found.repeat, found.configured) == ((), 3600.0, False)


def test_an_empty_mapping_turns_everything_of_defaults_off(write) -> None:
    found = notify_of(load(write(DEFAULTS + "  nyc: {host: a, notify: {}}\n"), {}))
    assert (found.configured, found.repeat) == (False, 72_000.0)


def test_show_names_the_line_of_what_defaults_give(write) -> None:
    text = DEFAULTS + f"  nyc: {{host: a, notify: {{healthchecks: {{url: '{PING}'}}}}}}\n"
    origins = show(load(path := write(text), {}), origin=True).origins
    assert origins is not None
    assert origins["targets.nyc.notify"] == f"{path}:10"
    assert origins["targets.nyc.notify.apprise"] == f"{path}:4"


def test_demo_is_never_notified_about(write) -> None:
    assert not notify_of(load(write(DEFAULTS + "  nyc: {host: a}\n"), {}), "demo").configured


def test_what_is_wrong_is_named_with_its_line_and_without_its_text(write) -> None:
    text = f"""\
    version: 1
    targets:
      nyc:
        host: a
        notify:
          healthchecks: {{url: {HIDDEN}}}
          apprise:
            - url: {HIDDEN}
            - {{evnts: [failed], url: {{env: X}}}}
            - {{url: {{env: X}}, events: [failed, steal]}}
            - {HIDDEN}
            - {{events: [failed]}}
          timeout: never
          proxi: http://a
    """
    found = load(write(text), {}).problems
    assert [(it.line, it.key, it.nearest) for it in found] == [
        (6, "targets.nyc.notify.healthchecks.url", None),
        (8, "targets.nyc.notify.apprise.0.url", None),
        (9, "targets.nyc.notify.apprise.1.evnts", "events"),
        (10, "targets.nyc.notify.apprise.2.events.1", "stale"),
        (11, "targets.nyc.notify.apprise.3", None),
        (12, "targets.nyc.notify.apprise.4.url", None),
        (13, "targets.nyc.notify.timeout", None),
        (14, "targets.nyc.notify.proxi", "proxy"),
    ]
    assert HIDDEN not in "".join(map(str, found))


@pytest.mark.parametrize("apprise", ["{url: {env: X}}", "text", "[[]]"])
def test_services_are_a_list_of_mappings(write, apprise: str) -> None:
    text = f"version: 1\ntargets:\n  nyc: {{host: a, notify: {{apprise: {apprise}}}}}\n"
    (found,) = load(write(text), {}).problems
    assert str(found.key).startswith("targets.nyc.notify.apprise")


def test_a_url_is_read_late_and_a_wrong_one_is_not_repeated(write) -> None:
    write("first\nsecond\n", "ops.apprise")
    found = notify_of(load(write(DEFAULTS + "  nyc: {host: a}\n"), {"OPS": HIDDEN}))
    for service, said in zip(found.apprise, ("is not an Apprise URL", "more than one line"), strict=True):
        with pytest.raises(ConfigError, match=said) as caught:
            service.url(1.0)
        assert HIDDEN not in str(caught.value)


def test_validate_checks_each_url_that_no_command_writes(write) -> None:
    text = DEFAULTS + "  nyc: {host: a, notify: {healthchecks: {url: {command: [pass, show, x]}}}}\n"
    config = load(write(text), {"OPS": HIDDEN})
    _, unchecked = check_here(config, config.targets, NOW)
    assert "targets.nyc.notify.healthchecks.url: the command was not run" in unchecked
    first, second = problems(config)
    assert ":5: " in first
    assert "defaults.notify.apprise.0.url: what was read is not an Apprise URL" in first
    assert ":6: " in second
    assert "ops.apprise" in second


def test_validate_names_the_extra_that_is_missing(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    write("json://x\n", "ops.apprise")
    (said,) = problems(load(write(DEFAULTS + "  nyc: {host: a}\n"), {"OPS": "json://x"}))
    assert "psbridge[notify]" in said


def test_a_ping_url_may_stand_in_a_private_config_and_an_apprise_url_costs_a_warning(write) -> None:
    text = f"""\
    version: 1
    targets:
      nyc: {{host: a, notify: {{healthchecks: {{url: '{PING}'}}, apprise: [{{url: 'json://{HIDDEN}'}}]}}}}
    """
    (private,) = load(write(text), {}).warnings
    assert private.key == "targets.nyc.notify.apprise.0.url"
    readable = load(write(text, mode=0o644), {}).warnings
    assert [(it.line, it.key) for it in readable] == [
        (3, "targets.nyc.notify.healthchecks.url"),
        (3, "targets.nyc.notify.apprise.0.url"),
    ]


def test_show_names_where_a_url_is_and_never_its_text(write) -> None:
    text = DEFAULTS.replace("{env: OPS}", f"'json://{HIDDEN}'")
    config = load(write(text + f"  nyc: {{host: a, notify: {{healthchecks: {{url: '{PING}'}}}}}}\n"), {})
    plain = to_plain(show(config))
    assert HIDDEN not in json.dumps(plain)
    assert plain["targets"]["nyc"]["notify"] == {
        "healthchecks": {"url": "***", "create": False},
        "apprise": {
            "ops": {"url": "***", "events": ["failed", "partial", "stale", "ambiguous", "recovered"]},
            "service 2": {"url": {"file": "ops.apprise"}, "events": ["failed"]},
        },
        "timeout": "10s",
        "repeat": "1h",
    }
    assert HIDDEN not in repr(config)

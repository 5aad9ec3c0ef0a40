"""The config: every problem at once and at its line, trusted files only, layers with their origins."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge import yamlfile
from psbridge.config import files
from psbridge.config.load import load
from psbridge.config.resolve import outline, resolve
from psbridge.config.sample import SAMPLE
from psbridge.config.schema import BUILT_IN, CHECKS, json_schema
from psbridge.config.secrets import FromEnv, FromFile
from psbridge.config.sign_in import SignInConfig
from psbridge.errors import ConfigError, PsbridgeError
from psbridge.models.connection import Endpoint, Tls
from psbridge.models.target import INFERRED_CHECKS, Target
from tests.support import tiers

HEAD = "version: 1\ntargets:\n"
SIGN_IN = (
    "{environment: e, arm_endpoint: 'https://a', tenant: t, "
    "service_principal: {application_id: 00000000-0000-0000-0000-000000000000}}"
)
ONE = HEAD + "  nyc: {host: oaw01, location: redmond}\n"


def problems_of(path: Path, env: dict[str, str] | None = None) -> list[dict]:
    """Return all that is wrong, whether it concerns the whole file or one target."""
    try:
        found = load(path, env or {})
    except ConfigError as refused:
        assert refused.exit_code == 9  # noqa: PT017 - a file whose targets alone are wrong loads
        return refused.detail["problems"]
    assert found.problems
    with pytest.raises(ConfigError) as caught:
        resolve(found, next(iter(found.invalid)))
    assert caught.value.exit_code == 9
    return [problem.plain() for problem in found.problems]


def test_without_a_file_the_config_is_empty_and_demo_exists(folder: Path) -> None:
    found = load(None, {"XDG_CONFIG_HOME": str(folder)}, system=folder / "none")
    assert (found.path, found.names) == (None, ())
    target = resolve(found, "demo")
    assert target.emulated
    assert (target.policy.poll, target.policy.settle, target.policy.timeout) == (1.0, 2.0, 7200.0)


def test_the_search_is_flag_then_variable_then_user_then_machine(write, folder: Path) -> None:
    flag, variable, system = write(ONE, "a.yaml"), write(ONE, "b.yaml"), write(ONE, "c.yaml")
    (folder / "psbridge").mkdir(mode=0o755)
    user = write(ONE, "psbridge/config.yaml")
    home, named = {"XDG_CONFIG_HOME": str(folder)}, {"PSBRIDGE_CONFIG": str(variable)}
    assert load(flag, home | named, system=system).path == flag
    assert load(None, home | named, system=system).path == variable
    assert load(None, home, system=system).path == user
    user.unlink()
    assert load(None, home, system=system).path == system


def test_a_named_file_must_exist(folder: Path) -> None:
    assert "No such file" in problems_of(folder / "gone.yaml")[0]["message"]
    with pytest.raises(ConfigError) as caught:
        load(None, {"PSBRIDGE_CONFIG": str(folder / "gone.yaml")})
    assert caught.value.hint == "Correct the path, or write a config there: psbridge config init"


def test_a_config_that_is_no_file_leads_to_another(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(folder, {})
    assert caught.value.hint == "Name a file that this user can read, with --config or PSBRIDGE_CONFIG."


def test_every_problem_is_reported_at_once_with_line_expectation_and_nearest_key(write) -> None:
    path = write("""\
        version: 1
        defaults: {pol: 30s, timeout: 1:30, auth: kerberus}
        targets:
          nyc:
            host: https://oaw01
            prt: 5986
            port: 70000
            location: a/b
            tls: {verfy: true}
            require_recovery_ready: maybe
          demo: {host: a}
        """)
    found = {(p["line"], p["key"]): p for p in problems_of(path)}
    assert list(found) == [
        (2, "defaults.timeout"),
        (2, "defaults.auth"),
        (2, "defaults.pol"),
        (5, "targets.nyc.host"),
        (6, "targets.nyc.prt"),
        (7, "targets.nyc.port"),
        (8, "targets.nyc.location"),
        (9, "targets.nyc.tls.verfy"),
        (10, "targets.nyc.require_recovery_ready"),
        (11, "targets.demo"),
    ]
    nearest = {p["key"]: p["nearest"] for p in found.values() if p["nearest"]}
    assert nearest == {
        "defaults.auth": "kerberos",
        "defaults.pol": "poll",
        "targets.nyc.prt": "port",
        "targets.nyc.tls.verfy": "verify",
    }
    assert {p["file"] for p in found.values()} == {str(path)}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("- a\n- b\n", 1, "mapping"),
        ("version: 1\ntargets:\n\tnyc: {host: a}\n", 3, "tab"),
        ("version: 1\ntargets: {nyc: {host: a}\n", None, "not YAML"),
        (HEAD + "  nyc: {host: a}\n  nyc: {host: b}\n", 4, "line 3"),
        (HEAD + "  nyc:\n    host: a\n    port: 1\n    host: b\n", 6, "line 4"),
        ("version: 1\nx: " + "[" * 5000 + "]" * 5000, 2, "deeper"),
        ("version: 1\nx: !!python/object/apply:os.system [ls]\n", 2, "unknown key"),
        ("version: 1\nx: &a [*a]\n", None, ""),
        ('version: 1\nx: "\\UFFFFFFFF"\n', None, "not YAML"),
        ("version: 1\nx: 2020-99-99\n", 2, "unknown key"),
        ("version: 1\x00", None, "not YAML"),
        ("version: 2\n", 1, "expected 1"),
        ("targets: {}\n", None, "missing"),
        ("version: 1\ntargets: [a]\n", 2, "mapping"),
        ("version: 1\ntargets: {nyc: oaw01}\n", 2, "mapping"),
        ("version: 1\n[a]: b\n", 2, "word"),
    ],
)
def test_broken_yaml_is_a_config_error_with_its_line(write, text: str, line: int | None, said: str) -> None:
    path = write("")
    path.write_text(text)
    found = problems_of(path)
    assert any(said in p["message"] for p in found)
    assert line is None or line in {p["line"] for p in found}


def test_an_alias_bomb_is_refused(write) -> None:
    levels = "\n".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(9))
    assert "aliases" in problems_of(write("version: 1\na0: &a0 [x]\n" + levels))[0]["message"]


def test_a_problem_behind_an_alias_is_reported_for_each_target(write) -> None:
    path = write(HEAD + "  a: {host: x, tls: &t {verify: false, verify: true}}\n  b: {host: y, tls: *t}\n")
    assert [(p["line"], p["key"]) for p in problems_of(path)] == [
        (3, "targets.a.tls.verify"),
        (3, "targets.b.tls.verify"),
    ]
    assert load(path, {}).targets == {}


@pytest.mark.parametrize("key", ["location", "username", "service", "service_host", "expect_deployment_id", "host"])
def test_a_value_with_a_final_newline_is_a_different_value(write, key: str) -> None:
    value = "00000000-0000-0000-0000-000000000000" if key == "expect_deployment_id" else "a"
    others = "" if key == "host" else "host: b, "
    assert not load(write(HEAD + f"  nyc: {{{others}{key}: '{value}'}}\n"), {}).invalid
    (found,) = problems_of(write(HEAD + f'  nyc: {{{others}{key}: "{value}\\n"}}\n'))
    assert found["message"].startswith("expected ")


def test_a_value_of_each_type_is_read(write) -> None:
    path = write(
        HEAD + f"  nyc: {{host: [a, b], port: 1, poll: PT1M, auth: ntlm, username: u, password: {{env: X}}, tls: yes,\n"
        f"    inferred_checks: {{readiness: warn}}, sign_in: {SIGN_IN.replace('}}', ', secret: {file: f}}}')}}}\n"
    )
    values = {key: value.value for key, value in load(path, {}).targets["nyc"].items()}
    assert values == {
        "host": ["a", "b"],
        "port": 1,
        "poll": 60.0,
        "auth": "ntlm",
        "username": "u",
        "password": FromEnv("X"),
        "tls": Tls(),
        "inferred_checks": {"readiness": "warn"},
        "sign_in": SignInConfig("e", "https://a", "t", "00000000-0000-0000-0000-000000000000", FromFile("f")),
    }


def test_an_alias_may_share_values(write) -> None:
    text = HEAD + "  a: {host: x, tls: &t {verify: false}}\n  b: {host: y, tls: *t}\n"
    assert not outline(load(write(text), {}), "b").endpoints[0].tls.verify


def test_bytes_that_are_not_utf_8_are_reported_with_their_line(write) -> None:
    path = write("")
    path.write_bytes(b"version: 1\n# \xff\n")
    assert problems_of(path)[0]["line"] == 2


def test_a_huge_file_and_a_folder_are_refused(write, folder: Path) -> None:
    assert "larger" in problems_of(write("#" * 1_100_000))[0]["message"]
    assert "not a regular file" in problems_of(folder)[0]["message"]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_config_that_others_may_write_is_refused(write, mode: int) -> None:
    assert "others may write the config" in problems_of(write(ONE, mode=mode))[0]["message"]


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o703])
def test_a_config_in_a_folder_that_others_may_write_is_refused(write, folder: Path, mode: int) -> None:
    path = write(ONE)
    folder.chmod(mode)
    assert "folder of the config" in problems_of(path)[0]["message"]


def test_a_link_into_a_folder_that_others_may_write_is_refused(write, folder: Path) -> None:
    open_folder = folder / "open"
    open_folder.mkdir()
    write(ONE, "open/real.yaml")
    open_folder.chmod(0o777)
    link = folder / "link.yaml"
    link.symlink_to(open_folder / "real.yaml")
    assert "folder of the config" in problems_of(link)[0]["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_config_of_another_user_is_refused(write, folder: Path) -> None:
    path = write(ONE)
    os.chown(path, 12345, 12345)
    assert "neither this user nor root" in problems_of(path)[0]["message"]
    os.chown(path, 0, 0)
    os.chown(folder, 12345, 12345)
    assert "folder of the config" in problems_of(path)[0]["message"]


TENANTS = (
    "{environment: e, arm_endpoint: 'https://management.redmond.contoso.com', tenant: t, service_principal: "
    "{application_id: 00000000-0000-0000-0000-000000000000, secret: {file: f}}}"
)
BOTH = f", secret: {{file: f}}, certificate_thumbprint: {'ab' * 20}}}}}"


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("{host: a, auth: basic, username: u, tls: false}", "tls"),
        ("{host: a, auth: credssp, username: u, tls: {verify: false}}", "tls.verify"),
        ("{host: a, auth: basic}", "auth"),
        ("{host: a, tls: {client_cert: c}}", "tls.client_cert"),
        ("{host: a, auth: certificate}", "auth"),
        ("{host: a, auth: certificate, tls: {client_cert: c}, username: u, password: p}", "password"),
        ("{host: a, password: p}", "password"),
        ("{host: a, tls: {client_key: c}}", "tls.client_key"),
        ("{host: a, tls: {ca: c, verify: false}}", "tls.verify"),
        ("{host: 'a:5986'}", "host"),
        ("{host: [a, A]}", "host"),
        ("{host: []}", "host"),
        (f"{{host: a, sign_in: {SIGN_IN}}}", "sign_in.service_principal"),
        (f"{{host: a, sign_in: {TENANTS}}}", "sign_in"),
        (f"{{host: a, sign_in: {SIGN_IN.replace('}}', BOTH)}}}", "sign_in.service_principal"),
    ],
)
def test_contradictory_pairs_of_keys_are_refused(write, target: str, key: str) -> None:
    found = problems_of(write(HEAD + f"  nyc: {target}\n"))
    assert [(p["key"], p["line"]) for p in found] == [(f"targets.nyc.{key}", 3)]


def test_a_value_comes_from_flag_then_environment_then_target_then_defaults_then_built_in(write) -> None:
    path = write("version: 1\ndefaults: {poll: 11s}\ntargets:\n  nyc: {host: a, poll: 22s}\n  la: {host: a}\n")
    env = {"PSBRIDGE_POLL": "33s"}

    def poll(target: str, env: dict[str, str], flags: dict | None = None) -> tuple[float, str]:
        value = load(path, env).values(target, flags)["poll"]
        return value.value, value.origin

    assert poll("nyc", env, {"poll": 44.0}) == (44.0, "--poll")
    assert poll("nyc", env, {"poll": None}) == (33.0, "PSBRIDGE_POLL")
    assert poll("nyc", {}) == (22.0, f"{path}:4")
    assert poll("la", {}) == (11.0, f"{path}:2")
    path.write_text("version: 1\ntargets:\n  la: {host: a}\n")
    assert poll("la", {}) == (30.0, "built-in")


def test_connection_keys_are_set_by_the_targets_own_variables_only(write) -> None:
    env = {
        "PSBRIDGE_HOST": "evil",
        "PSBRIDGE_LOCATION": "evil",
        "PSBRIDGE_AUTH": "basic",
        "PSBRIDGE_TARGET_OTHER_HOST": "evil",
        "PSBRIDGE_TARGET_NYC_DR_HOST": "one, two",
        "PSBRIDGE_TARGET_NYC_DR_PORT": "7",
        "PSBRIDGE_TARGET_NYC_DR_TLS": "no",
    }
    found = load(write(HEAD + "  nyc: {host: a, location: b}\n  nyc-dr: {host: c}\n"), env)
    nyc, dr = outline(found, "nyc"), outline(found, "nyc-dr")
    assert (nyc.endpoints[0].host, nyc.location, nyc.endpoints[0].auth) == ("a", "b", "negotiate")
    assert [(e.host, e.port, e.tls) for e in dr.endpoints] == [("one", 7, None), ("two", 7, None)]
    strays = {p.key for p in found.warnings}
    assert {"PSBRIDGE_HOST", "PSBRIDGE_LOCATION", "PSBRIDGE_AUTH", "PSBRIDGE_TARGET_OTHER_HOST"} <= strays


def test_a_wrong_value_in_a_variable_is_named_by_the_variable(write) -> None:
    env = {"PSBRIDGE_TIMEOUT": "soon", "PSBRIDGE_TARGET_NYC_PORT": "http"}
    assert {p["key"] for p in problems_of(write(ONE), env)} == set(env)


def test_targets_that_share_their_variables_are_refused(write) -> None:
    assert "shares" in problems_of(write(HEAD + "  a-b: {host: x}\n  a_b: {host: y}\n"))[0]["message"]


def test_the_sample_is_valid_and_so_is_its_every_commented_key(write) -> None:
    assert load(write(SAMPLE), {}).names == ("redmond",)
    whole = []
    for line in SAMPLE.splitlines():
        bare = line.lstrip()
        is_key = bare.startswith("# ") and ":" in bare.split("#")[1].split(" ")[1 if bare[2] != " " else 3]
        whole.append(line.replace("# ", "", 1) if is_key and line.startswith(" ") else line)
    found = load(write("\n".join(whole)), {"REDMOND_SECRET": "s"})
    assert {"port", "sign_in", "module", "password"} <= set(found.targets["redmond"])
    said = {key: value.value for key, value in found.defaults.items() if key not in {"inferred_checks", "notify"}}
    assert said == {key: BUILT_IN[key] for key in said}


def test_each_comparison_that_rests_on_an_inference_can_be_turned_down_and_no_other() -> None:
    assert list(CHECKS.keys) == list(INFERRED_CHECKS)


def test_the_schema_for_editors_matches_its_golden_file() -> None:
    known = Path(__file__).parents[2] / "data" / "config-schema.json"
    assert json.dumps(json_schema(), indent=2) + "\n" == known.read_text()


def test_the_built_in_values_are_those_of_the_library(write) -> None:
    target = outline(load(write(HEAD + "  nyc: {host: a}\n"), {}), "nyc")
    plain = Target("nyc", (Endpoint("a", 5986, tls=Tls()),))
    assert target == plain


def test_the_schema_for_editors_is_valid_and_knows_every_key() -> None:
    import jsonschema

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    import yaml

    good = yaml.safe_load(SAMPLE)
    jsonschema.validate(good, schema)
    good["targets"]["redmond"]["prt"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good, schema)


keys = st.sampled_from(["version", "targets", "defaults", "host", "password", "tls", "sign_in", "port", "x", "demo"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=tiers.examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(value=st.dictionaries(keys, values, max_size=4))
def test_any_tree_of_values_loads_or_is_a_config_error(write, value: dict) -> None:
    import yaml

    path = write("")
    path.write_text(yaml.safe_dump(value, allow_unicode=False))
    try:
        load(path, {})
    except ConfigError as error:
        assert all(p["message"] for p in error.detail["problems"])  # noqa: PT017 - loading may also succeed


@settings(
    max_examples=tiers.examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(alphabet="ab:{}[]&*!|>'\"\\ \n\t#-,%@`1", max_size=60))
def test_any_text_loads_or_is_a_config_error_and_a_secret_in_it_is_never_repeated(write, text: str) -> None:
    path = write("")
    path.write_text(HEAD + "  nyc:\n    host: a\n    username: u\n    password: hunter2" + text + "\n")
    try:
        load(path, {})
    except PsbridgeError as error:
        assert "hunter2" not in repr(error) + str(error.detail)  # noqa: PT017 - loading may also succeed


def test_a_connection_variable_without_a_target_is_reported_with_the_right_name() -> None:
    from psbridge.config.layers import strays

    (found,) = strays({"PSBRIDGE_HOST": "oaw01"}, ["nyc"])
    assert "PSBRIDGE_TARGET_<NAME>_HOST" in found.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "  nyc:\n    host: a\n" + "".join(f"    k{n}: 1\n" for n in range(90_000)), "20000 keys and values"),
        (HEAD + "  nyc: {host: [" + "a," * 480_000 + "a]}\n", "20000 keys and values"),
        (HEAD + "  nyc: {" + "".join(f"k{n}: 1," for n in range(90_000)) + "}\n", "20000 keys and values"),
        (HEAD + "  nyc: {host: &a [x], x: [" + "*a," * 300_000 + "]}\n", "too many values: aliases"),
        (HEAD + "  nyc: [" + "a," * 480_000, "20000 keys and values"),
        ("---\n" * 250_000, "second document"),
    ],
    ids=["keys", "flow list", "flow mapping", "aliases", "a list without an end", "documents"],
)
def test_an_oversized_config_is_refused_before_it_is_read_to_its_end(write, mocker, text: str, said: str) -> None:
    events, taken = yamlfile._events, []
    mocker.patch.object(yamlfile, "_events", lambda *args: (taken.append(1) or event for event in events(*args)))
    (found,) = problems_of(write(text[: 1 << 20]))
    assert said in found["message"]
    assert len(taken) <= 20_020


def test_a_thousand_problems_are_counted_and_the_first_are_listed(write) -> None:
    found = problems_of(write(HEAD + "  nyc:\n    host: a\n" + "".join(f"    k{n}: 1\n" for n in range(1000))))
    assert len(found) == 101
    assert found[-1]["message"] == "900 more problems from here on"


def test_a_config_is_read_identically_without_libyaml(write, monkeypatch) -> None:
    import yaml

    text = HEAD + '  nyc: {host: a, location: "\\u0041", port: 0x10}\n  bos: &b {host: b}\n  sea: *b\n'
    path = write(text)
    quick = load(path, {})
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = load(path, {})
    assert (slow.targets, slow.invalid) == (quick.targets, quick.invalid)


def test_a_config_in_a_shared_folder_is_to_be_moved(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)  # as /tmp
    path = shared / "config.yaml"
    path.write_text("version: 1\n")
    path.chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        files.read(path, files.CONFIG)
    assert "others may write the folder of the config" in refused.value.message
    assert "chmod" not in (refused.value.hint or "")
    assert "~/.config/psbridge" in (refused.value.hint or "")

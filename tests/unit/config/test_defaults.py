"""`defaults`: any key of a target but those that name one host or stamp; `tls` and `sign_in` key by key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from psbridge.clock import SystemClock
from psbridge.config.layers import Value
from psbridge.config.load import Config, load
from psbridge.config.resolve import resolve
from psbridge.config.schema import DEFAULTS, TARGET
from psbridge.config.secrets import FromFile
from psbridge.config.show import show
from psbridge.config.sign_in import SignInConfig
from psbridge.config.validate import check_here
from psbridge.errors import ConfigError
from psbridge.models.connection import Tls

ID = "00000000-0000-0000-0000-000000000000"
OTHER = "11111111-1111-1111-1111-111111111111"
SHARED = f"""\
version: 1
defaults:
  auth: ntlm
  username: CONTOSO\\backup
  password: {{file: shared}}
  port: 5987
  proxy: http://proxy:3128
  subscription: Mine
  tls: {{ca: ca.pem, server_name: listener}}
  sign_in:
    environment: E
    tenant: T
    service_principal: {{application_id: {ID}, secret: {{file: shared}}}}
targets:
"""
ENDPOINT = "arm_endpoint: 'https://a'"
Write = Callable[..., Path]


def test_all_but_what_names_one_host_or_stamp_may_stand_in_defaults() -> None:
    assert set(TARGET.keys) - set(DEFAULTS.keys) == {"host", "location", "expect_deployment_id"}


@pytest.mark.parametrize("key", ["host: a", "location: b", f"expect_deployment_id: {ID}"])
def test_what_names_one_host_or_stamp_may_not(write: Write, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(f"version: 1\ndefaults: {{{key}}}\ntargets: {{nyc: {{host: a}}}}\n"), {})
    assert f"targets.NAME.{key.partition(':')[0]}" in caught.value.message


def test_a_target_takes_the_keys_of_a_connection_from_defaults(write: Write, folder: Path) -> None:
    (folder / "shared").write_text("s3cret")
    (folder / "shared").chmod(0o600)
    (folder / "ca.pem").write_text("-")
    found = load(write(SHARED + f"  nyc: {{host: a, sign_in: {{{ENDPOINT}}}}}\n"), {})
    target = resolve(found, "nyc")
    (endpoint,) = target.endpoints
    assert (endpoint.username, endpoint.port, endpoint.proxy) == ("CONTOSO\\backup", 5987, "http://proxy:3128")
    assert endpoint.password is not None
    assert endpoint.password.reveal() == "s3cret"
    assert endpoint.tls == Tls(ca=str(folder / "ca.pem"), server_name="listener")
    assert target.subscription == "Mine"
    assert target.sign_in is not None
    assert (target.sign_in.tenant, target.sign_in.arm_endpoint) == ("T", "https://a")


def values(found: Config, name: str) -> dict[str, Value]:
    assert found.invalid == {}
    return found.values(name)


@pytest.mark.parametrize(
    ("own", "means"),
    [
        ("{server_name: mine}", Tls(ca="{}/ca.pem", server_name="mine")),
        ("{ca: mine.pem}", Tls(ca="{}/mine.pem", server_name="listener")),
        ("true", Tls()),
        ("{}", Tls()),
        ("false", None),
    ],
)
def test_tls_of_a_target_is_completed_by_defaults_unless_it_is_one_word(
    write: Write, folder: Path, own: str, means: Tls | None
) -> None:
    text = SHARED + f"  nyc: {{host: a, tls: {own}, sign_in: false}}\n"
    if means is not None and means.ca:
        means = Tls(ca=means.ca.format(folder), server_name=means.server_name)
    assert values(load(write(text), {}), "nyc")["tls"].value == means


def test_another_client_certificate_does_not_take_the_key_of_defaults(write: Write, folder: Path) -> None:
    text = (
        "version: 1\ndefaults: {auth: certificate, tls: {client_cert: a.pem, client_key: a.key}}\n"
        "targets: {nyc: {host: a, tls: {client_cert: b.pem}}}\n"
    )
    assert values(load(write(text), {}), "nyc")["tls"].value == Tls(client_cert=str(folder / "b.pem"))


def test_sign_in_is_merged_down_to_the_service_principal(write: Write) -> None:
    own = f"{{tenant: U, {ENDPOINT}, service_principal: {{application_id: {OTHER}}}}}"
    found = load(write(SHARED + f"  nyc: {{host: a, sign_in: {own}}}\n"), {})
    assert values(found, "nyc")["sign_in"].value == SignInConfig("E", "https://a", "U", OTHER, FromFile("shared"))


def test_a_certificate_takes_the_place_of_the_secret_of_defaults(write: Write) -> None:
    thumbprint = "service_principal: {certificate_thumbprint: " + "a" * 40 + "}"
    found = load(write(SHARED + f"  nyc: {{host: a, sign_in: {{{ENDPOINT}, {thumbprint}}}}}\n"), {})
    assert not any("not both" in problem.message for problem in found.problems)


def test_a_part_of_sign_in_in_defaults_must_be_completed_or_refused_by_each_target(write: Write) -> None:
    path = write(SHARED + "  nyc: {host: a}\n  la: {host: b, sign_in: false}\n  sf: {host: c, sign_in: {tenant: x}}\n")
    found = load(path, {})
    assert list(found.targets) == ["la"]
    assert found.values("la")["sign_in"].value is None
    told = {problem.key: (problem.line, "sign_in: false" in problem.message) for problem in found.problems}
    assert told == {"targets.nyc.sign_in.arm_endpoint": (10, True), "targets.sf.sign_in.arm_endpoint": (17, False)}
    with pytest.raises(ConfigError):
        resolve(found, "nyc")


def test_show_names_the_origin_of_each_part(write: Write) -> None:
    path = write(SHARED + f"  nyc:\n    host: a\n    tls: {{server_name: mine}}\n    sign_in: {{{ENDPOINT}}}\n")
    shown = show(load(path, {}), origin=True, target="nyc")
    assert shown.origins is not None
    assert {key: shown.origins[f"targets.nyc.{key}"].rpartition(":")[2] for key in ("tls", "tls.ca", "port")} == {
        "tls": "17",
        "tls.ca": "9",
        "port": "6",
    }
    assert shown.origins["targets.nyc.sign_in.service_principal.secret"].endswith(":13")
    assert shown.defaults["sign_in"] == {
        "environment": "E",
        "tenant": "T",
        "service_principal": {"application_id": ID, "secret": {"file": "shared"}},
    }
    assert shown.defaults["password"] == {"file": "shared"}


def test_demo_takes_nothing_of_a_connection(write: Write) -> None:
    found = load(write(SHARED + "  nyc: {host: a, sign_in: false}\n"), {})
    assert {"username", "password", "tls", "sign_in", "port", "proxy"}.isdisjoint(found.values("demo"))


def test_a_problem_of_defaults_is_reported_once_and_there(write: Write) -> None:
    text = SHARED.replace("ca.pem", "gone.pem") + "  nyc: {host: a, sign_in: false}\n  la: {host: b, sign_in: false}\n"
    found = load(write(text), {})
    problems, _ = check_here(found, ("nyc", "la"), SystemClock().now())
    assert [(problem.key, problem.line) for problem in problems] == [("defaults.tls.ca", 9), ("defaults.password", 5)]


def test_a_secret_in_defaults_that_cannot_be_read_is_named_there(write: Write, folder: Path) -> None:
    (folder / "ca.pem").write_text("-")
    found = load(write(SHARED + "  nyc: {host: a, sign_in: false}\n"), {})
    with pytest.raises(ConfigError) as caught:
        resolve(found, "nyc")
    assert str(folder / "shared") in caught.value.message


def test_a_plain_secret_in_defaults_is_a_warning_there(write: Write) -> None:
    text = SHARED.replace("secret: {file: shared}", "secret: plain").replace("{file: shared}", "plain")
    found = load(write(text + f"  nyc: {{host: a, sign_in: {{{ENDPOINT}}}}}\n"), {})
    assert [(it.key, it.line) for it in found.warnings] == [
        ("defaults.password", 5),
        ("defaults.sign_in.service_principal.secret", 10),
    ]


@pytest.mark.parametrize("variable", ["USERNAME", "PASSWORD", "TLS", "PORT", "PROXY", "SIGN_IN", "SUBSCRIPTION"])
def test_no_general_variable_decides_where_a_connection_goes(write: Write, variable: str) -> None:
    text = SHARED + "  nyc: {host: a, sign_in: false}\n"
    quiet, set_ = load(write(text), {}), load(write(text), {f"PSBRIDGE_{variable}": "evil"})
    assert {k: v.value for k, v in set_.values("nyc").items()} == {k: v.value for k, v in quiet.values("nyc").items()}
    assert [warning.key for warning in set_.warnings] == [f"PSBRIDGE_{variable}"]


def test_a_variable_of_one_target_wins_over_defaults(write: Write) -> None:
    env = {"PSBRIDGE_TARGET_NYC_TLS": "true", "PSBRIDGE_TARGET_NYC_USERNAME": "me"}
    found = load(write(SHARED + "  nyc: {host: a, sign_in: false}\n"), env)
    nyc = found.values("nyc")
    assert (nyc["tls"].value, nyc["username"].value) == (Tls(), "me")

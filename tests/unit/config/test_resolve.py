"""Targets: chosen by name, with secrets that are read late and seen nowhere."""

from __future__ import annotations

import sys
import traceback
import tracemalloc
from pathlib import Path

import pytest

from psbridge.config import secrets
from psbridge.config.load import Config, load
from psbridge.config.problems import Problem, refuse
from psbridge.config.resolve import outline, resolve, select_target
from psbridge.config.secrets import FromCommand
from psbridge.config.show import show
from psbridge.documents.config import TargetListDocument
from psbridge.errors import ConfigError, NotFound, UsageError
from psbridge.models.connection import Auth, CertificateOnHost
from psbridge.render.writers import render

HIDDEN = "hunter2-Zz"
HEAD = "version: 1\ntargets:\n"


def target(write, password: str, **env: str) -> tuple[Config, dict[str, str]]:
    text = HEAD + f"  nyc: {{host: oaw01, auth: ntlm, username: 'C\\u', password: {password}}}\n"
    return load(write(text), env), env


def secret_of(found: Config, **more: object) -> str:
    secret = resolve(found, "nyc", **more).endpoints[0].password
    return secret.reveal()


def test_a_secret_comes_from_the_environment(write) -> None:
    assert secret_of(target(write, "{env: PW}", PW=HIDDEN)[0]) == HIDDEN


def test_a_secret_comes_from_a_file_next_to_the_config_without_its_newline(write) -> None:
    write(HIDDEN + "\n", "pw")
    assert secret_of(target(write, "{file: pw}")[0]) == HIDDEN


def test_a_secret_comes_from_systemds_credentials(write, folder: Path) -> None:
    write(HIDDEN, "pw")
    assert secret_of(target(write, "{credential: pw}", CREDENTIALS_DIRECTORY=str(folder))[0]) == HIDDEN


def test_a_secret_is_the_first_line_of_a_commands_output(write) -> None:
    code = f"print('{HIDDEN}'); print('url: x')"
    found, _ = target(write, f'["{sys.executable}"]'.replace("[", "{command: [").replace("]", f', -c, "{code}"]}}'))
    assert secret_of(found) == HIDDEN


def test_a_secret_comes_from_the_targets_own_variable_without_a_warning(write) -> None:
    found, _ = target(write, "{env: PW}", PSBRIDGE_TARGET_NYC_PASSWORD=HIDDEN)
    assert secret_of(found) == HIDDEN
    assert not found.warnings


def test_plain_text_works_with_a_warning_at_its_line(write) -> None:
    found, _ = target(write, HIDDEN)
    assert secret_of(found) == HIDDEN
    assert [(w.line, w.key, w.severity) for w in found.warnings] == [(3, "targets.nyc.password", "warning")]


def test_a_secret_file_that_others_may_read_is_a_warning(write) -> None:
    write(HIDDEN, "pw", mode=0o644)
    said: list[str] = []
    assert secret_of(target(write, "{file: pw}")[0], warn=said.append) == HIDDEN
    assert "others may read" in said[0]


def test_a_secret_file_that_others_may_write_is_refused(write) -> None:
    write(HIDDEN, "pw", mode=0o622)
    with pytest.raises(ConfigError, match="others may write"):
        secret_of(target(write, "{file: pw}")[0])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{env: GONE}", "not set"),
        ("{file: gone}", "No such file"),
        ("{file: empty}", "empty"),
        ("{command: [/nonexistent/pass]}", "can't run"),
        ("{command: ['false']}", "ended with 1"),
        ("{command: ['true']}", "no text"),
        ("{credential: x}", "CREDENTIALS_DIRECTORY"),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_config_error_only_when_it_is_needed(write, source: str, said: str) -> None:
    write("", "empty")
    found, _ = target(write, source)
    assert outline(found, "nyc").endpoints[0].password is None
    with pytest.raises(ConfigError, match=said):
        resolve(found, "nyc")


@pytest.mark.parametrize("source", ["{env: PW}", '"hunter2-\\udcff"'])
def test_a_secret_that_no_login_can_send_is_refused_without_showing_it(write, source: str) -> None:
    found, _ = target(write, source, PW="hunter2-\udcff")
    with pytest.raises(ConfigError) as caught:
        resolve(found, "nyc")
    assert caught.value.message == "targets.nyc.password: the secret is not UTF-8 text"
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "source", ["{envv: hunter2-Zz}", "{keyring: hunter2-Zz}", "{env: [hunter2-Zz]}", "[hunter2-Zz]", "{}", "''"]
)
def test_an_invalid_secret_source_is_refused_without_showing_it(write, source: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(target(write, source)[0], "nyc")
    assert "hunter2" not in str(caught.value) + repr(caught.value.detail)


def test_no_secret_is_in_any_repr_dump_or_traceback(write) -> None:
    found, _ = target(write, HIDDEN)
    resolved = resolve(found, "nyc")
    shown = show(found, origin=True)
    texts = [repr(found), str(found), repr(resolved), repr(shown)]
    texts += [render(shown, output) for output in ("table", "json", "yaml")]
    texts += [render(TargetListDocument.of([resolved]), output) for output in ("table", "json")]
    texts += [str(w) for w in found.warnings]
    try:
        target(write, f"*{HIDDEN}")
    except ConfigError:
        texts.append(traceback.format_exc())
    assert len(texts) > 8
    assert not [text for text in texts if HIDDEN in text]


def test_a_commands_arguments_are_masked(write) -> None:
    found, _ = target(write, f"{{command: [pass, show, {HIDDEN}]}}")
    assert show(found).targets["nyc"]["password"] == {"command": ["pass", "***"]}


def test_a_missing_password_is_prompted_for_on_a_terminal(write) -> None:
    found = load(write(HEAD + "  nyc: {host: oaw01, auth: ntlm, username: u}\n"), {})
    asked: list[str] = []

    def prompt(question: str) -> str:
        asked.append(question)
        return HIDDEN

    assert secret_of(found, prompt=prompt) == HIDDEN
    assert asked == ["password of u on oaw01"]
    with pytest.raises(ConfigError, match="no terminal to ask"):
        resolve(found, "nyc")
    for typed in ("", "a\x00b", "a\ud83d"):
        with pytest.raises(ConfigError, match=r"targets\.nyc\.password"):
            resolve(found, "nyc", prompt=lambda _, typed=typed: typed)


def test_kerberos_without_a_password_uses_the_ticket_and_never_prompts(write) -> None:
    found = load(write(HEAD + "  nyc: {host: oaw01, auth: kerberos, username: u}\n"), {})
    endpoint = resolve(found, "nyc", prompt=lambda _: pytest.fail("asked")).endpoints[0]
    assert (endpoint.password, endpoint.auth) == (None, Auth.KERBEROS)


def test_each_host_is_an_endpoint_and_the_port_follows_tls(write) -> None:
    text = HEAD + "  a: {host: [x, y]}\n  b: {host: z, tls: false}\n  c: {host: z, tls: {ca: ca.pem}}\n"
    path = write(text)
    found = load(path, {})
    assert [(e.host, e.port) for e in outline(found, "a").endpoints] == [("x", 5986), ("y", 5986)]
    assert outline(found, "b").endpoints[0].port == 5985
    assert outline(found, "c").endpoints[0].tls.ca == str(path.parent / "ca.pem")


def test_sign_in_is_resolved_with_its_secret(write) -> None:
    text = HEAD + (
        "  nyc:\n    host: a\n    module: az\n    sign_in: {environment: AzureStackAdmin, arm_endpoint: 'https://arm.x', "
        "tenant: t, service_principal: {application_id: 00000000-0000-0000-0000-000000000001, secret: {env: PW}}}\n"
    )
    found = resolve(load(write(text), {"PW": HIDDEN}), "nyc")
    assert found.sign_in.service_principal.password.reveal() == HIDDEN
    assert (found.environment, found.sign_in.arm_endpoint, found.module) == ("AzureStackAdmin", "https://arm.x", "az")


def test_sign_in_by_a_certificate_on_the_host_needs_no_secret(write) -> None:
    text = HEAD + (
        "  nyc:\n    host: a\n    sign_in: {environment: AzureStackAdmin, arm_endpoint: 'https://arm.x', tenant: adfs, "
        f"service_principal: {{application_id: 00000000-0000-0000-0000-000000000001, certificate_thumbprint: {'ab' * 20}}}}}\n"
    )
    found = resolve(load(write(text), {}), "nyc")
    assert found.sign_in.service_principal == CertificateOnHost("00000000-0000-0000-0000-000000000001", "AB" * 20)
    assert found.sign_in.application_id == "00000000-0000-0000-0000-000000000001"
    shown = show(load(write(text), {}), target="nyc").targets["nyc"]["sign_in"]["service_principal"]
    assert shown == {
        "application_id": "00000000-0000-0000-0000-000000000001",
        "certificate_thumbprint": "AB" * 20,
    }


def test_options_win_and_an_options_location_is_checked(write) -> None:
    found = load(write(HEAD + "  nyc: {host: a, location: redmond, timeout: 1h}\n"), {})
    made = outline(found, "nyc", {"location": "tacoma", "timeout": 60.0})
    assert (made.location, made.policy.timeout) == ("tacoma", 60.0)
    with pytest.raises(UsageError, match="--location"):
        outline(found, "nyc", {"location": "../x"})


def test_one_target_is_the_default_and_several_need_a_name(write) -> None:
    one = load(write(HEAD + "  nyc: {host: a}\n"), {})
    assert select_target(one, None, {}) == "nyc"
    two = load(write(HEAD + "  nyc: {host: a}\n  la: {host: b}\n"), {})
    assert select_target(two, None, {"PSBRIDGE_TARGET": "la"}) == "la"
    assert select_target(two, "nyc", {"PSBRIDGE_TARGET": "la"}) == "nyc"
    with pytest.raises(UsageError, match="nyc, la"):
        select_target(two, None, {})


def test_without_targets_the_error_shows_how_to_make_one_and_names_demo(folder: Path) -> None:
    empty = Config()
    with pytest.raises(UsageError) as caught:
        select_target(empty, None, {})
    assert "config init" in caught.value.hint
    assert "demo" in caught.value.hint
    assert select_target(empty, "demo", {}) == "demo"


def test_an_unknown_target_is_not_found_with_the_nearest_name(write) -> None:
    found = load(write(HEAD + "  Redmond: {host: a}\n"), {})
    for ask in (lambda: select_target(found, "redmnd", {}), lambda: outline(found, "redmnd")):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.hint == "did you mean Redmond?"


def test_show_prints_values_in_file_format_with_their_origins(write) -> None:
    path = write(HEAD + "  nyc: {host: a, timeout: PT90M, tls: false}\n")
    shown = show(load(path, {"PSBRIDGE_POLL": "5s"}), origin=True)
    assert (shown.targets["nyc"]["timeout"], shown.targets["nyc"]["tls"], shown.defaults["poll"]) == (
        "90m",
        False,
        "5s",
    )
    assert shown.origins["targets.nyc.timeout"] == f"{path}:3"
    assert shown.origins["targets.nyc.poll"] == "PSBRIDGE_POLL"
    assert shown.origins["targets.nyc.settle"] == "built-in"
    assert show(Config(), target="demo").targets["demo"]["poll"] == "1s"


def test_a_command_that_fails_or_hangs_shows_nothing_of_what_it_wrote() -> None:
    def failure(script: str) -> str:
        source = FromCommand(("sh", "-c", script))
        with pytest.raises(ConfigError) as caught:
            secrets.read(source, {}, None, "targets.nyc.password", print, command_seconds=0.3)
        assert HIDDEN not in "".join(traceback.format_exception(caught.value))
        return caught.value.message

    assert "sh ended with 3" in failure(f"cat; echo {HIDDEN}; echo {HIDDEN} >&2; exit 3")
    assert "did not end within 0.3 s" in failure(f"echo {HIDDEN}; exec sleep 5")
    assert "did not end within 0.3 s" in failure("exec >&-; exec sleep 5"), "it closed its output and lives on"


def test_a_command_with_endless_output_is_stopped() -> None:
    tracemalloc.start()
    with pytest.raises(ConfigError, match="yes wrote more than 1024 KiB"):
        secrets.read(FromCommand(("yes", HIDDEN)), {}, None, "targets.nyc.password", print)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("flags", [{"call_timeout": 0.2}, {"timeout": 0.2}])
def test_a_command_is_limited_by_the_call_timeout(write, flags: dict[str, float]) -> None:
    path = write(HEAD + "  nyc: {host: a, username: u, password: {command: [sleep, '30']}}\n")
    with pytest.raises(ConfigError, match=r"did not end within 0\.2 s"):
        resolve(load(path, {}), "nyc", flags)


def test_a_command_argument_that_yaml_does_not_read_as_text_is_explained(write) -> None:
    path = write(HEAD + "  nyc: {host: a, username: u, password: {command: [true]}}\n")
    with pytest.raises(ConfigError) as caught:
        resolve(load(path, {}), "nyc")
    assert "put numbers, true and false in quotes" in str(caught.value.detail)


def test_a_repr_shows_neither_environment_nor_possible_secrets() -> None:
    problem = Problem("unknown key", key="targets.***", path=("targets", "hunter2"))
    config = Config(env={"PSBRIDGE_TARGET_NYC_PASSWORD": "hunter2"}, invalid={"nyc": (problem,)})
    assert "hunter2" not in f"{config!r} {list(config.__rich_repr__())} {problem!r}"
    assert config.env["PSBRIDGE_TARGET_NYC_PASSWORD"] == "hunter2"
    assert problem.path == ("targets", "hunter2")


@pytest.mark.parametrize(
    ("problem", "command"),
    [
        (Problem("unknown key", file="/etc/my config.yaml", line=8), "--config '/etc/my config.yaml'"),
        (Problem("can't read the secret file", file="/etc/pw"), "psbridge config validate"),
    ],
)
def test_the_hint_checks_the_config_that_is_wrong_and_never_a_secret_file(problem: Problem, command: str) -> None:
    assert refuse([problem]).hint.endswith(command)

"""The keys of the config, declared once: checking, `config schema` and the layers come from these models.

Imported only when a config is read, for pydantic takes a tenth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from psbridge import defaults
from psbridge.config.durations import EXPECTED, duration
from psbridge.config.layers import truth
from psbridge.config.sources import FromCommand, FromCredential, FromEnv, FromFile, PlainText, SecretSource
from psbridge.errors import UsageError
from psbridge.models.secret import Secret

_FORMS = "text, or one of {env: NAME} {file: PATH} {command: [...], env: [NAME, ...]} {credential: NAME}"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_ONE_WORD: dict[str, Callable[[str], SecretSource]] = {
    "env": FromEnv,
    "file": FromFile,
    "credential": FromCredential,
}


def _duration(value: object, *, zero: bool) -> float:
    try:
        return duration(value if isinstance(value, str) else "", zero=zero)
    except UsageError:
        raise PydanticCustomError("duration", "expected " + EXPECTED) from None


def _positive(value: object) -> float:
    return _duration(value, zero=False)


def _from_zero(value: object) -> float:
    return _duration(value, zero=True)


def _secret(value: object) -> SecretSource:
    if isinstance(value, str) and value:
        return PlainText(Secret(value))
    if isinstance(value, dict) and "command" in value and not value.keys() - {"command", "env"}:
        return _command(value["command"], value.get("env", []))
    if isinstance(value, dict) and len(value) == 1:
        (form, given), *_ = value.items()
        if form in _ONE_WORD and isinstance(given, str) and given:
            if form == "env" and not _VARIABLE.fullmatch(given):
                raise PydanticCustomError("secret", "expected the name of an environment variable under env")
            return _ONE_WORD[form](given)
    raise PydanticCustomError("secret", "expected " + _FORMS)


def _command(words: object, env: object) -> SecretSource:
    if not isinstance(words, list) or not words:
        raise PydanticCustomError("secret", "expected a command as a list of words: [PROGRAM, ARGUMENT, ...]")
    if not all(isinstance(word, str) for word in words):
        raise PydanticCustomError("secret", "expected a command's words as text; put numbers, true and false in quotes")
    if not words[0] or "\0" in "".join(words):
        raise PydanticCustomError("secret", "expected a command's words without NUL, the first of them a program")
    if not isinstance(env, list) or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in env):
        raise PydanticCustomError("secret", "expected the names of environment variables under env: [NAME, ...]")
    return FromCommand(tuple(words), tuple(env))


def _hosts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _truth(value: object) -> object:
    """Return `yes`, `no`, `on` and `off`, which YAML 1.1 had for it, as what they mean."""
    found = truth(value) if isinstance(value, str) else None
    return value if found is None else found


def _one(value: object) -> object:
    """Refuse `true`, which Python takes for 1."""
    return None if isinstance(value, bool) else value


def _tls(given: object) -> object:
    value = _truth(given)
    if isinstance(value, bool):
        return {} if value else None
    if isinstance(value, dict):
        return value
    raise PydanticCustomError("tls", "expected true, false, or {ca, verify, client_cert, client_key, server_name}")


def _proxy(value: object) -> str:
    """A user and password in it would be a secret that is none to psbridge; the problem repeats nothing of the value."""
    text = value if isinstance(value, str) else ""
    if "@" in text:
        raise PydanticCustomError("proxy", "a proxy's user and password can't be given; expected http://HOST:PORT")
    found = _PROXY.fullmatch(text)
    if found is None or not 0 < int(found[1] or 80) <= 65535:
        raise PydanticCustomError("proxy", "expected http://HOST:PORT of a proxy that makes tunnels (CONNECT)")
    return text.removesuffix("/")


_DURATION_SCHEMA = WithJsonSchema({"type": "string", "description": EXPECTED})
_SECRET_SCHEMA = WithJsonSchema(
    {
        "description": _FORMS,
        "oneOf": [
            {"type": "string", "minLength": 1},
            *(
                {"type": "object", "properties": {form: {"type": "string"}}, "required": [form]}
                | {"additionalProperties": False}
                for form in _ONE_WORD
            ),
            {
                "type": "object",
                "properties": {
                    "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "env": {"type": "array", "items": {"type": "string", "pattern": f"^{_VARIABLE.pattern}$"}},
                },
                "required": ["command"],
                "additionalProperties": False,
            },
        ],
    }
)
_HOSTS_SCHEMA = WithJsonSchema(
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
)
Duration = Annotated[float, PlainValidator(_positive), _DURATION_SCHEMA]
DurationOrZero = Annotated[float, PlainValidator(_from_zero), _DURATION_SCHEMA]
SecretField = Annotated[Any, PlainValidator(_secret), _SECRET_SCHEMA]
Truth = Annotated[bool, BeforeValidator(_truth)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[^\x00-\x1f\x7f]+$")]
# ASCII's letters and digits and all beyond it (IDNA), with . - _ in between; IPv6 with or without brackets and scope id.
_ALNUM = r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xa0]"
_SCOPED = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._~-]+)?"
_NAMED = rf"{_ALNUM}(?:(?:{_ALNUM}|[._-])*(?:{_ALNUM}|\.))?"
Host = Annotated[
    str, StringConstraints(max_length=253, pattern=rf"^(?:{_NAMED}|{_NAMED}:\d+|{_SCOPED}|\[{_SCOPED}\])$")
]
ServerName = Annotated[str, StringConstraints(max_length=253, pattern=rf"^(?:{_NAMED}|{_SCOPED}|\[{_SCOPED}\])$")]
Service = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_PROXY = re.compile(
    r"http://(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?/?", re.ASCII | re.IGNORECASE
)
_PROXY_SCHEMA = WithJsonSchema({"type": "string", "pattern": f"^{_PROXY.pattern}$", "description": "http://HOST:PORT"})
Proxy = Annotated[str, PlainValidator(_proxy), _PROXY_SCHEMA]
Location = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")]
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Warned = Literal["warn"] | None
AuthWord = Literal["negotiate", "kerberos", "ntlm", "credssp", "certificate", "basic"]


class Model(BaseModel):
    """Every part refuses keys it does not know and values of another type, and repeats no value in its errors."""

    # Built when first used, and then only as part of what it is used in: half the time of building each.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, frozen=True, defer_build=True)


class Behaviour(Model):
    """How psbridge works: may stand in `defaults`, in a target, and in `PSBRIDGE_<KEY>`."""

    timeout: Duration = defaults.TIMEOUT
    call_timeout: Duration = defaults.CALL_TIMEOUT
    connect_timeout: Duration = defaults.CONNECT_TIMEOUT
    poll: Duration = defaults.POLL
    settle: DurationOrZero = defaults.SETTLE
    keep_runs: Duration = defaults.KEEP_RUNS
    retry_after: DurationOrZero = defaults.RETRY_AFTER
    output: Literal["table", "json", "jsonl", "yaml", "id"] = "table"
    require_recovery_ready: Truth = defaults.REQUIRE_RECOVERY_READY
    require_upload_proof: Truth = defaults.REQUIRE_UPLOAD_PROOF


class InferredChecks(Model):
    """Comparisons that rest on an inference, turned into warnings; a field for each of `INFERRED_CHECKS`."""

    readiness: Warned = None
    deployment: Warned = None
    end_time: Warned = None
    duration: Warned = None
    versions: Warned = None
    data_version: Warned = None
    thumbprint: Warned = None
    location: Warned = None
    automatic: Warned = None
    trigger_time: Warned = None


class Defaults(Behaviour):
    """What holds for every target that does not say otherwise."""

    auth: AuthWord = "negotiate"
    configuration_name: Text = defaults.CONFIGURATION_NAME
    service: Service = defaults.SERVICE
    channel_binding: Truth = defaults.CHANNEL_BINDING
    idle_timeout: Duration = defaults.IDLE_TIMEOUT
    module: Literal["auto", "az", "azurerm"] = "auto"
    inferred_checks: InferredChecks = Field(default_factory=InferredChecks, json_schema_extra={"default": {}})


class TlsModel(Model):
    """TLS to the host, where `true` is not enough."""

    ca: Text | None = None
    verify: Truth = True
    client_cert: Text | None = None
    client_key: Text | None = None
    server_name: ServerName | None = None


class _TlsSchema:
    """What `config schema` says of `tls`; made when it is asked for."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: object, _handler: object) -> dict[str, Any]:
        return {"anyOf": [{"type": "boolean"}, TlsModel.model_json_schema()]}


class ServicePrincipal(Model):
    """Who signs the session in."""

    application_id: Guid
    secret: SecretField = None
    certificate_thumbprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{40}$")] | None = None


class SignInModel(Model):
    """How to sign the host's session in to the stamp; left out where it is signed in already."""

    environment: Text
    arm_endpoint: Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(?::\d{1,5})?/?$")]
    tenant: Text
    service_principal: ServicePrincipal


class TargetModel(Defaults):
    """One operator management host, or several, and its stamp."""

    host: Annotated[list[Host], Field(min_length=1, max_length=16), BeforeValidator(_hosts), _HOSTS_SCHEMA]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Annotated[TlsModel | None, BeforeValidator(_tls), _TlsSchema] = Field(
        default_factory=TlsModel, json_schema_extra={"default": True}
    )
    proxy: Proxy | None = None
    service_host: ServerName | None = None
    username: Text | None = None
    password: SecretField = None
    location: Location | None = None
    subscription: Text | None = None
    expect_deployment_id: Guid | None = None
    sign_in: SignInModel | None = None


class Root(Model):
    """The config file."""

    version: Annotated[Literal[1], BeforeValidator(_one)]
    defaults: Defaults = Field(default_factory=Defaults, json_schema_extra={"default": {}})
    targets: dict[Name, TargetModel] = Field(default_factory=dict)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the config file, for editors."""
    made = Root.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made | {"title": "psbridge config"}

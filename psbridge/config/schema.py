"""The keys of the config, declared once: reading, `config schema` and the layers come from these tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psbridge import defaults
from psbridge.config.rules import (
    BARE_HOST,
    FROM_ZERO,
    GUID,
    HOST,
    NO_SIGN_IN,
    PORT,
    POSITIVE,
    PROXY,
    SECRET,
    SERVER_NAME,
    TEXT,
    TLS_OR_NOT,
    TRUTH,
    VERSION,
    AnyRule,
    Json,
    Key,
    Listed,
    Named,
    Rule,
    Several,
    Shape,
    secret_url,
    text,
    words,
)
from psbridge.models.connection import Auth
from psbridge.models.notify import NoticeEvent
from psbridge.models.output import OutputFormat
from psbridge.models.target import INFERRED_CHECKS

CHECKS: Final = Shape(
    "InferredChecks",
    "Comparisons that rest on an inference, turned into warnings; a field for each of `INFERRED_CHECKS`.",
    {name: Key(words("warn"), null=True) for name in INFERRED_CHECKS},
)

BEHAVIOUR: Final[Mapping[str, Key]] = {
    "timeout": Key(POSITIVE, defaults.TIMEOUT),
    "call_timeout": Key(POSITIVE, defaults.CALL_TIMEOUT),
    "connect_timeout": Key(POSITIVE, defaults.CONNECT_TIMEOUT),
    "poll": Key(POSITIVE, defaults.POLL),
    "settle": Key(FROM_ZERO, defaults.SETTLE),
    "keep_runs": Key(POSITIVE, defaults.KEEP_RUNS),
    "retry_after": Key(FROM_ZERO, defaults.RETRY_AFTER),
    "output": Key(words(*(form.value for form in OutputFormat)), defaults.OUTPUT),
    "require_recovery_ready": Key(TRUTH, defaults.REQUIRE_RECOVERY_READY),
    "require_upload_proof": Key(TRUTH, defaults.REQUIRE_UPLOAD_PROOF),
}
"""How psbridge works: may stand in `defaults`, in a target, and in `PSBRIDGE_<KEY>`."""

PING_SCHEMES: Final = "https?"
APPRISE_SCHEMES: Final = "[a-z][a-z0-9+.-]*"

HEALTHCHECKS: Final = Shape(
    "Healthchecks",
    "The check of Healthchecks that each start, wait, confirm and status pings.",
    {
        "url": Key(
            secret_url(
                PING_SCHEMES,
                "expected a ping URL such as https://hc-ping.com/UUID, or one of {env: NAME} {file: PATH} …",
            ),
            required=True,
        ),
        "create": Key(TRUTH, False),
    },
)

APPRISE: Final = Shape(
    "AppriseService",
    "A service that a message is sent to.",
    {
        "url": Key(
            secret_url(APPRISE_SCHEMES, "expected an Apprise URL: SERVICE://…, or one of {env: NAME} {file: PATH} …"),
            required=True,
        ),
        "events": Key(
            Several(words(*NoticeEvent), len(NoticeEvent), f"expected a list of {', '.join(NoticeEvent)}"),
            list(NoticeEvent),
        ),
        "label": Key(
            text("[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}", "expected 1 to 40 letters, digits, spaces, . _ -"), null=True
        ),
    },
)

NOTIFY: Final = Shape(
    "Notify",
    "Who is notified of how a backup ended.",
    {
        "healthchecks": Key(HEALTHCHECKS, null=True),
        "apprise": Key(
            Listed(APPRISE, 16, "expected a list of at most 16 services: [{url: …, events: [failed, …]}, …]"), []
        ),
        "timeout": Key(POSITIVE, defaults.NOTIFY_TIMEOUT),
        "repeat": Key(POSITIVE, defaults.NOTIFY_REPEAT),
        "proxy": Key(PROXY, null=True),
    },
)

TLS: Final = Shape(
    "TlsModel",
    "TLS to the host, where `true` is not enough.",
    {
        "ca": Key(TEXT, null=True),
        "verify": Key(TRUTH, True),
        "client_cert": Key(TEXT, null=True),
        "client_key": Key(TEXT, null=True),
        "server_name": Key(SERVER_NAME, null=True),
    },
    TLS_OR_NOT,
)

PRINCIPAL: Final = Shape(
    "ServicePrincipal",
    "Who signs the session in.",
    {
        "application_id": Key(GUID),
        "secret": Key(SECRET),
        "certificate_thumbprint": Key(text("[0-9a-fA-F]{40}", "expected 40 hexadecimal digits"), null=True),
    },
)

SIGN_IN: Final = Shape(
    "SignInModel",
    "How to sign the host's session in to the stamp; left out where it is signed in already.",
    {
        "environment": Key(TEXT),
        "arm_endpoint": Key(
            text(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?/?", "expected an https:// address without a path")
        ),
        "tenant": Key(TEXT),
        "service_principal": Key(PRINCIPAL, {}),
    },
    NO_SIGN_IN,
)
"""Which of its keys are needed is checked when those of `defaults` and of the target are put together."""

DEFAULTS: Final = Shape(
    "Defaults",
    "What holds for every target that does not say otherwise.",
    {
        **BEHAVIOUR,
        "auth": Key(words(*(auth.value for auth in Auth)), defaults.AUTH),
        "configuration_name": Key(TEXT, defaults.CONFIGURATION_NAME),
        "service": Key(text("[A-Za-z0-9_-]{1,64}", "expected 1 to 64 letters, digits, _ and -"), defaults.SERVICE),
        "channel_binding": Key(TRUTH, defaults.CHANNEL_BINDING),
        "idle_timeout": Key(POSITIVE, defaults.IDLE_TIMEOUT),
        "module": Key(words("auto", "az", "azurerm"), defaults.MODULE),
        "inferred_checks": Key(CHECKS, {}),
        "port": Key(PORT, null=True),
        "tls": Key(TLS, True),
        "proxy": Key(PROXY, null=True),
        "service_host": Key(SERVER_NAME, null=True),
        "username": Key(TEXT, null=True),
        "password": Key(SECRET),
        "subscription": Key(TEXT, null=True),
        "sign_in": Key(SIGN_IN, null=True),
        "store": Key(TEXT, null=True),
        "store_username": Key(TEXT, null=True),
        "store_password": Key(SECRET),
        "notify": Key(NOTIFY, {}),
    },
)

TARGET: Final = Shape(
    "TargetModel",
    "One operator management host, or several, and its stamp.",
    {
        **DEFAULTS.keys,
        "host": Key(Several(HOST, 16, BARE_HOST), required=True),
        "location": Key(text("[A-Za-z0-9-]{1,64}", "expected a location: 1 to 64 letters, digits and -"), null=True),
        "expect_deployment_id": Key(GUID, null=True),
    },
)

TARGET_NAME: Final = text(
    "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?",
    "expected a target name of 1 to 64 letters, digits, . _ -, with a letter or digit at both ends",
)
ROOT: Final = Shape(
    "psbridge config",
    "The config file.",
    {
        "version": Key(VERSION, required=True),
        "defaults": Key(DEFAULTS, {}),
        "targets": Key(
            Named(
                TARGET_NAME,
                TARGET,
                "expected a mapping of target names",
            ),
        ),
    },
)

BUILT_IN: Final = {
    name: key.default for name, key in DEFAULTS.keys.items() if key.default is not None and key.rule is not TLS
}
"""The built-in values of what `defaults` may set; that of `tls` depends on the target."""

DURATIONS: Final = frozenset(name for name, key in DEFAULTS.keys.items() if key.rule in {POSITIVE, FROM_ZERO})


def json_schema() -> Json:
    """Return the JSON Schema (2020-12) of the config file."""
    shared: Json = {}
    made = _shape(ROOT, shared)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": dict(sorted(shared.items())), **made}


def _shape(shape: Shape, shared: Json) -> Json:
    required = [name for name, key in shape.keys.items() if key.required]
    return {
        "additionalProperties": False,
        "description": shape.meaning,
        "properties": {name: _key(name, key, shared) for name, key in shape.keys.items()},
        **({"required": required} if required else {}),
        "title": shape.name,
        "type": "object",
    }


def _key(name: str, key: Key, shared: Json) -> Json:
    made = _rule(key.rule, shared)
    if key.null:
        made = {"anyOf": [made, {"type": "null"}]}
    if not key.required and not isinstance(key.rule, Named):
        made = made | {"default": key.default}
    if not isinstance(key.rule, Shape):
        made = made | {"title": name.replace("_", " ").title()}
    return dict(sorted(made.items()))


def _rule(rule: AnyRule, shared: Json) -> Json:
    match rule:
        case Rule():
            return dict(sorted(rule.schema.items()))
        case Several():
            known = {"enum": rule.rule.schema["enum"]} if "enum" in rule.rule.schema else {}
            one = {**known, "type": "string"}
            return {"oneOf": [one, {"items": one, "minItems": 1, "type": "array"}]}
        case Listed():
            return {"items": _rule(rule.shape, shared), "maxItems": rule.most, "type": "array"}
        case Named():
            name: Any = rule.name.schema["pattern"]
            return {"patternProperties": {name: _rule(rule.shape, shared)}, "type": "object"}
        case Shape():
            shared[rule.name] = _shape(rule, shared)
            made = {"$ref": f"#/$defs/{rule.name}"}
            return {"anyOf": [rule.instead.schema, made]} if rule.instead else made

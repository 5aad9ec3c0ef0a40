"""The config as values to show: what holds for each target, from where, and no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.config.durations import duration_text
from psbridge.config.layers import Value
from psbridge.config.load import Config
from psbridge.config.notify import NotifyConfig
from psbridge.config.notify import shown as shown_notify
from psbridge.config.resolve import check_known
from psbridge.config.schema import DURATIONS
from psbridge.config.secrets import SecretSource, shown
from psbridge.config.sign_in import SignInConfig
from psbridge.documents.config import ConfigDocument
from psbridge.models.connection import Tls


def show(
    config: Config, *, origin: bool = False, target: str | None = None, flags: Mapping[str, Any] | None = None
) -> ConfigDocument:
    """Return what holds, layers applied and secrets masked.

    `demo` too can be asked for; without a target, all that are sound are shown.

    Raises:
        NotFound: no such target.
        ConfigError: the target is not sound.
    """
    if target:
        check_known(config, target)
    names = (target,) if target else tuple(config.targets)
    held = {name: config.values(name, flags) for name in names}
    defaults = config.values(None, flags)
    origins = {f"defaults.{key}": value.origin for key, value in defaults.items()}
    for name, values in held.items():
        for key, value in values.items():
            origins[f"targets.{name}.{key}"] = value.origin
            origins |= {f"targets.{name}.{key}.{part}": origin for part, origin in value.parts.items()}
    return ConfigDocument(
        path=str(config.path) if config.path else None,
        defaults=_plain(defaults),
        targets={name: _plain(values) for name, values in held.items()},
        origins=origins if origin else None,
    )


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {key: _one(key, value.value) for key, value in values.items()}


def _one(key: str, value: Any) -> Any:
    if key in DURATIONS:
        return duration_text(value)
    if key == "tls":
        return _tls(value)
    if isinstance(value, NotifyConfig):
        return shown_notify(value)
    if key == "sign_in" and value is None:
        return False
    if isinstance(value, Mapping):
        return {inner: _one(inner, each) for inner, each in value.items()}
    if isinstance(value, SignInConfig):
        proof: dict[str, Any] = (
            {"secret": shown(value.secret)}
            if value.secret is not None
            else {"certificate_thumbprint": value.certificate_thumbprint}
        )
        who = {"application_id": value.application_id, **proof}
        where = {"environment": value.environment, "arm_endpoint": value.arm_endpoint, "tenant": value.tenant}
        return where | {"service_principal": who}
    return shown(value) if isinstance(value, SecretSource) else value


def _tls(tls: Tls | None) -> object:
    if tls is None or tls == Tls():
        return tls is not None
    parts = {key: getattr(tls, key) for key in ("ca", "verify", "client_cert", "client_key", "server_name")}
    return {key: part for key, part in parts.items() if part is not None}

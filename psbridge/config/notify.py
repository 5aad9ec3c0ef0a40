"""`notify` of the config: what it says, and what can be checked of it on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from psbridge import defaults
from psbridge.config import secrets
from psbridge.config.durations import duration_text
from psbridge.config.problems import Problem
from psbridge.config.rules import is_url
from psbridge.config.schema import APPRISE_SCHEMES, PING_SCHEMES
from psbridge.config.secrets import PlainText, SecretSource
from psbridge.errors import ConfigError, Warn
from psbridge.models.notify import ALL_EVENTS, AppriseService, Healthchecks, NoticeEvent, Notify
from psbridge.models.secret import Secret

if TYPE_CHECKING:
    from psbridge.config.convert import Place, Values

NEEDS_EXTRA: Final = "needs the package psbridge[notify], which this machine does not have (apprise)"


class UrlConfig(msgspec.Struct, frozen=True):
    """A URL that is not read yet.

    Attributes:
        key: the keys that lead to it, such as `targets.redmond.notify.healthchecks.url`.
        line: where it stands in the file.
        schemes: pattern of the schemes that it may have.
    """

    source: SecretSource
    key: str
    line: int
    schemes: str


class PingConfig(msgspec.Struct, frozen=True):
    """`healthchecks`."""

    url: UrlConfig
    create: bool = False


class ServiceConfig(msgspec.Struct, frozen=True):
    """An entry of `apprise`."""

    label: str
    url: UrlConfig
    events: tuple[NoticeEvent, ...] = ALL_EVENTS


class NotifyConfig(msgspec.Struct, frozen=True):
    """What `notify` says, `defaults` included; None is what it does not say."""

    healthchecks: PingConfig | None = None
    apprise: tuple[ServiceConfig, ...] | None = None
    timeout: float | None = None
    repeat: float | None = None
    proxy: str | None = None

    @property
    def urls(self) -> Iterator[UrlConfig]:
        """The URLs that it names."""
        if self.healthchecks is not None:
            yield self.healthchecks.url
        yield from (each.url for each in self.apprise or ())


def read(values: Values) -> NotifyConfig:
    """Return what the file says under `notify`."""
    given = {key: value for key, (value, _) in values.items()}
    if "healthchecks" in given:
        ping: Values = given["healthchecks"]
        given["healthchecks"] = PingConfig(_url(ping, PING_SCHEMES), ping["create"][0] if "create" in ping else False)
    if "apprise" in given:
        listed = cast("list[tuple[Values, Place]]", given["apprise"])
        given["apprise"] = tuple(_services(values for values, _ in listed))
    return NotifyConfig(**given)


def _services(listed: Iterable[Values]) -> Iterator[ServiceConfig]:
    """Yield the services; one without a label, or with that of another, is named for its place."""
    taken: set[str] = set()
    for at, values in enumerate(listed, 1):
        label = values["label"][0] if "label" in values else ""
        label = f"{label} {at}".strip() if label in taken else label or f"service {at}"
        taken.add(label)
        yield _service(label, values)


def _service(label: str, values: Values) -> ServiceConfig:
    events = tuple(NoticeEvent(word) for word in values["events"][0]) if "events" in values else ALL_EVENTS
    return ServiceConfig(label, _url(values, APPRISE_SCHEMES), events)


def _url(values: Values, schemes: str) -> UrlConfig:
    source, place = values["url"]
    return UrlConfig(source, ".".join(map(str, place.path)), place.line, schemes)


def resolve_notify(found: NotifyConfig, env: Mapping[str, str], file: Path | None, warn: Warn) -> Notify:
    """Return who is notified about a target. No URL is read yet; reading one raises `ConfigError` if it can't be read.

    Args:
        found: what the config says, `defaults` included.
        env: the environment, for URLs that are in it.
        file: the config file; relative paths start at its folder.
        warn: takes a sentence about a URL that others may read; called when the URL is read.
    """

    def reader(url: UrlConfig) -> Callable[[float], Secret]:
        return lambda seconds: read_url(url, env, file, warn, seconds)

    return Notify(
        healthchecks=None
        if found.healthchecks is None
        else Healthchecks(reader(found.healthchecks.url), found.healthchecks.create),
        apprise=tuple(AppriseService(each.label, reader(each.url), each.events) for each in found.apprise or ()),
        timeout=defaults.NOTIFY_TIMEOUT if found.timeout is None else found.timeout,
        repeat=defaults.NOTIFY_REPEAT if found.repeat is None else found.repeat,
        proxy=found.proxy,
    )


def read_url(url: UrlConfig, env: Mapping[str, str], file: Path | None, warn: Warn, seconds: float) -> Secret:
    """Return a URL's text as a secret.

    Raises:
        ConfigError: it can't be read, or is not a URL of one of its schemes; the message does not hold its text.
    """
    limit = min(secrets.COMMAND_SECONDS, seconds)
    found = secrets.read(url.source, env, file, url.key, warn, command_seconds=limit)
    if not is_url(found.reveal(), url.schemes):
        raise ConfigError(f"{url.key}: what was read is not {_kind(url)}", detail={"key": url.key})
    return found


def _kind(url: UrlConfig) -> str:
    return "a ping URL (https://…)" if url.schemes == PING_SCHEMES else "an Apprise URL (SERVICE://…)"


def shown(found: NotifyConfig) -> dict[str, Any]:
    """Return it as `config show` gives it: each URL's source and never its text."""
    made: dict[str, Any] = {}
    if found.healthchecks is not None:
        made["healthchecks"] = {
            "url": secrets.shown(found.healthchecks.url.source),
            "create": found.healthchecks.create,
        }
    if found.apprise is not None:
        made["apprise"] = {
            it.label: {"url": secrets.shown(it.url.source), "events": [str(event) for event in it.events]}
            for it in found.apprise
        }
    if made:
        made["timeout"] = duration_text(defaults.NOTIFY_TIMEOUT if found.timeout is None else found.timeout)
        made["repeat"] = duration_text(defaults.NOTIFY_REPEAT if found.repeat is None else found.repeat)
    return made | ({"proxy": found.proxy} if found.proxy else {})


def plain_urls(found: NotifyConfig, file: str, *, open_to_read: bool) -> Iterator[Problem]:
    """Yield a warning for each URL whose text stands in the config.

    A ping URL can only ping, so it may stand there as long as others can't read the file.
    """
    for url in found.urls:
        if isinstance(url.source, PlainText) and (open_to_read or url.schemes != PING_SCHEMES):
            more = ", and others may read this file" if open_to_read else ""
            message = f"the URL stands in the config as plain text{more}; better {{file: PATH}} or {{env: NAME}}"
            yield Problem(message, file=file, line=url.line, key=url.key, severity="warning")


def check_here(
    found: NotifyConfig, env: Mapping[str, str], file: Path | None, unchecked: list[str]
) -> Iterator[tuple[UrlConfig, str, str]]:
    """Yield what is wrong on this machine: the URL, the sentence and the severity. Nothing is sent and no command is run."""
    if found.apprise and importlib.util.find_spec("apprise") is None:
        yield found.apprise[0].url, NEEDS_EXTRA, "error"
    for url in found.urls:
        if isinstance(url.source, secrets.FromCommand):
            unchecked.append(f"{url.key}: the command was not run")
            continue
        said: list[str] = []
        try:
            read_url(url, env, file, said.append, secrets.COMMAND_SECONDS)
        except ConfigError as problem:
            yield url, _sentence(problem).removeprefix(f"{url.key}: "), "error"
        for warning in said:
            yield url, warning.removeprefix(f"{url.key}: "), "warning"


def _sentence(problem: ConfigError) -> str:
    listed: list[Mapping[str, Any]] = problem.detail.get("problems", [])
    return f"{listed[0]['file']}: {listed[0]['message']}" if listed else problem.message

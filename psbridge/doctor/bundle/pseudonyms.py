"""Names that identify a site are replaced by numbered words, the same word for the same name, so that one can correlate."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

MASK: Final = "***"
_GENERIC: Final = frozenset({
    "admin", "administrator", "backup", "com", "config", "example", "false", "guest", "home", "host", "invalid",
    "json", "local", "localdomain", "localhost", "login", "name", "net", "none", "ntlm", "null", "operator", "org",
    "psbridge", "root", "server", "session", "stamp", "system", "target", "test", "tmp", "true", "user", "workgroup",
    "wsman",
})  # fmt: skip
"""Words that identify no one, and whose replacement would make every sentence unreadable."""
_LEAST: Final = 2
"""Characters of a name that is replaced wherever it stands."""
_GUID: Final = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_URL_HOST: Final = re.compile(r"(?<=://)(?:[^\s/@]*@)?(\[[0-9a-fA-F:.%\w]+\]|[^\s/:?#\"'\]]+)")
_UNC_HOST: Final = re.compile(r"\\\\([A-Za-z0-9][A-Za-z0-9.-]*)(?=\\)")
_PERSON: Final = re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\b")
_IPV4: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_VERSION: Final = re.compile(r"version$|GitCommitId$", re.IGNORECASE)
"""Keys whose values look like addresses and are versions."""
_NOT_A_NOUN: Final = "".join(f"(?<!{verb}-)" for verb in ("Get", "Set", "New", "Start", "Invoke", "Remove", "Restore"))
"""Keeps the names of cmdlets, such as Get-AzsBackup, where a user is called like the noun."""
_IPV6: Final = re.compile(r"(?<![0-9A-Za-z:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?:%\w+)?(?![0-9A-Za-z:])")


class Pseudonyms:
    """Replaces names in texts; `learn` the names that are known first.

    Args:
        secrets: texts that are masked wherever they stand.
        names: keep the names; secrets are masked all the same.
    """

    def __init__(self, secrets: Collection[str], *, names: bool) -> None:
        self._secrets = _any(secrets, bounded=False)
        self._names = names
        self._words: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._known: re.Pattern[str] | None = None

    def learn(self, kind: str, *names: str | None) -> None:
        """Remember names of one thing, such as a host's full and short name; generic words are left as they are."""
        known = [name.strip() for name in names if name and _identifies(name.strip())]
        if known:
            word = next((self._words[it.casefold()] for it in known if it.casefold() in self._words), None)
            word = word or self._next(kind)
            for name in known:
                self._words.setdefault(name.casefold(), word)
            self._known = None

    def learn_home(self, folder: str) -> None:
        """Remember this user's home folder, which is shown as `~`."""
        self._words[folder.rstrip("/").casefold()] = "~"
        self._known = None

    def learn_host(self, name: str | None) -> None:
        """Remember a host: its full name, its first label, and its domain with the domain's first label."""
        if not name:
            return
        bare = name.strip().removeprefix("*.").rstrip(".")
        if _address(bare):
            return
        short, _, domain = bare.partition(".")
        self.learn("host", bare, short)
        self.learn_domain(domain)

    def learn_domain(self, name: str | None) -> None:
        """Remember a domain, its short name, and the domains above it that have a dot."""
        if not name:
            return
        labels = name.strip().rstrip(".").split(".")
        self.learn("domain", name.strip().rstrip("."), labels[0])
        if len(labels) > 2:
            self.learn_domain(".".join(labels[1:]))

    def learn_user(self, name: str | None) -> None:
        r"""Remember a user: `DOMAIN\user`, `user@domain` or `user`."""
        if not name:
            return
        if "@" in name:
            user, _, domain = name.rpartition("@")
        else:
            domain, _, user = name.rpartition("\\")
        self.learn("user", name, user)
        self.learn_domain(domain)

    def learn_text(self, text: str) -> None:
        """Remember the hosts and users that a text names in a form of their own: a URL, a UNC path, `user@domain`."""
        for host in (*_URL_HOST.findall(text), *_UNC_HOST.findall(text)):
            self.learn_host(host.strip("[]"))
        for person in _PERSON.findall(text):
            self.learn_user(person)

    def text(self, text: str, *, version: bool = False) -> str:
        """Return a text without secrets, and without names unless they are kept; a `version` has no address in it."""
        masked = self._secrets.sub(MASK, text) if self._secrets else text
        return masked if self._names else self._unnamed(masked, version=version)

    def plain(self, value: Any, key: str = "") -> Any:
        """Return plain JSON values, keys included, each text as `text` returns it."""
        if isinstance(value, str):
            return self.text(value, version=_VERSION.search(key) is not None)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.plain(each, str(name)) for name, each in value.items()}
        return [self.plain(each, key) for each in value] if isinstance(value, list | tuple) else value

    def _unnamed(self, text: str, *, version: bool) -> str:
        if self._known is None and self._words:
            self._known = _any(self._words, bounded=True)
        if self._known is not None:
            text = self._known.sub(lambda found: self._words[found[0].casefold()], text)
        text = _GUID.sub(self._each("id"), text)
        text = _URL_HOST.sub(lambda found: found[0].replace(found[1], self._host(found[1])), text)
        text = _UNC_HOST.sub(lambda found: rf"\\{self._host(found[1])}", text)
        text = _PERSON.sub(self._each("user"), text)
        return text if version else _IPV6.sub(self._an_address, _IPV4.sub(self._an_address, text))

    def _host(self, name: str) -> str:
        bare = name.strip("[]")
        if _address(bare) or not _identifies(bare) or bare in self._words.values():
            return name
        return self._word("host", bare)

    def _an_address(self, found: re.Match[str]) -> str:
        return self._word("address", found[0]) if _address(found[0]) and not _loopback(found[0]) else found[0]

    def _each(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._word(kind, found[0])

    def _word(self, kind: str, name: str) -> str:
        folded = name.casefold()
        if folded not in self._words:
            self._words[folded] = self._next(kind)
            self._known = None
        return self._words[folded]

    def _next(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}-{self._counts[kind]}"


def _any(words: Collection[str], *, bounded: bool) -> re.Pattern[str] | None:
    """Return a pattern that finds any of these words, the longest first; `bounded`: not inside a longer word."""
    longest = sorted((re.escape(word) for word in words if word), key=len, reverse=True)
    if not longest:
        return None
    either = "|".join(longest)
    return re.compile(
        rf"(?<![A-Za-z0-9]){_NOT_A_NOUN}(?:{either})(?![A-Za-z0-9])" if bounded else either, re.IGNORECASE * bounded
    )


def _identifies(name: str) -> bool:
    return len(name) >= _LEAST and name.casefold() not in _GENERIC and not name.isdigit() and not _address(name)


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def _loopback(text: str) -> bool:
    found = ipaddress.ip_address(text.partition("%")[0])
    return found.is_loopback or found.is_unspecified

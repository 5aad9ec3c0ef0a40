"""Text that must not be seen: it has no way to print itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

import msgspec


class Secret:
    """A password or key. `reveal()` is the only way to its text; every other way shows `***`.

    It can't be pickled, and two secrets are compared in constant time.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text; call it only where the text is sent."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        import hmac  # it loads OpenSSL, and few secrets are compared

        return isinstance(other, Secret) and hmac.compare_digest(_bytes(self), _bytes(other))

    def __hash__(self) -> int:
        return hash(Secret)

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied out of its process")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied out of its process")


def secrets_in(value: object) -> Iterator[Secret]:
    """Yield each secret in a value: in structs, mappings, lists and tuples."""
    if isinstance(value, Secret):
        yield value
        return
    inner: Iterable[object] = ()
    if isinstance(value, msgspec.Struct):
        inner = (getattr(value, name) for name in value.__struct_fields__)
    elif isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    for each in inner:
        yield from secrets_in(each)


class Masked(Mapping[str, str]):
    """Names and texts, such as the environment, with a repr that shows neither."""

    __slots__ = ("__texts",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.__texts = texts

    def __getitem__(self, name: str) -> str:
        return self.__texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__texts)

    def __len__(self) -> int:
        return len(self.__texts)

    def __repr__(self) -> str:
        return "Masked('***')"


def _bytes(secret: Secret) -> bytes:
    """Return a secret's bytes; text from an environment may hold lone surrogates."""
    return secret.reveal().encode("utf-8", "surrogatepass")


class Credential(msgspec.Struct, frozen=True):
    """A user name and its secret; crosses the wire as a PSCredential."""

    username: str
    password: Secret

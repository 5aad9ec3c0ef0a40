"""What a WWW-Authenticate header says: the schemes that a host offers, and how it reads Basic (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
import unicodedata

import msgspec

_PARAMETER = r'[\w!#$%&\'*+.^`|~-]+[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s,"=]+)'
_CHALLENGE = re.compile(rf"(?:^|,)[ \t]*(?!{_PARAMETER})([A-Za-z][\w.-]*)(?=[ \t]|,|$)", re.ASCII)
_BASIC = re.compile(rf"(?:^|,)[ \t]*basic[ \t]+({_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*)", re.ASCII | re.IGNORECASE)
_CHARSET = re.compile(r'\bcharset[ \t]*=[ \t]*"?utf-8"?(?=[ \t]*(?:,|$))', re.IGNORECASE)


class BasicWords(msgspec.Struct, frozen=True):
    """User and password as Basic sends them.

    Attributes:
        guessed: the encoding, where the host named none; else empty.
    """

    words: tuple[bytes, bytes]
    guessed: str = ""


MAX = 4096  # characters that are looked at


def schemes(header: str) -> str:
    """Return the schemes of a challenge, in the order of the header, each once."""
    return ", ".join(dict.fromkeys(_CHALLENGE.findall(header[:MAX])))


def basic_in_utf8(header: str) -> bool:
    """Return whether the host says that it reads Basic as UTF-8 (RFC 7617, 2.1, which allows to name no other)."""
    found = _BASIC.search(header[:MAX])
    return found is not None and _CHARSET.search(found[1]) is not None


def basic_words(words: tuple[str, str], challenge: str) -> BasicWords:
    """Return user and password in the encoding that a challenge names (RFC 7617, 2.1).

    Where it names none they go out in Latin-1, as clients have always sent them (requests among them), and in UTF-8 what
    Latin-1 can't write.
    """
    if basic_in_utf8(challenge):
        return BasicWords(_utf8(words))
    try:
        return BasicWords((words[0].encode("latin-1"), words[1].encode("latin-1")), "Latin-1")
    except UnicodeEncodeError:
        return BasicWords(_utf8(words), "UTF-8")


def _utf8(words: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return the words in UTF-8; composed, as RFC 7617, 2.1 wants them."""
    user, password = (unicodedata.normalize("NFC", word).encode() for word in words)
    return user, password

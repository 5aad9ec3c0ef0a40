"""Retired phrases stay retired: one row per phrase, with the words to use instead.

A pattern is a regular expression, searched without regard to case. A space in it stands for any break between two words:
a line's end, a comment's `#`, the quotes of a string that is continued on the next line. Write a pattern so that it does not
match itself (`nothing tell[s]`), and keep the rows in alphabetical order.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Retired(NamedTuple):
    """A retired phrase.

    Attributes:
        pattern: the phrase.
        instead: what to write.
        folders: where it is retired so far, such as `("psbridge/cli/",)`; empty: everywhere.
    """

    pattern: str
    instead: str
    folders: tuple[str, ...] = ()


CORE: Final = (
    *("psbridge/catalogue/", "psbridge/cmdlets/", "psbridge/journal/", "psbridge/models/", "psbridge/operations/"),
    *(
        "psbridge/powershell/",
        "psbridge/remoting/",
        "psbridge/clock.py",
        "psbridge/errors.py",
        "psbridge/files.py",
        "psbridge/values.py",
    ),
)
"""Folders that are clean of phrases which others still have; move a phrase to everywhere when its last use is gone."""

RETIRED: Final = (
    Retired("about to trigge[r]", "sending the start request"),
    Retired("at most so man[y]", "maximum number"),
    Retired(r"beside (a|an|one|our|the) \w+ [t]hat", "in addition to, next to, while … is running", CORE),
    Retired("bounds all o[f]", "overall time limit"),
    Retired("can't be ha[d]", "is not available, can't be read"),
    Retired("can't be seen from her[e]", "psbridge can't see"),
    Retired("can't be tol[d]", "is unknown"),
    Retired("every length of time is divide[d]", "speed-up factor for the stamp's clock"),
    Retired("far en[d]", "the host", ("psbridge/remoting/",)),
    Retired(r"goes o[n]\b", "continues, is running", CORE),
    Retired(r"(goes|went|go) ou[t]\b", "is sent", CORE),
    Retired("if it stays s[o]", "if it happens again"),
    Retired(r"is no proo[f]\b", "does not prove"),
    Retired(r"is of n[o]\b", "unsupported X, unknown X, has no X", CORE),
    Retired("is not whol[e]", "is incomplete"),
    Retired(r"left on the hos[t]\b", "remaining on the host"),
    Retired("look for i[t]:", "search for it:"),
    Retired(r"look(s|ed)? fo[r]\b", "search", CORE),
    Retired(r"looked a[t]\b", "read, polled", CORE),
    Retired(r"made after al[l]\b", "was started"),
    Retired("makes no tunne[l]", "refused the tunnel"),
    Retired("none is listed .this stam[p]", "no running backup is listed"),
    Retired("(no|some)bod[y]", "name the person or the process, or use the passive voice", CORE),
    Retired("no scenario and no fil[e]", "no such scenario or file"),
    Retired("no such engin[e]", "unknown engine"),
    Retired("nothing tell[s]", "… is unknown; the outcome of the start request is unknown"),
    Retired("one anothe[r]", "each other"),
    Retired("own word[s]", "error text", CORE),
    Retired(
        r"psbridge (?:backup|run|settings|config|proof) [a-z]+(?: (?:ID|RUN|\{\w+\}))?\.[\"']",
        "end a hint with the command and no full stop: it is pasted",
        ("psbridge/",),
    ),
    Retired(r"plain n[o]\b", "refusal"),
    Retired("read once onl[y]", "only one read since it ended"),
    Retired("shows what there i[s]", "name what is shown: lists all runs"),
    Retired("signed by no authorit[y]", "not signed by a trusted CA"),
    Retired(r"somewher[e]\b", "name the place", CORE),
    Retired(r"take it u[p] again", "wait for it, resume it"),
    Retired(r"(take[sn]?|took) (it |them )?u[p]\b", "resume", CORE),
    Retired("takes no logi[n]", "does not offer this authentication method"),
    Retired("tell whethe[r]", "return whether", ("psbridge/",)),
    Retired("the deadline passe[d]", "timed out after 60s, timed out"),
    Retired("told apar[t]", "distinguished"),
    Retired("what answers ther[e]", "the service on this port"),
    Retired("who is askin[g]", "the user name"),
    Retired(r"whose it i[s]\b", "who started it, which X it belongs to"),
)

# Recordings, output of earlier releases, and pictures are not prose of this version.
NOT_SEARCHED: Final = re.compile(
    r"\.readme/.*\.svg|tests/data/(release-|recorded/|wsman/|journal/).*|.*\.(gz|png)|uv\.lock"
)


@pytest.mark.parametrize("row", RETIRED, ids=lambda row: row.pattern)
def test_no_text_uses_a_retired_phrase(row: Retired, texts: dict[str, str]) -> None:
    found = [
        f"{name}:{line}: {words!r} is retired; write: {row.instead}"
        for name, text in texts.items()
        if not row.folders or name.startswith(row.folders)
        for line, words in uses(row.pattern, text)
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_phrase_is_found_across_the_end_of_a_line() -> None:
    assert list(uses("one two", 'x\nOne two\n    "one "\n    f"two"\n# one\n# two\n')) == [
        (2, "One two"),
        (3, 'one "\n    f"two'),
        (5, "one\n# two"),
    ]
    assert not list(uses("one two", "onetwo one, two"))


def uses(pattern: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and words of each use of a phrase in a text."""
    for found in re.finditer(pattern.replace(" ", r"""(?:\s|["'#]|f["'])+"""), text, re.IGNORECASE):
        yield text.count("\n", 0, found.start()) + 1, found.group()


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return the text of each file of the repository that is prose or code of this version, by its name."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone: the files to search are those that git knows")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and not NOT_SEARCHED.fullmatch(name)]
    return {name: (ROOT / name).read_text("utf-8") for name in names if (ROOT / name).is_file()}

"""Pages of the manual on a terminal."""

from __future__ import annotations

import pytest

from psbridge.guide import TOPICS, page
from psbridge.render.pages import shown
from psbridge.render.terminal import Terminal

PAGE = """\
# A title

<!-- made from a table -->
See [the verdict](verdict.md), [exit codes](exit-codes.md#codes), [below](#a-part) and [the web](https://example.org/).

## A part

```sh
psbridge backup start -t redmond --if-older-than 12h --timeout 2h --note "a line that is longer than the terminal is wide"
```
"""


def test_links_and_code_can_be_copied() -> None:
    assert shown(PAGE, Terminal(tty=True, width=60)) == (
        "A TITLE\n"
        "\n"
        "See the verdict (psbridge help verdict), exit codes\n"
        "(psbridge help exit-codes), below and the web\n"
        "(https://example.org/).\n"
        "\n"
        "A PART\n"
        "\n"
        "    psbridge backup start -t redmond --if-older-than 12h --timeout 2h"
        ' --note "a line that is longer than the terminal is wide"\n'
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_fits_a_terminal(topic: str) -> None:
    lines = shown(page(topic), Terminal(tty=True, width=100)).splitlines()
    assert [line for line in lines if len(line) > 100 and not line.startswith("    ")] == []
    assert [line for line in lines if "](" in line or line.startswith(("```", "<!--"))] == []

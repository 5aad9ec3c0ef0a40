"""The manual: one Markdown page per topic, for `psbridge help` and for readers of the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

TOPICS: Final = {
    "getting-started": "The first day: the host, the account, the first backup.",
    "configuration": "Each config key, environment variable and file.",
    "commands": "Each command and when to use it.",
    "sign-in": "The service principal, its role, the Windows account, certificates, Kerberos.",
    "doctor": "Can I start? Each stage from this machine to the stamp, and its remedies.",
    "exit-codes": "What each exit code means, and what a script does with it.",
    "verdict": "What `confirmed` rests on, and what the other verdicts mean.",
    "recovery": "Could I recover today? The backup in its store, the key, and the sheet.",
    "output": "Formats for machines, and the log file.",
    "automation": "Files for cron, systemd, Ansible, AWX and Airflow.",
    "monitoring": "The Nagios plugin, metrics for Prometheus, alert rules and a dashboard.",
    "library": "psbridge in Python.",
    "rehearsing": "The emulated host: failures on demand, and tests of your runbook.",
    "journal": "The record of each start, and how it is resumed or closed.",
    "troubleshooting": "Symptoms, their causes and what to do.",
    "security": "Secrets, rights, and what psbridge does with them.",
    "how-it-is-built": "The code, and where to add what.",
    "limits": "What is not supported, and what was never seen on a real stamp.",
    "changes": "What changed in each release.",
}
"""The topics in reading order, each with what its page is about."""
_COMMENT: Final = re.compile(r"^<!-- (?!file: ).*?-->\n", re.MULTILINE | re.DOTALL)


def page(topic: str) -> str:
    """Return a topic's page as Markdown.

    Raises:
        KeyError: the topic is unknown.
    """
    if topic not in TOPICS:
        raise KeyError(topic)
    return (Path(__file__).parent / f"{topic}.md").read_text("utf-8")


def without_comments(text: str) -> str:
    """Return a page without its comments for the tests. `<!-- file: NAME -->` stays: with it a script finds a file."""
    return _COMMENT.sub("", text)


def section(topic: str, number: str) -> str:
    """Return a page's section whose heading begins with a number, without that heading.

    Raises:
        KeyError: the topic is unknown.
        ValueError: the page has no such section.
    """
    _, found, rest = page(topic).partition(f"\n## {number} ")
    if not found:
        raise ValueError(f"{topic} has no section {number}")
    return rest.partition("\n## ")[0].partition("\n")[2].strip("\n") + "\n"

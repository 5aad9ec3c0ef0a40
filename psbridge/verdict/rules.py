"""The number of the rules that a case is judged by, so that a record of older ones is judged as it was."""

from __future__ import annotations

from typing import Final

RULES: Final = 2
"""1: without the comparison of witnesses, and without holding an answer against what the run knows."""

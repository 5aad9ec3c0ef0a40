"""The logs of the libraries below."""

from __future__ import annotations

import logging


def disable_library_logs() -> None:
    """Keep the libraries' logs from every handler: at DEBUG pypsrp writes whole messages, secrets included."""
    for name in ("pypsrp", "requests", "requests_credssp", "spnego", "urllib3"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())

"""The embedded engine: a PowerShell host in NoLanguage mode, in Python, that speaks the dialect and nothing else."""

from psbridge.emulator.engines.embedded.fragments import BadFragments
from psbridge.emulator.engines.embedded.runspace import EmbeddedEngine

__all__ = ["BadFragments", "EmbeddedEngine"]

"""The version, without importing anything heavy."""

from importlib.metadata import version

__version__: str = version("psbridge")

"""The version. The build reads it from here (pyproject.toml), so that no code has to search the installed metadata."""

__version__ = "0.1.0"

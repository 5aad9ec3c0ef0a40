"""The version. The build reads it from here (pyproject.toml), so that nothing has to look for the installed metadata."""

__version__ = "0.1.0"

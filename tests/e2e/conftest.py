"""A user for each test."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from tests.support.process.cli import Cli


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Draft202012Validator:
    """Validates documents by the schema that the command line prints."""
    printed = Cli(tmp_path_factory.mktemp("schema"))("config", "schema", "--results").expect(0)
    return Draft202012Validator(printed.document)

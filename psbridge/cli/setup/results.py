"""What a conversation or the options of `config init` lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge.config.draft import Draft
from psbridge.config.packages import lacking
from psbridge.errors import Interrupted
from psbridge.models.secret import Secret
from psbridge.values import replace


class Stopped(Interrupted):
    """The user wants no config after all."""

    def __init__(self, message: str = "stopped") -> None:
        super().__init__(message, hint="Nothing was written.")


class Answers(msgspec.Struct):
    """A draft and the files that are to lie next to it.

    Attributes:
        password: to be kept in a file that psbridge writes; None for any other form.
        secret: the same for the service principal's.
        certificate: the host's certificate in PEM, which is trusted; None for any other authority.
    """

    draft: Draft
    password: Secret | None = None
    secret: Secret | None = None
    certificate: str | None = None

    def finished(self) -> tuple[Draft, dict[str, str]]:
        """Return the draft with the names of these files, and their texts by name."""
        stem = self.draft.target
        sources = {key: {"file": f"{stem}.{key}"} for key in ("password", "secret")}
        files = {f"{stem}.{key}": f"{secret.reveal()}\n" for key, secret in self._typed()}
        return self._with(sources), files | ({f"{stem}.pem": self.certificate} if self.certificate else {})

    def on_trial(self) -> tuple[Draft, dict[str, str], dict[str, str]]:
        """Return the draft for a test, its files that are no secret, and the variables that hold the typed secrets."""
        draft = self._with({key: {"env": name} for key, name in _VARIABLES.items()})
        files = {f"{draft.target}.pem": self.certificate} if self.certificate else {}
        return draft, files, {_VARIABLES[key]: secret.reveal() for key, secret in self._typed()}

    def needs(self) -> str | None:
        """Return what must be installed before this config works on this machine; None if nothing is missing."""
        auth = self.draft.auth
        if auth is None or not lacking(auth):
            return None
        return (
            f"auth {auth} needs psbridge[{auth}], which this machine does not have; see `psbridge help getting-started`"
        )

    def _typed(self) -> list[tuple[str, Secret]]:
        return [(key, secret) for key in _VARIABLES if (secret := getattr(self, key)) is not None]

    def _with(self, sources: Mapping[str, dict[str, str]]) -> Draft:
        made = replace(self.draft)
        if self.password is not None:
            made.password = sources["password"]
        if self.secret is not None and made.sign_in is not None:
            who = {**made.sign_in["service_principal"], "secret": sources["secret"]}
            made.sign_in = {**made.sign_in, "service_principal": who}
        if self.certificate is not None:
            made.ca = f"{made.target}.pem"
        return made


_VARIABLES: Final = {"password": "INIT_PASSWORD", "secret": "INIT_SECRET"}
"""Names in the environment that a test is given; the process's own is not changed."""

"""`emulate`: where it listens."""

from __future__ import annotations

from typing import Literal

from psbridge.documents.document import Document


class EmulationDocument(Document, frozen=True, kw_only=True):
    """Where `emulate` listens and how to sign in. Its secrets are those of an emulated host, made for this start.

    Attributes:
        auth: the login that the config names.
        offered: all logins that the host takes.
        client_cert, client_key: PEM files of the client certificate that was made for the first user.
        config: a config of psbridge, in YAML, whose only target is this host.
        config_file: where such a config is, while the host runs; null where none was asked for.
        store: the folder that stands for the backup share; null if there is none.
        key: a .pfx file that opens what is in the share; null if the emulator does not have the key.
        key_password_file: the file with its password.
        password_variable: the environment variable that the config reads the password from.
    """

    kind: Literal["emulation"] = "emulation"
    url: str
    engine: str
    scenario: str
    speed: float
    auth: str
    offered: list[str]
    username: str
    password: str
    ca_file: str | None
    client_cert: str | None
    client_key: str | None
    location: str
    config: str
    config_file: str | None
    store: str | None
    key: str | None
    key_password_file: str | None
    password_variable: str
    application_id: str
    application_secret: str

"""`sign_in` of a target: how the host's session is signed in to the stamp, and what is missing or too much in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from psbridge.config.rules import MISSING
from psbridge.config.secrets import SecretSource

if TYPE_CHECKING:
    from psbridge.config.convert import Values

_NEEDED: Final = ("environment", "arm_endpoint", "tenant", "service_principal")


class SignInConfig(msgspec.Struct, frozen=True):
    """How a target's session is signed in: by a secret, which is not read yet, or by a certificate on the host."""

    environment: str
    arm_endpoint: str
    tenant: str
    application_id: str
    secret: SecretSource | None = None
    certificate_thumbprint: str | None = None


def read(values: Values | None) -> SignInConfig | Mapping[str, Any] | None:
    """Return how to sign in; a mapping if something is missing, as `defaults` may have it, and None for `false`."""
    if values is None:
        return None
    given = {key: value for key, (value, _) in values.items()}
    who = {key: value for key, (value, _) in given.pop("service_principal", {}).items()}
    if next(incomplete(values), None) is not None:
        return {**given, "service_principal": who} if who else given
    thumbprint = who.get("certificate_thumbprint")
    return SignInConfig(
        **given,
        application_id=who["application_id"],
        secret=who.get("secret"),
        certificate_thumbprint=thumbprint.upper() if thumbprint else None,
    )


def secret(sign_in: object) -> SecretSource | None:
    """Return the source of the secret in what `read` returned; None if there is none."""
    if isinstance(sign_in, SignInConfig):
        return sign_in.secret
    found: SecretSource | None = (
        sign_in.get("service_principal", {}).get("secret") if isinstance(sign_in, Mapping) else None
    )
    return found


def incomplete(sign_in: Values) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the keys within `sign_in` and the sentence of what is missing, or too much."""
    yield from (((key,), MISSING) for key in _NEEDED if key not in sign_in)
    who = sign_in["service_principal"][0] if "service_principal" in sign_in else None
    if who is None:
        return
    if "application_id" not in who:
        yield ("service_principal", "application_id"), MISSING
    proofs = [key for key in ("secret", "certificate_thumbprint") if key in who and who[key][0] is not None]
    if len(proofs) > 1:
        yield ("service_principal",), "expected secret or certificate_thumbprint, not both"
    elif not proofs:
        yield ("service_principal",), "expected secret, or certificate_thumbprint of a certificate on the host"

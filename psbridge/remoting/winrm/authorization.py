"""What a request's Authorization header gives away: whether it says who is asking, or only begins a login."""

from __future__ import annotations

import base64
import binascii

_NTLM = b"NTLMSSP\x00"
_NTLM_AUTHENTICATE = b"\x03"  # AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3); the two before it are the same for everybody
# The TLS inside CredSSP takes two requests before anything of the user goes out (seen with 1.2 and 1.3).
_CREDSSP_NAMES_THE_USER = 3


def identifies_user(header: str | bytes, number: int) -> bool:
    """Return whether a login's request says who is asking, so that a 401 to it refuses them.

    Args:
        header: Authorization, without which there is no login.
        number: 1 for the login's first request.
    """
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, token = text.strip().partition(" ")
    if scheme.casefold() == "credssp":
        return number >= _CREDSSP_NAMES_THE_USER
    if scheme.casefold() not in {"negotiate", "ntlm", "kerberos"}:
        return True
    try:
        data = base64.b64decode(token)
    except binascii.Error:
        return True
    _, mark, message = data.partition(_NTLM)
    return not mark or message.startswith(_NTLM_AUTHENTICATE)

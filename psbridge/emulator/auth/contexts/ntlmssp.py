"""NTLM's part of pyspnego, and the options of every context for WinRM."""

from __future__ import annotations

from typing import Final

import spnego
from spnego._context import ContextProxy
from spnego._ntlm_raw.crypto import md5, ntowfv1
from spnego._ntlm_raw.messages import Authenticate, AvId, NTClientChallengeV2
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import NegotiateOptions

WINRM: Final = NegotiateOptions.wrapping_winrm
_AUTHENTICATE: Final = b"NTLMSSP\x00\x03\x00\x00\x00"


def acceptor() -> ContextProxy:
    """Return a new acceptor; it reads the accounts from the file that the environment names, now and at each step."""
    return spnego.server(protocol="ntlm", options=WINRM | NegotiateOptions.use_ntlm)


def nt_hash(password: str) -> bytes:
    """Return what NTLM knows of a password."""
    made: bytes = ntowfv1(password)
    return made


def same_bindings(sent: bytes, expected: GssChannelBindings) -> bool:
    """Return whether the hash that a client sent is that of the expected bindings."""
    return bool(sent == md5(expected.pack()))


def sent_bindings(token: bytes) -> bytes | None:
    """Return the MD5 of the bindings in an AUTHENTICATE_MESSAGE, bare or inside SPNEGO; None if there are none.

    Looked at only after the response proved good, which covers them ([MS-NLMP] 3.1.5.1.2: none are 16 zeros).
    """
    start = token.find(_AUTHENTICATE)
    if start < 0:
        return None
    response = Authenticate.unpack(token[start:]).nt_challenge_response or b""
    if len(response) <= 24:
        return None  # NTLMv1 has no such field
    sent: bytes | None = NTClientChallengeV2.unpack(response[16:]).av_pairs.get(AvId.channel_bindings)
    return sent if sent and any(sent) else None

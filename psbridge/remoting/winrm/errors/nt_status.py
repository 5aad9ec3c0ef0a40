"""Why a host refused an account, by the status that CredSSP alone sends; NTLM and Basic end with a bare 401.

It is the errorCode of CredSSP ([MS-CSSP] 2.2.1).
"""

from __future__ import annotations

from psbridge.catalogue.nt_status import REFUSALS
from psbridge.errors import AuthError
from psbridge.remoting.winrm.errors.translation import Translation, causes


def account_refused(error: BaseException) -> Translation | None:
    """Return why a host refused an account; None if no status says it.

    requests_credssp's own number is that of a class of errors; the one that was sent is in an error below it.
    """
    numbers = (getattr(cause, "winerror", None) for cause in causes(error))
    status = next((number & 0xFFFFFFFF for number in numbers if isinstance(number, int)), 0)
    known = REFUSALS.get(status)
    if known is None:
        return None
    message = f"the host refused the login: {known.says} (NTSTATUS 0x{status:08X})"
    return Translation(AuthError, message, known.hint, code=known.name)

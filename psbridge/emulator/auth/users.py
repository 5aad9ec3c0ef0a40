"""The accounts of the emulated host, in the forms in which clients name them."""

from __future__ import annotations

import hmac
import re
import socket
from collections.abc import Iterator, Mapping

from psbridge.emulator.auth.barred import Barred
from psbridge.emulator.errors import EmulationError

_NAME = re.compile(r"[^:@\\]+([@\\][^:@\\]+)?")
LOCAL_REALM = "localhost"
"""The realm of local accounts in the user principal name of a certificate."""


def _split(name: str) -> tuple[str, str]:
    domain, separator, user = name.rpartition("\\")
    return (domain, user) if separator else ("", name)


class Users:
    r"""Names and passwords. A name without a domain is also known under `.` and the machine's own name.

    Args:
        accounts: password by name; a name is `user`, `DOMAIN\user` or `user@domain`.
        barred: accounts that are refused although their password is right, by name.

    Raises:
        EmulationError: a name that no client could send.
    """

    def __init__(self, accounts: Mapping[str, str], barred: Mapping[str, Barred] | None = None) -> None:
        for name in accounts:
            if not _NAME.fullmatch(name) or not name.isprintable():
                raise EmulationError(
                    "users", f"invalid user name: {name!r} (at most one domain, no colon, no control characters)"
                )
        if unknown := set(barred or ()) - set(accounts):
            raise EmulationError("users", f"barred: no such user: {', '.join(sorted(unknown))}")
        self._accounts = dict(accounts)
        self._barred = dict(barred or {})
        self._forms: dict[str, str] = {}
        self._principals: dict[str, str] = {}
        host = socket.gethostname()
        for name in accounts:
            domain, user = _split(name)
            for form in {domain} if domain else {"", ".", host, host.partition(".")[0], "WORKSTATION"}:
                self._forms[f"{form}\\{user}".casefold()] = name
            self._principals[principal(name).casefold()] = name

    def find(self, given: str) -> str | None:
        """Return the account for the user name `given`; None if there is none."""
        domain, user = _split(given)
        return self._forms.get(f"{domain}\\{user}".casefold())

    def find_principal(self, given: str) -> str | None:
        r"""Return the account of a `user@REALM` authenticated by a trusted authority; None if there is none.

        As Windows names domains in two ways, `DOMAIN\user` is also the user of a realm whose first label is DOMAIN.
        """
        user, _, realm = given.casefold().rpartition("@")
        names = (f"{user}@{realm}", f"{user}@{realm.partition('.')[0]}")
        return next((self._principals[name] for name in names if name in self._principals), None)

    def barred(self, given: str) -> Barred | None:
        """Return why the account of a user name can't log in; None if it can, or there is none."""
        name = self.find(given)
        return None if name is None else self._barred.get(name)

    def principals(self) -> Iterator[str]:
        """Yield the user principal name of each account."""
        yield from map(principal, self._accounts)

    def check(self, given: str, password: str) -> str | None:
        """Return the account if `password` is its own, else None."""
        name = self.find(given)
        expected = self._accounts[name] if name is not None else ""
        same = hmac.compare_digest(expected.encode(), password.encode())
        return name if same else None

    def down_level_names(self) -> Iterator[tuple[str, str]]:
        r"""Yield each `DOMAIN\user` that a client may send, in small letters, with the password."""
        yield from ((form, self._accounts[name]) for form, name in self._forms.items())


def principal(name: str) -> str:
    r"""Return the user principal name of an account: `user@domain` as it is, `DOMAIN\user` as `user@DOMAIN`."""
    domain, user = _split(name)
    return user if "@" in user else f"{user}@{domain or LOCAL_REALM}"

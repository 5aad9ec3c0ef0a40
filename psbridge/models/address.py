"""A host as the config names it, in the form that each layer needs."""

from __future__ import annotations

import ipaddress

import msgspec


class Address(msgspec.Struct, frozen=True):
    """One host.

    Attributes:
        dialled: what is looked up and connected to: as configured (a scope id and the root's dot included), without the
            brackets of an IPv6 address, and in ASCII (IDNA).
        name: what the host is called in the URL, in TLS and by Kerberos: in lower case, without the root's dot, which no
            certificate has (RFC 6066, 3), and without the scope id, which means nothing to another machine (RFC 6874, 1).
    """

    dialled: str
    name: str

    @property
    def in_url(self) -> str:
        """The name as a URL and the Host header have it."""
        return f"[{self.name}]" if ":" in self.name else self.name


def address(host: str) -> Address:
    """Return a host of the config in its forms.

    Raises:
        ValueError: it is neither a name nor an address; the text says why.
    """
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if ":" in bare:
        found = ipaddress.IPv6Address(bare)
        plain = ipaddress.IPv6Address(int(found)).compressed
        return Address(f"{plain}%{found.scope_id}" if found.scope_id else plain, plain)
    named = bare if bare.isascii() else _in_ascii(bare)
    return Address(named, named.lower().removesuffix("."))


def _in_ascii(name: str) -> str:
    """Return an internationalised name as DNS, certificates and HTTP have it (RFC 5891, with the mapping of UTS 46)."""
    import idna  # requests brings it; most names do not need it

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"not a host name: {error}") from error

"""The host: where it listens, whether its certificate is trusted, and what to do if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.cli.setup import typed
from psbridge.cli.setup.results import Answers, Stopped
from psbridge.cli.setup.trials import Trials, endpoints
from psbridge.config.draft import checked
from psbridge.config.rules import PORT, Wrong
from psbridge.models.connection import Endpoint, address
from psbridge.powershell.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from psbridge.api.first_config import Reached
    from psbridge.cli.setup.dialog import Dialog

_HOST = ("host", "enter the host again")
_KEEP = ("keep", "keep it, and continue without a connection")
_STOP = ("stop", "stop; nothing is written")
_FINGERPRINTS = (
    "Get-ChildItem Cert:\\LocalMachine\\My | ForEach-Object { $_.Subject; [BitConverter]::ToString("
    "[Security.Cryptography.SHA256]::Create().ComputeHash($_.RawData)) }"
)
"""PowerShell that shows the fingerprints of a host's certificates as they are shown here; for Windows PowerShell 5.1 too."""


def ask(dialog: Dialog, answers: Answers, trials: Trials | None) -> tuple[str, ...]:
    """Ask for the host until it was reached or is kept as it is; return the logins that it offers."""
    draft = answers.draft
    while True:
        if draft.host is None:
            answer = dialog.ask("Operator management host, a name or an address", check=_with_port)
            draft.host, draft.port = _split(answer, draft.port)
        if trials is None:
            return ()
        found = _reach(dialog, answers, trials)
        if found.error is None:
            return found.offered
        choice = _after_failure(dialog, found)
        if choice == "keep":
            return ()
        _change(dialog, answers, found, choice)


def _reach(dialog: Dialog, answers: Answers, trials: Trials) -> Reached:
    """Try https, then http, which is taken only if the user agrees."""
    ways = endpoints(answers)
    first = _tried(dialog, answers, trials, next(ways))
    plain = next(ways, None) if first.may_use_http else None
    second = _tried(dialog, answers, trials, plain) if plain is not None else None
    if second is None or second.error is not None:
        return first
    question = "Use http? NTLM and Kerberos encrypt the messages themselves, but nothing proves the host"
    if dialog.confirm(question, default=True):
        answers.draft.tls = False
        return second
    return first


def _tried(dialog: Dialog, answers: Answers, trials: Trials, endpoint: Endpoint) -> Reached:
    found = trials.reach(endpoint, answers.certificate)
    for line in report(found):
        dialog.say(f"  {line}")
    return found


def report(found: Reached) -> Iterator[str]:
    """Yield what was found on a way to a host, as lines."""
    name = found.facts.get(Stage.NAME, {})
    if name.get("addresses") and not name.get("literal"):
        yield f"name: {', '.join(name['addresses'])}"
    if found.certificate:
        version = found.facts[Stage.TLS].get("version") or "TLS"
        yield f"{version}: {described(found.certificate)}"
    if found.error is not None:
        yield f"failed: {found.error.message}"
    elif found.offered:
        yield f"{found.endpoint.url} answers and offers {', '.join(found.offered)}"
    else:
        yield f"{found.endpoint.url} answers and does not say which logins it takes"


def described(certificate: Mapping[str, Any]) -> str:
    """Return a certificate in one line."""
    names = ", ".join(certificate.get("names") or ()) or "no name"
    days = certificate.get("days_left", 0)
    left = f"{days} days left" if days >= 0 else "expired"
    return f"certificate for {names}; issued by {certificate.get('issuer', 'unknown')}; {left}"


def _after_failure(dialog: Dialog, found: Reached) -> str:
    if found.error is not None and found.error.hint:
        dialog.say(f"  hint: {found.error.hint}")
    options = [_HOST, _KEEP, _STOP]
    if found.refused is not None:
        options = [*_trust(dialog, found), *options]
    choice = dialog.choose("What now?", options)
    if choice == "stop":
        raise Stopped
    return choice


def _trust(dialog: Dialog, found: Reached) -> list[tuple[str, str]]:
    """Return the ways to trust a certificate that was refused."""
    options = [("ca", "name a PEM file of the authority that signed it")]
    if found.self_signed:
        dialog.say(f"  SHA-256 of the certificate: {found.fingerprint}")
        dialog.say("  Compare it on the host, in PowerShell:")
        dialog.show(f"    {_FINGERPRINTS}")
        options.insert(0, ("trust", "I have compared it: trust this certificate"))
    else:
        dialog.say(
            "  Ask for the certificate of its authority, or export it on the host: certlm.msc, Trusted Root Certification"
            " Authorities, Export, Base-64. A Base-64 file is PEM."
        )
    names = found.certificate.get("names") or []
    host = address(found.endpoint.host).name
    if names and host not in [name.casefold() for name in names]:
        options.append(("name", f"it is for another name; expect {names[0]}"))
    return options


def _change(dialog: Dialog, answers: Answers, found: Reached, choice: str) -> None:
    draft = answers.draft
    match choice:
        case "trust":
            answers.certificate = found.refused
        case "ca":
            draft.ca = dialog.ask("PEM file of the authority", check=typed.existing_file)
        case "name":
            draft.server_name = str(found.certificate["names"][0])
        case _:
            draft.host = draft.port = draft.ca = draft.server_name = answers.certificate = None
            draft.tls = True


def _with_port(answer: str) -> str:
    host, port = _split(answer, None)
    if port is not None:
        PORT.read(port)
    if "/" in host:
        raise Wrong("expected a host name or address, such as oaw01 or oaw01:5986, without https:// and a path")
    checked("host", host)
    return answer


def _split(answer: str, port: int | None) -> tuple[str, int | None]:
    """Return host and port of what was typed; `host:5986` has both, an IPv6 address has none."""
    host, colon, number = answer.rpartition(":")
    if colon and host.count(":") == 0 and number.isdecimal():
        return host, int(number)
    return answer, port

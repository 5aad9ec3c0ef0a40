"""The reasons (`detail.reason`) of a connection or login that failed without a code of the host."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.catalogue.hints import ADDRESS

_NOTHING: Final = "None was started by this connection: no start request was sent over it."
_BROKE: Final = (
    "Before the start request: none was started. After it a backup may run; psbridge connects again and searches for it, until "
    "the timeout."
)
_CONNECTION: Final = "troubleshooting#the-connection-is-refused-or-nothing-answers"
_LOGIN: Final = "troubleshooting#the-login-is-refused"
_NAME: Final = do("Ask the DNS from here.", "$ getent hosts HOST")
_PORT: Final = do("See whether the port answers.", "$ nc -vz HOST 5986")
_LIST: Final = do("Check the way to the stamp, step by step; one login, only reads.", "$ psbridge doctor")
_LISTENER: Final = do("See the listeners on the host.", "PS> winrm enumerate winrm/config/listener")
_SERVICE: Final = do("See whether WinRM runs.", "PS> Get-Service WinRM")
_METHODS: Final = do("See which methods the host offers.", "PS> Get-ChildItem WSMan:\\localhost\\Service\\Auth")
_FIREWALL: Final = do(
    "See the host's firewall rules.",
    "PS> Get-NetFirewallRule -DisplayGroup 'Windows Remote Management' | Format-Table DisplayName, Enabled",
)
_VALUES: Final = do("See the values in force, and where each is from.", "$ psbridge config show --origin")
_VALIDATE: Final = do("Check the config and this machine.", "$ psbridge config validate")

ENTRIES: Final = (
    Entry(
        "name_not_resolved",
        "the host's name can't be resolved",
        _NOTHING,
        ("The name is misspelled, or is not the full name.", "This machine uses another DNS than the host's network."),
        (_NAME, _VALUES),
        see=(_CONNECTION,),
        aliases=(
            "Name or service not known",
            "Temporary failure in name resolution",
            "No such host is known",
            "gaierror",
        ),
        exit_code="unreachable",
    ),
    Entry(
        "connection_refused",
        "the host refused the connection",
        _NOTHING,
        ("WinRM does not run, or has no listener on this port.", "A firewall answers in the host's place."),
        (_PORT, _SERVICE, _LISTENER),
        see=(_CONNECTION,),
        aliases=("Connection refused", "ECONNREFUSED", "actively refused it"),
        exit_code="unreachable",
    ),
    Entry(
        "no_answer",
        "the host did not answer in time",
        _BROKE,
        (
            "A firewall drops the packets.",
            "The host hangs or is very busy.",
            "`tls` does not fit the port: a port of the other protocol stays silent.",
        ),
        (_PORT, _FIREWALL, _LIST),
        see=(_CONNECTION, "troubleshooting#timeouts-6"),
        aliases=(
            "Connection timed out",
            "ETIMEDOUT",
            "did not answer in time",
            "accepted the connection but did not answer TLS",
        ),
        exit_code="unreachable",
    ),
    Entry(
        "connection_cut",
        "the connection was cut",
        _BROKE,
        (
            "WinRM or the host was restarted.",
            "A firewall or gateway ends idle or long connections.",
            "`tls` does not fit the port.",
        ),
        (_LIST, _SERVICE, do("Resume a wait.", "$ psbridge backup wait")),
        see=(_CONNECTION,),
        aliases=(
            "EOF occurred in violation of protocol",
            "UNEXPECTED_EOF_WHILE_READING",
            "Connection reset by peer",
            "ECONNRESET",
            "Broken pipe",
            "RemoteDisconnected",
        ),
        exit_code="unreachable",
    ),
    Entry(
        "no_route",
        "the host can't be reached",
        _NOTHING,
        ("No network leads to the host: a VPN, a route or an interface is down.",),
        (_NAME, _PORT, _VALUES),
        see=(_CONNECTION,),
        aliases=("No route to host", "Network is unreachable", "EHOSTUNREACH"),
        exit_code="unreachable",
    ),
    Entry(
        "proxy_failed",
        "the proxy opened no tunnel to the host",
        _NOTHING,
        (
            "The proxy allows CONNECT to chosen hosts and ports only.",
            "It asks for credentials (HTTP 407), which psbridge does not support.",
            "It can't resolve or reach the host.",
        ),
        ("Allow the host and its port on the proxy, or remove `proxy` from the target.", _VALUES, _LIST),
        see=(_CONNECTION, "configuration"),
        exit_code="unreachable",
    ),
    Entry(
        "not_wsman",
        "the service on this port is not WinRM as `tls` says",
        _NOTHING,
        (
            "The port speaks TLS and `tls: false` is set, or the other way round.",
            "Another program has the port: a web server, a management agent.",
        ),
        (ADDRESS, _LISTENER, _LIST),
        see=(_CONNECTION,),
        aliases=("speaks TLS, not plain http", "does not speak HTTP", "the host's answer is not WSMan"),
        exit_code="unreachable",
    ),
    Entry(
        "redirected",
        "the host answered with a redirect, which psbridge never follows",
        f"{_NOTHING} Another server would get the credentials.",
        ("A web server or gateway is in front of the host.",),
        ("Set `host` and `port` of the target to the WinRM listener itself.", _LISTENER),
        see=(_CONNECTION, "explain:http-302"),
        exit_code="unreachable",
    ),
    Entry(
        "login_lost",
        "a new login was asked for in the middle of a session (HTTP 401)",
        _BROKE,
        ("A load balancer sent a request of the session to another host.", "A gateway limits how long a login lasts."),
        ("Make all requests of a session use one connection to one host, or connect to the host directly.", _LIST),
        see=(_CONNECTION,),
        exit_code="unreachable",
    ),
    Entry(
        "login_refused",
        "the host refused the credentials",
        "None was started. psbridge tried once, because failed logins lock accounts.",
        (
            "The user name or the password is wrong, or the password has expired.",
            "The account is locked, or may not log on over the network.",
            "A local account is written without its host name: HOST\\user.",
            "A load balancer or TLS inspection ends TLS, so a right password is refused (channel binding).",
        ),
        (
            "Log in by hand with the same user name and password, at the host itself.",
            "Behind a gateway that ends TLS: set `channel_binding: false`, or connect to the host directly.",
            do("Then try once, and only once.", "$ psbridge doctor --only login"),
        ),
        see=(_LOGIN, "sign-in#the-windows-account", "monitoring#a-refused-login", "explain:auth"),
        aliases=(
            "credentials were rejected by the server",
            "the host refused the credentials",
            "0x8007052e",
            "The user name or password is incorrect",
        ),
        exit_code="auth",
    ),
    Entry(
        "login_not_offered",
        "the host does not offer the login that `auth` names, or forbids it",
        "None was started. No password was sent, so it is not the cause.",
        ("The method is off in WinRM's service settings.", "A policy of the host forbids NTLM."),
        (
            _METHODS,
            do("Turn one on, such as Kerberos.", "PS> Set-Item WSMan:\\localhost\\Service\\Auth\\Kerberos $true"),
            "Or set `auth` of the target to a method that the host offers: the message lists them.",
            _LIST,
        ),
        see=(_LOGIN, "configuration"),
        aliases=("refused the login before the user name was sent", "the host does not offer auth"),
    ),
    Entry(
        "login_not_possible",
        "this machine can't do the login",
        "None was started. The host is not to blame, and no password was refused.",
        (
            "A crypto policy (FIPS) disables MD5 or RC4, which NTLM and CredSSP need.",
            "With Kerberos: a user name, a ticket or a realm that can't be used.",
        ),
        (
            do("See the crypto policy (Fedora, RHEL).", "$ update-crypto-policies --show"),
            do("See the Kerberos ticket.", "$ klist"),
            "Use `auth: kerberos`, which needs neither, or `auth: certificate`.",
            _VALIDATE,
        ),
        see=(_LOGIN, "sign-in#kerberos-from-linux"),
        exit_code="config",
    ),
    Entry(
        "package_missing",
        "the login needs a package that is not installed or can't be loaded",
        "None was started.",
        (
            "psbridge was installed without the extra for Kerberos or CredSSP.",
            "MIT Kerberos' libraries are not installed.",
        ),
        (
            "Install psbridge[kerberos] or psbridge[credssp] as the hint says, or use `auth: ntlm` over https.",
            _VALIDATE,
        ),
        see=(_LOGIN, "getting-started"),
        exit_code="config",
    ),
)

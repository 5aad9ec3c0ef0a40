"""Other faults that operators meet, by their numbers; some come only from Windows's own client."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import do
from psbridge.catalogue.entries.wsman_parts import (
    BEFORE,
    CONFIGURATIONS,
    CONNECTION,
    EVENTS,
    LIST,
    LISTENER,
    LOGIN,
    MODULES,
    OPEN,
    QUOTA,
    REFUSED,
    SERVICE,
    TLS,
    Long,
)
from psbridge.catalogue.hints import RETRY
from psbridge.catalogue.wsman_faults import SHORTER

_BASIC: Final = (
    "Set `auth` of the target to a method that the host offers: psbridge needs no setting of Windows's client."
)
MORE: Final = {
    1168: Long(OPEN, ("It was removed on the host.",), (LIST,), title="the host does not find what is named"),
    2150858752: Long(
        OPEN,
        ("The session was removed on the host.", "The session configuration was removed or renamed."),
        (CONFIGURATIONS, LIST),
        (MODULES,),
        title="the host does not find the resource",
    ),
    2150858770: Long(
        BEFORE,
        (
            "WinRM does not run on the host, or has no listener on this port.",
            "The address or the port is wrong.",
        ),
        (SERVICE, LISTENER, LIST),
        (CONNECTION,),
        ("CannotConnect", "The client cannot connect to the destination specified in the request"),
        "the client can't connect to the host",
    ),
    2150858790: Long(
        OPEN,
        ("An answer is larger than MaxEnvelopeSizekb of the host.",),
        (do("See the limit; 500 is the default.", "PS> Get-Item WSMan:\\localhost\\MaxEnvelopeSizekb"),),
        title="the message is too large for the host's envelope",
    ),
    2150858806: Long(
        REFUSED,
        ("The user name or the password is wrong.",),
        (do("Check both by hand, then try once. Accounts lock.", "$ psbridge doctor --only login"),),
        (LOGIN, "explain:auth"),
        title="the host does not accept the authentication",
        exit_code="auth",
    ),
    2150858817: Long(
        REFUSED,
        ("The likely cause is that the host allows less idle time than psbridge asks for.",),
        (SHORTER,),
        (QUOTA,),
        title="the host does not accept a session with these settings",
        exit_code="prerequisite",
    ),
    2150858824: Long(
        OPEN,
        ("A message is larger than MaxEnvelopeSizekb of the host.",),
        (do("See the limit; 500 is the default.", "PS> Get-Item WSMan:\\localhost\\MaxEnvelopeSizekb"),),
        title="the message is larger than the host's MaxEnvelopeSizekb",
    ),
    2150858883: Long(
        OPEN,
        ("PowerShell on the host can't start: a broken profile, module, or .NET installation.",),
        (EVENTS, do("Try it on the host itself.", "PS> Enter-PSSession -ComputerName localhost")),
        (MODULES,),
        title="the plug-in of the session configuration failed",
    ),
    2150858906: Long(
        REFUSED,
        ("The session configuration names a plug-in that can't be loaded, such as of a removed PowerShell 7.",),
        (CONFIGURATIONS, do("Register the configurations again.", "PS> Enable-PSRemoting -Force")),
        (MODULES,),
        title="the host can't load the plug-in of the session configuration",
    ),
    2150858909: Long(
        BEFORE,
        (
            (
                "Cannot find the computer: the name is not that of a computer in the domain, or no domain controller answers "
                "(0x80090311)."
            ),
            "The service principal name is missing or is of another account (0x80090322).",
            "The clocks are too far apart.",
        ),
        (
            "Use the host's full name as `host`, or set `service_host`.",
            do("See which names the host has.", "PS> setspn -L HOST"),
            do("Ask for its ticket from here.", "$ kvno host/HOST.FQDN"),
        ),
        ("troubleshooting#kerberos", "explain:KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN"),
        (
            "Cannot find the computer",
            "Verify that the computer exists on the network and that the name provided is spelled correctly",
            "The following error occurred while using Kerberos authentication",
        ),
        "the login with Kerberos failed: Windows can't find the computer, or its service name",
        "config",
    ),
    2150858974: Long(
        BEFORE,
        ("Windows's client or service forbids messages without encryption (AllowUnencrypted).",),
        (
            "Use https, or an `auth` that seals messages over http: kerberos, ntlm or credssp. Keep AllowUnencrypted off.",
            LISTENER,
        ),
        ("security", LOGIN),
        ("Unencrypted traffic is currently disabled in the client configuration",),
        title="messages without encryption are forbidden",
    ),
    2150858977: Long(
        BEFORE,
        ("A policy of the Windows client forbids Negotiate.",),
        (_BASIC, do("See what the host offers.", "PS> Get-ChildItem WSMan:\\localhost\\Service\\Auth")),
        (LOGIN,),
        title="Negotiate is disabled in Windows's WinRM client",
    ),
    2150858978: Long(
        BEFORE,
        ("A policy of the Windows client forbids Kerberos.",),
        (_BASIC, do("See what the host offers.", "PS> Get-ChildItem WSMan:\\localhost\\Service\\Auth")),
        (LOGIN,),
        title="Kerberos is disabled in Windows's WinRM client",
    ),
    2150858980: Long(
        BEFORE,
        ("A Windows client outside the domain, over http, and the host is not in its TrustedHosts.",),
        (
            "Do not rely on TrustedHosts: psbridge trusts a host by its certificate (https) or by Kerberos.",
            do(
                "On a Windows client, use https or see its list.",
                "PS> Get-Item WSMan:\\localhost\\Client\\TrustedHosts",
            ),
        ),
        (TLS, "security"),
        (
            "HTTPS transport must be used or the destination machine must be added to the TrustedHosts configuration setting",
            "TrustedHosts",
            "ServerNotTrusted",
        ),
        "the Windows client does not trust the host (TrustedHosts)",
    ),
    2150858981: Long(
        BEFORE,
        ("The login needs a user name and a password, and none was given.",),
        ("Set `username` and `password` of the target.", do("Check it.", "$ psbridge config validate")),
        ("configuration",),
        title="the login needs explicit credentials",
    ),
    2150858985: Long(
        "None was started: this is about setting up the host.",
        ("The certificate for an https listener is not for the name of the listener.",),
        (
            do(
                "See which certificates the host has.",
                "PS> Get-ChildItem Cert:\\LocalMachine\\My | Format-List Subject, DnsNameList, Thumbprint",
            ),
        ),
        (TLS, "getting-started"),
        title="the certificate's name is not the listener's host name",
    ),
    2150858999: Long(
        BEFORE,
        ("The service on this port is not WinRM: a web server or a gateway answered.",),
        ("Check `host`, `port` and `tls` of the target.", LISTENER),
        (CONNECTION,),
        title="the answer is not of WSMan's content type",
    ),
    2150859019: Long(
        BEFORE,
        ("Kerberos knows names, not addresses, and `host` is an IP address.",),
        (
            "Set `host` to the host's full name, or set `service_host` to it.",
            do("See its name.", "$ getent hosts ADDRESS"),
        ),
        ("troubleshooting#kerberos",),
        title="Kerberos can't be used with an IP address",
        exit_code="config",
    ),
    2150859020: Long(
        BEFORE,
        ("The client is in a workgroup.",),
        ("Use `auth: ntlm` over https.", LIST),
        title="Kerberos can't be used from a workgroup",
    ),
    2150859023: Long(
        OPEN,
        ("A proxy or gateway answered in the host's place.",),
        ("Check the proxy or gateway between this machine and the host.", LIST),
        (CONNECTION,),
        title="the server answered with an HTTP status that WSMan does not know",
    ),
    2150859025: Long(
        OPEN,
        ("The request is larger than the server or a gateway takes.",),
        (do("Read about that status.", "$ psbridge explain http-413"),),
        ("explain:http-413",),
        title="the server reports that the request is too large (HTTP 413)",
    ),
    2150859026: Long(
        OPEN,
        ("WinRM is stopping or starting, or a gateway can't reach the host.",),
        (SERVICE, LIST),
        (CONNECTION, "explain:http-503"),
        title="the server reports that it is not available (HTTP 503)",
    ),
    2150859027: Long(
        OPEN,
        ("The service on this port is a web server without WSMan.",),
        ("Check `port` of the target.", LISTENER),
        (CONNECTION, "explain:http-404"),
        title="the server reports that there is nothing at this address (HTTP 404)",
    ),
    2150859029: Long(
        "None was started: this is about setting up the host.",
        ("`winrm quickconfig -transport:https` found no suitable certificate.",),
        (
            "Issue a server certificate for the host's full name, from a CA that this machine trusts.",
            do("See which ones there are.", "PS> Get-ChildItem Cert:\\LocalMachine\\My"),
        ),
        ("getting-started", TLS),
        title="an https listener needs a certificate, and the host has none that fits",
    ),
    2150859046: Long(
        BEFORE,
        (
            (
                "A firewall drops the packets: the host's own, or one on the way. By default a public profile admits the local "
                "subnet only."
            ),
            "The name leads to another or a dead machine.",
            "WinRM does not run on the host.",
        ),
        (
            do("See where the name leads, and whether the port answers.", "$ getent hosts HOST", "$ nc -vz HOST 5986"),
            SERVICE,
            LISTENER,
            do(
                "See the host's firewall rules.",
                "PS> Get-NetFirewallRule -DisplayGroup 'Windows Remote Management' | Format-Table DisplayName, Enabled",
            ),
            LIST,
        ),
        (CONNECTION,),
        ("WinRMOperationTimeout", "WinRM cannot complete the operation"),
        "the host does not answer: wrong name, not reachable, or a firewall",
    ),
    2150859082: Long(OPEN, ("The session was closed before.",), (LIST,), title="the session is already closed"),
    2150859087: Long(OPEN, ("The pipeline ended before.",), (LIST,), title="the pipeline is already closed"),
    2150859113: Long(
        "None was started: this is about setting up the host.",
        ("A network connection of the host is of the type Public.",),
        (
            do("See the type of each connection.", "PS> Get-NetConnectionProfile"),
            do("Set up remoting all the same.", "PS> Enable-PSRemoting -SkipNetworkProfileCheck -Force"),
        ),
        ("getting-started",),
        title="WinRM's firewall exception does not work on a public network",
    ),
    2150859120: Long(
        OPEN,
        ("The WinRM service, or a gateway in front of it, met an internal error.",),
        (EVENTS, RETRY),
        ("explain:http-500",),
        title="the server reports an internal error (HTTP 500)",
    ),
    2150859121: Long(
        OPEN,
        ("A Kerberos ticket is too large for HTTP.sys (a user in many groups).", "A gateway altered the request."),
        (do("Read about that status.", "$ psbridge explain http-400"),),
        ("explain:http-400",),
        title="the server reports an invalid request (HTTP 400)",
    ),
    2150859152: Long(
        REFUSED,
        ("The registration of the session configuration is damaged.",),
        (do("Register the configurations again.", "PS> Enable-PSRemoting -Force"), CONFIGURATIONS),
        (MODULES,),
        title="the session configuration of the host is damaged",
    ),
    2150859161: Long(
        REFUSED,
        ("The server sends the client to another address, as Exchange Online does.",),
        (
            "Set `host` and `port` of the target to the WinRM listener itself: psbridge never follows a redirect.",
            LISTENER,
        ),
        (CONNECTION,),
        title="the server asks to be reached at another address",
    ),
    2150859169: Long(
        BEFORE,
        ("CredSSP sends user name and password on, so it needs both.",),
        ("Set `username` and `password` of the target.", do("Check it.", "$ psbridge config validate")),
        ("troubleshooting#the-second-hop",),
        title="CredSSP needs a user name and a password",
        exit_code="config",
    ),
    2150859193: Long(
        BEFORE,
        ("The name is misspelled, or this machine's DNS does not know it.",),
        (do("Ask the DNS from here.", "$ getent hosts HOST"), LIST),
        (CONNECTION,),
        ("because the server name cannot be resolved",),
        "the host's name can't be resolved",
    ),
    2150859194: Long(
        BEFORE,
        ("The two share no TLS version or cipher.", "The listener's certificate has no usable private key."),
        (do("See the handshake.", "$ openssl s_client -connect HOST:5986 </dev/null"), LISTENER),
        (TLS,),
        title="the TLS connection was aborted",
    ),
    2150859195: Long(
        BEFORE,
        ("Windows's client has no default login for an IP address over http.",),
        ("Use the host's full name, or https. psbridge has no such rule.", LIST),
        (LOGIN,),
        ("CannotUseIPAddress", "Default authentication may be used with an IP address"),
        "the default login of Windows's client can't be used with an IP address",
    ),
    2150859203: Long(
        REFUSED,
        ("The session configuration runs as another account, whose password has changed.",),
        (CONFIGURATIONS, "Set the configuration's RunAs credential again (Set-PSSessionConfiguration)."),
        (MODULES,),
        title="the account that the session configuration runs as can't log on",
        exit_code="unreachable",
    ),
    2150859212: Long(
        OPEN,
        ("The session was closed while the pipeline ran, such as at the host's shutdown.",),
        (EVENTS, LIST),
        (CONNECTION,),
        title="the pipeline was ended on the host",
    ),
    2150859229: Long(
        REFUSED,
        ("Remote access is disabled in WinRM or by Disable-PSRemoting.",),
        (do("Enable it.", "PS> Enable-PSRemoting -Force"),),
        (MODULES,),
        title="WinRM on the host takes local requests only",
    ),
    2150859230: Long(
        OPEN,
        ("The WinRM service stopped, or the host is restarting.",),
        (SERVICE, LIST),
        (CONNECTION,),
        title="the connection to the session was ended by the host",
    ),
    2150859231: Long(
        REFUSED,
        ("The account that the session configuration runs as can't log on.",),
        (CONFIGURATIONS, EVENTS),
        (MODULES,),
        title="the host can't open a session as the configuration's account",
    ),
    2150859235: Long(
        REFUSED,
        ("The session configuration permits local sessions only.",),
        (CONFIGURATIONS, "Set `configuration_name` to one that permits remote sessions, or change its access mode."),
        (MODULES,),
        title="the session configuration takes no remote sessions",
    ),
    2150859248: Long(
        BEFORE,
        ("The host could not prove its identity: its service principal name is of another account.",),
        (do("See which names the host has.", "PS> setspn -L HOST"),),
        ("troubleshooting#kerberos",),
        title="the host could not prove its identity",
        exit_code="config",
    ),
    2150859261: Long(
        REFUSED,
        ("A group managed service account of the session configuration can't log on at the host.",),
        (do("Test the account on the host.", "PS> Test-ADServiceAccount ACCOUNT"), CONFIGURATIONS),
        (MODULES,),
        title="the managed account of the session configuration can't log on",
    ),
}

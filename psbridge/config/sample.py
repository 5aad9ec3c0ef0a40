"""The file that `config init` writes: valid as it stands, every key explained."""

SAMPLE = r"""# psbridge's config. Check it with `psbridge config validate`; every key: `psbridge config schema`.
# Keep it yours alone: chmod 600. A file that others may write is refused.
version: 1

defaults:                    # for every target that does not say otherwise; the values below are the built-in ones
  auth: negotiate            # negotiate | kerberos | ntlm | credssp | certificate | basic
  timeout: 2h                # bounds start and wait, queueing and settling included
  call_timeout: 2m           # bounds every other command, and every single call
  connect_timeout: 10s
  poll: 30s                  # the longest pause between two looks at a running backup
  settle: 15m                # how long an upload that can't be read is waited for before it is assumed
  keep_runs: 30d             # how long the journal keeps runs that need nothing more
  retry_after: 1h            # how soon after its end `start --if-older-than` retries a backup that is not good
  # output: table            # table | json | jsonl | yaml | id
  # require_recovery_ready: true
  # require_upload_proof: false
  # inferred_checks: {readiness: warn}   # comparisons that rest on an inference, turned into warnings

# `demo` is always there too: an emulated stamp, to try psbridge on (`psbridge -t demo backup start`).
targets:
  redmond:                   # the name for --target
    host: oaw01.contoso.com  # the operator management host; several are tried in turn: [oaw01…, oaw02…]
    # port: 5986             # default: 5986 with tls, 5985 without
    # tls: true              # true | false | {ca: PATH, verify: true, client_cert: PATH, client_key: PATH, server_name: NAME}
    # proxy: http://proxy.contoso.com:3128               # asked for a tunnel; the environment's proxies are never used
    auth: ntlm               # kerberos and credssp need psbridge[kerberos] and psbridge[credssp]
    username: CONTOSO\backup-operator
    # password: {file: /etc/psbridge/redmond.password}   # or {env: NAME} {command: [pass, show, azs]} {credential: NAME};
    #                        # one line; left out, it is asked for on a terminal
    location: redmond        # the stamp's backup location
    # subscription: Default Provider Subscription        # what the session's context must be before a trigger
    # expect_deployment_id: 00000000-0000-0000-0000-000000000000   # refuse any other stamp
    # configuration_name: Microsoft.PowerShell
    # service: host          # with service_host, Kerberos' name of the host: SERVICE/HOST
    # service_host: oaw01.contoso.com                    # default: the host
    # channel_binding: true  # false where something before the host ends TLS with a certificate of its own
    # idle_timeout: 15m      # after which the host removes a session that nobody asks
    # module: auto           # auto | az | azurerm
    # sign_in:               # left out: the host's session is signed in already
    #   environment: AzureStackAdmin
    #   arm_endpoint: https://adminmanagement.redmond.contoso.com
    #   tenant: contoso.onmicrosoft.com
    #   service_principal: {application_id: 00000000-0000-0000-0000-000000000000, secret: {env: REDMOND_SECRET}}
"""

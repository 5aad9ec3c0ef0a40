"""The file that `config init` writes: valid as it stands, every key explained."""

SAMPLE = r"""# The config of psbridge. Check it: `psbridge config validate`. Read on: `psbridge help configuration`.
# Let nobody else read or write this file (chmod 600). psbridge refuses a file that others can write.
version: 1

# For targets that do not set these keys. Any other key of a target may stand here too, except host, location and
# expect_deployment_id. The values shown are the built-in ones.
defaults:
  auth: negotiate            # negotiate | kerberos | ntlm | credssp | certificate | basic
  timeout: 2h                # time limit of start and wait, including the queue and the settle time
  call_timeout: 2m           # time limit of every other command, and of each call to the host
  connect_timeout: 10s       # time limit of each connection attempt
  poll: 30s                  # the longest pause between two reads of a running backup
  settle: 15m                # how long to wait before an upload that the stamp does not show is assumed
  keep_runs: 30d             # how long the journal keeps finished runs
  retry_after: 1h            # `start --if-older-than` retries a backup that is not good this long after its end
  # output: table            # table | json | jsonl | yaml | id
  # require_recovery_ready: true
  # require_upload_proof: false
  # inferred_checks: {readiness: warn}   # checks that rest on an inference: only warn
  # notify:                  # who is notified of how a backup ended; `psbridge monitor test` tries each of them
  #   apprise: [{url: {file: /etc/psbridge/ops.apprise}, events: [failed, partial, stale, ambiguous, recovered], label: ops}]

# The target `demo` always exists: an emulated stamp to try psbridge on (`psbridge -t demo backup start`).
targets:
  redmond:                   # the name for --target
    host: oaw01.contoso.com  # the operator management host, or a list that is tried in order: [oaw01…, oaw02…]
    # port: 5986             # default: 5986 with tls, 5985 without
    # tls: true              # true | false | {ca: PATH, verify: true, client_cert: PATH, client_key: PATH, server_name: NAME}
    # proxy: http://proxy.contoso.com:3128               # always by CONNECT; proxy variables of the environment are ignored
    auth: ntlm               # kerberos and credssp need the extras of those names
    username: CONTOSO\backup-operator
    # password: {file: /etc/psbridge/redmond.password}   # or {env: NAME} {command: [pass, show, azs]} {credential: NAME};
    #                        # a file of one line. Without this key, psbridge asks on a terminal.
    location: redmond        # the stamp's region name
    # subscription: Default Provider Subscription        # refuse a session with another subscription
    # expect_deployment_id: 00000000-0000-0000-0000-000000000000   # refuse every other stamp
    # configuration_name: Microsoft.PowerShell
    # service: host          # first part of the Kerberos service name SERVICE/HOST
    # service_host: oaw01.contoso.com                    # its second part; default: the host
    # channel_binding: true  # false if a proxy in front of the host terminates TLS
    # idle_timeout: 15m      # the host removes a session after this time without a request
    # module: auto           # auto | az | azurerm
    # notify:                # its keys go over those of notify in defaults
    #   healthchecks: {url: {file: /etc/psbridge/redmond.ping}}   # a ping URL: https://hc-ping.com/UUID
    # store: \\fileserver01.contoso.com\backups          # what the stamp backs up to, for `psbridge backup verify`; or a folder
    # store_username: CONTOSO\backup-reader              # an account of its own, which may only read the share
    # store_password: {file: /etc/psbridge/redmond.store}
    # sign_in:               # without it, the host's session must be signed in already
    #   environment: AzureStackAdmin
    #   arm_endpoint: https://adminmanagement.redmond.contoso.com
    #   tenant: contoso.onmicrosoft.com
    #   service_principal: {application_id: 00000000-0000-0000-0000-000000000000, secret: {env: REDMOND_SECRET}}
    #                        # or, in place of secret, a certificate on the host: certificate_thumbprint: 40 hex digits
"""

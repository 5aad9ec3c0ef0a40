"""An emulated operator management host and its stamp. It shares no code with the client.

What the rest of psbridge uses, each imported from where it is defined:

- `emulation.emulation(Emulating(...))`: an operator host with its stamp, as a context manager that gives an `Emulation`
  (`host`, `stamp`, `engine`); `emulation.ENGINES`, `default_user` and `new_password` for its options.
- `client_config.client_config(running)`: the config of psbridge that reaches it; `login`, `refused`, `to_fill_in` and
  `password_variable` report what the user still has to do.
- `errors.EmulationError`: an option is invalid; `stamp.scenario_format.problems.ScenarioError` where
  that is a scenario file.
- `stamp.scenario_file.open_stamp`: a stamp by a scenario's name or file; `stamp.scenarios.SCENARIOS`: those that have a
  name; `stamp.service.Stamp`; `stamp.lifecycle.StoredBackup`: a backup as the stamp holds it.
- `faults.rules` and `faults.effects`: the rules of `--fault`.
- `tls.server`: the host's certificate, given, made, out of date or broken (`TlsFiles`, `TlsLegacy`, `TlsFault`);
  `auth.methods.METHODS`, `auth.per_request.BasicCharset`, `auth.certificates.CbtLevel`: authentication.
- `clock.Clock` and `http.server.Listen`: the time and the connections of a host, for tests that bring their own.

One folder each: `http` and `tls` below, `auth` (logins and sealed bodies), `wsman` (the service and its shells), `engines`
(`embedded` in Python, `pwsh` the real one, `dialect` shared by both), `stamp` (the resource provider's state machine and
REST API), `faults` (faults on demand).
"""

"""A class per cmdlet: `pipeline()` says what is sent, `parse()` what came back. Pure; nothing here reaches a host.

`parse()` raises the error that the host or stamp gave (`error_records.check`).
"""

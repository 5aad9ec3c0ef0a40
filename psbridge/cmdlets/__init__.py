"""A class a cmdlet: `pipeline()` says what is sent, `parse()` what came back. Pure; nothing here reaches a host."""

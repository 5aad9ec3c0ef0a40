"""`psbridge emulate`: the command that runs an emulated operator host."""

"""PowerShell's own terms as values, and the `Session` that runs a pipeline. Standard library only.

psbridge sends cmdlets with parameters, never script text, so a pipeline is a value to compare and log.
"""

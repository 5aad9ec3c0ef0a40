"""The command line: words in, exit code out. Signal handlers live here, and nothing of how a backup is made."""

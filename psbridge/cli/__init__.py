"""The command line: it reads words and returns an exit code. Signal handlers are here; backup logic is not."""

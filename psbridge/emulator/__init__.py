"""The far end: an operator management host and its stamp, emulated. Imports nothing of the client (design 6)."""

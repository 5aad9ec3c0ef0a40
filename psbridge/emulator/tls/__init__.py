"""TLS of an emulated host, and the certificates it uses."""

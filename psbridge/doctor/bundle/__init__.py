"""The support bundle: what another person needs to help, without secrets, and without names unless they are asked for."""

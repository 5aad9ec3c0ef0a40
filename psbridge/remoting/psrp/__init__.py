"""PSRP messages: how an answer is read, and whether it is whole. Pure."""

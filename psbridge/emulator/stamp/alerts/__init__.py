"""The alerts of the stamp's backup service: which kinds there are, which are open when, and their JSON."""

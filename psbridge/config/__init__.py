"""psbridge's YAML file: found, checked, layered with flags and environment, and resolved to a target."""

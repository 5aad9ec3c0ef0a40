"""The library, and the composition root: the one place that chooses the real session, the config, and `demo`'s host."""

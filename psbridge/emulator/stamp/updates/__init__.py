"""The updates of the stamp: which there are, in which state, their runs, and their JSON."""

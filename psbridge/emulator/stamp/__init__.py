"""The emulated stamp: one state machine, seen through its REST API by every engine."""

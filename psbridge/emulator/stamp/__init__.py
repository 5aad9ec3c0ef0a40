"""The emulated stamp: one state machine, seen through its REST face by every engine."""

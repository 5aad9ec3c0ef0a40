"""`psbridge doctor`: can a backup be started? One file per stage, their order in `stages.py`; `run.py` runs them."""

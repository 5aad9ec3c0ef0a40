"""From a case to its verdict. Pure: it reads no clock and no stamp.

`judge` is the way there: it folds the case's observations to a state (`fold`), runs the checks on both (`checks`) and makes one
judgement of their results. For a wait, `settle` says whether more reads are needed; `exit_code` says what is wrong.
"""

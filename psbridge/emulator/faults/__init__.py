"""Faults on demand: effects on the nth request, to test clients against a bad network or host.

A rule reads `ACTION:WHICH:EFFECT[=VALUE]`, as in `receive:2:reset-after`. `rules` reads it, counts requests and finds
the rule that is for one; `effects` is the table of what can be done; an effect is a few functions at the points
that `exchange` names, which `connection` passes on its way.
"""

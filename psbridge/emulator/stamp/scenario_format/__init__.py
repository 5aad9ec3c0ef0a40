"""The format of scenario files: YAML (or JSON) with the keys of `keys.KEYS`, read into a `Scenario`.

`document` keeps file and line with each value, `readers` parse one value, `keys` and `events` are the
tables of keys, `compose` merges a scenario with those that it is based on.
"""

"""How a scenario is written: YAML (or JSON) with the keys of `keys.KEYS`, read into a `Scenario`.

`document` keeps file and line with each value, `readers` turn one value into what it means, `keys` and `events` are the
tables of what may stand where, `compose` puts a scenario together with those that it is based on.
"""

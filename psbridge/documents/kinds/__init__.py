"""One frozen dataclass a JSON `kind`. Fields are the contract's keys in the contract's order; unknown is None.

Within a `schema_version` keys and kinds may be added, none is renamed or removed. A `…Body` is a part of documents.
"""

"""The machine-readable output: a class for each JSON `kind`, all of them in `registry`.

A document's fields are its keys, in their order; what is not known is None. Its `of` makes it from what the models hold. A
`…Body` is a part of documents. Within a `schema_version` keys and kinds may be added; none is renamed or removed.
"""

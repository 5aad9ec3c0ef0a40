"""Finding what the catalogue says: by a code in any spelling, in a pasted line, or by words."""

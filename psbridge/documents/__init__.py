"""The machine-readable output: one frozen dataclass a JSON `kind`, builders from models, JSON and its schema."""

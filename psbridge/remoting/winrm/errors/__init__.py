"""The one place that knows the errors of each foreign library, and what each comes to (`table.py`)."""

"""The one place that knows the errors of each foreign library, and the psbridge error of each (`table.py`)."""

"""What codes mean and what to do, as tables that import nothing of psbridge: for errors, their hints and the manual."""

"""`judge`: from what was seen to a verdict, by the contract's table. Pure: it never reads and never raises."""

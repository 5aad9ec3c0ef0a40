"""The backup store: what is on the share, and what it proves. Read only: nothing here can write to a store."""

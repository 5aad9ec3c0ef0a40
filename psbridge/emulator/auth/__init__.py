"""Who is calling: one acceptor a mechanism, a table from HTTP scheme to acceptor, and WinRM's message encryption."""

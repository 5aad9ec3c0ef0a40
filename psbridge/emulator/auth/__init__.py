"""Authentication: one acceptor per mechanism, a table from HTTP scheme to acceptor, and WinRM's message encryption."""

from psbridge.quiet import take_switches_for_a_library

take_switches_for_a_library()  # pyspnego is imported below this package alone

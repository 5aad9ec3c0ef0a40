"""Who is calling: Basic, NTLM and Negotiate acceptors, and WinRM's message encryption."""

"""Start, wait for and prove Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting."""

"""pypsrp's own classes: a cmdlet and a script. Runs in the foreign environment.

`Client.execute_ps` would need Invoke-Expression and Out-String, which a host without Microsoft.PowerShell.Utility lacks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

given: dict[str, Any] = json.load(sys.stdin)
connection = {
    "port": given["port"],
    "username": given["username"],
    "password": given["password"],
    "ssl": given["ca_file"] is not None,
    "cert_validation": given["ca_file"] or True,
    "auth": given["auth"],
}
with WSMan(given["host"], **connection) as wsman, RunspacePool(wsman) as pool:
    shell = PowerShell(pool)
    shell.add_cmdlet("Get-AzsBackup").add_parameters({"Location": "redmond", "ResourceGroupName": "system.redmond"})
    listed = [backup.adapted_properties["Name"] for backup in shell.invoke()]
    scripted = PowerShell(pool)
    scripted.add_script("(Get-AzsBackup -Location redmond -ResourceGroupName system.redmond).Name")
    output = scripted.invoke()
    errors = [error.fq_error for error in scripted.streams.error]
found = {"listed": listed, "output": output, "errors": errors}
Path(given["result"]).write_text(json.dumps(found))

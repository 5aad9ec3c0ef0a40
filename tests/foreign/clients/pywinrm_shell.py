"""pywinrm, which asks for a cmd shell. Runs in the foreign environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import winrm
from winrm.exceptions import WSManFaultError

given: dict[str, Any] = json.load(sys.stdin)
address = f"http://{given['host']}:{given['port']}/wsman"
session = winrm.Session(address, auth=(given["username"], given["password"]), transport="ntlm")
found: dict[str, Any] = {}
try:
    session.run_cmd("ipconfig")
except WSManFaultError as fault:
    found = {"code": fault.wsman_fault_code, "subcode": fault.fault_subcode, "message": str(fault)}
Path(given["result"]).write_text(json.dumps(found))

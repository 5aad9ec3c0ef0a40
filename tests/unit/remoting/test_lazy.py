"""What importing costs."""

from __future__ import annotations

import subprocess
import sys


def test_importing_remoting_imports_no_pypsrp():
    code = (
        "import sys, psbridge.remoting; "
        "print([name for name in ('pypsrp', 'requests', 'urllib3', 'spnego') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

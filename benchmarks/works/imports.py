"""What importing costs: whole fresh processes, less one that imports nothing.

CPU time of the process, user and system; the least of many.  ``site`` runs in
both, as in any program.
"""

from __future__ import annotations

import os
import sys
import time

from ends.peers import SSL


def cpu(code: str) -> float:
    """Seconds of CPU that a fresh Python takes for ``code``."""
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ)
    _pid, status, usage = os.wait4(child, 0)
    assert status == 0, f"{code!r} failed"
    return usage.ru_utime + usage.ru_stime


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU that the import adds."""
    code = "import ssl" if peer == SSL else "import OpenSSL.SSL"
    cpu(code)  # writes what is compiled, and brings files into memory
    bare: list[float] = []
    full: list[float] = []
    end = time.monotonic() + seconds
    while len(full) < 5 or time.monotonic() < end:
        bare.append(cpu("pass"))
        full.append(cpu(code))
    return min(full) - min(bare)

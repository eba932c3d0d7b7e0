"""The peers that are compared, and where a child finds certificates."""

from __future__ import annotations

import os
from pathlib import Path

BRISKTLS, SSL, PYOPENSSL, C = "brisktls", "ssl", "pyOpenSSL", "C"
PEERS = (BRISKTLS, SSL, PYOPENSSL, C)

#: One record of 16 KiB, and more.
RECORD = 32768


def folder() -> Path:
    """Where ca.pem, chain.pem and key.pem are."""
    return Path(os.environ["BENCH_IDENTITY"])

"""Settings shared by all tests.  This folder is on the import path: ``from kit import ...``."""

from __future__ import annotations

import os

# Settings of the machine must not decide whom a test trusts.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF"):
    os.environ.pop(_name, None)

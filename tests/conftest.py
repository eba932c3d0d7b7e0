"""Settings shared by all tests.  This folder is on the import path: ``from kit import ...``."""

from __future__ import annotations

import os

import pytest

# Settings of the machine must not decide whom a test trusts.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF"):
    os.environ.pop(_name, None)


def pytest_configure(config: pytest.Config) -> None:
    """Let tests name their time limit even where pytest-timeout is not installed."""
    config.addinivalue_line("markers", "timeout(seconds, method): when a test counts as hung")

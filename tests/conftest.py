"""Settings shared by all tests.  This folder is on the import path: ``from kit import ...``."""

from __future__ import annotations

import os
import signal

import pytest

# Settings of the machine must not decide whom a test trusts.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF"):
    os.environ.pop(_name, None)


def pytest_configure(config: pytest.Config) -> None:
    """Let tests name their time limit even where pytest-timeout is not installed."""
    config.addinivalue_line("markers", "timeout(seconds, method): when a test counts as hung")


# A job in the background inherits a SIGINT that is ignored, and hands it on to
# the programs under test, which could not be interrupted then.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

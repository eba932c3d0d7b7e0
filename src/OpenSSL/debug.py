"""What to paste into a report: ``python -m OpenSSL.debug``."""

from __future__ import annotations

import ssl
import sys
from importlib import metadata

from OpenSSL import version
from OpenSSL._native.common import constants, library

__all__: list[str] = []


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


_env_info = f"""\
{version.__title__}: {version.__distribution_version__}
pyOpenSSL compatibility: {version.__version__}
cryptography: {_installed("cryptography")}
Compiled against OpenSSL: 0x{constants.OPENSSL_VERSION_NUMBER:08x}
Linked OpenSSL: {library.version_text(constants.OPENSSL_VERSION).decode("ascii", "replace")}
Python's OpenSSL: {ssl.OPENSSL_VERSION}
Python executable: {sys.executable}
Python version: {sys.version}
Platform: {sys.platform}
sys.path: {sys.path}"""

if __name__ == "__main__":
    print(_env_info)

"""TLS and DTLS over libssl: the names programs import, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._exceptions import (
    Error,
    SysCallError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
    ZeroReturnError,
)
from ._face.connection import Connection
from ._face.constants import lacking as _lacking
from ._face.context import Context
from ._face.library import OpenSSL_version, SSLeay_version
from ._face.sessions import Session
from ._native import constants as _constants
from ._native.constants import *
from ._sentinels import NO_OVERLAPPING_PROTOCOLS
from ._sentinels import _NoOverlappingProtocols as _NoOverlappingProtocols

__all__ = [
    "NO_OVERLAPPING_PROTOCOLS",
    "Connection",
    "ConnectionType",
    "Context",
    "ContextType",
    "Error",
    "OpenSSL_version",
    "SSLeay_version",
    "Session",
    "SysCallError",
    "WantReadError",
    "WantWriteError",
    "WantX509LookupError",
    "ZeroReturnError",
]
__all__ += _constants.__all__

#: The old names of the two classes.
ContextType = Context
ConnectionType = Connection

# Type checkers must go on refusing names that do not exist.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise _lacking(__name__, name)

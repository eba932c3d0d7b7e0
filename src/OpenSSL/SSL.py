"""TLS and DTLS over libssl: the names programs import, and nothing else."""

from __future__ import annotations

from ._exceptions import (
    Error,
    SysCallError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
    ZeroReturnError,
)
from ._face.common.constants import lacking as _lacking
from ._face.common.library import OpenSSL_version, SSLeay_version
from ._face.crypto.certificates import X509 as X509
from ._face.crypto.keys import PKey as PKey
from ._face.crypto.names import X509Name as X509Name
from ._face.ssl.client_hello import ClientHello
from ._face.ssl.connection import Connection
from ._face.ssl.context import Context
from ._face.ssl.ech import ECHStore
from ._face.ssl.sessions import Session
from ._face.ssl.trace import Trace
from ._native.common import constants as _constants
from ._native.common.constants import *
from ._sentinels import NO_OVERLAPPING_PROTOCOLS
from ._sentinels import _NoOverlappingProtocols as _NoOverlappingProtocols

__all__ = [
    "NO_OVERLAPPING_PROTOCOLS",
    "ClientHello",
    "Connection",
    "ConnectionType",
    "Context",
    "ContextType",
    "ECHStore",
    "Error",
    "OpenSSL_version",
    "SSLeay_version",
    "Session",
    "SysCallError",
    "Trace",
    "WantReadError",
    "WantWriteError",
    "WantX509LookupError",
    "ZeroReturnError",
]
__all__ += _constants.__all__

#: The old names of the two classes.
ContextType = Context
ConnectionType = Connection

TYPE_CHECKING = False
# Type checkers must go on refusing names that do not exist.
if TYPE_CHECKING:
    from ._face.crypto.stores import X509Store as X509Store
else:

    def __getattr__(name: str) -> object:
        # Imported when asked for: the calendar it needs is slow to load.
        if name == "X509Store":
            from ._face.crypto.stores import X509Store

            return X509Store
        if name.startswith("_") and not name.startswith("__"):
            from ._cffi_names.private_names import private

            return private(__name__, name)
        raise _lacking(__name__, name)

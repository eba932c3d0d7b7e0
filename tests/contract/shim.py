"""What pyOpenSSL's tests ask of its inside that is not there: a pytest plugin.

Loaded with ``-p shim`` by run.py.  The package itself never gets any of this.
"""

from __future__ import annotations

import ctypes

from OpenSSL import SSL, _util, crypto
from OpenSSL._native.common import errors

#: The features that tests are skipped without.
FEATURES = {
    "Cryptography_HAS_KEYLOG": 1,
    "Cryptography_HAS_SSL_GET0_GROUP_NAME": 1,
}
#: Names that modules of tests import, and use at most in annotations.
ONLY_IMPORTED = {SSL: ("_make_requires",), crypto: ("_Key", "_PrivateKey")}


def put_error(library: int, function: int, reason: int, file: bytes, line: int) -> None:
    """Put an error into this thread's queue, as ``ERR_put_error`` did before OpenSSL 3."""
    # Symbols are looked for in the libraries it stands on, too.
    libcrypto = ctypes.CDLL(errors.__file__)
    libcrypto.ERR_new()
    libcrypto.ERR_set_debug(file, line, None)
    libcrypto.ERR_set_error(library, reason, None)


for _name, _value in FEATURES.items():
    setattr(_util.lib, _name, _value)
_util.lib.ERR_LIB_EVP = 6
_util.lib.ERR_put_error = put_error
for _module, _names in ONLY_IMPORTED.items():
    for _name in _names:
        setattr(_module, _name, type(_name, (), {}))

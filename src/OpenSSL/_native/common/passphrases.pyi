# Written by tools/make_stubs.py from passphrases.pyx.

from collections.abc import Callable

from OpenSSL._native.common.hooks import Carrier

class Passphrase(Carrier):
    def __init__(self, source: bytes | Callable[[bool], bytes]) -> None: ...

# Written by tools/make_stubs.py from locking.pyx.

from OpenSSL._native.common.hooks import Carrier

class Entrance(Carrier):
    """The way in to an SSL, for one thread at a time."""

# Written by tools/make_stubs.py from working.pyx.

from OpenSSL._native.ssl.tunnel import Tunnelled

class Worker(Tunnelled):
    """How one operation is carried out, once."""

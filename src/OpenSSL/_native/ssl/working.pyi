# Written by tools/make_stubs.py from working.pyx.

from OpenSSL._native.ssl.conduit import Conducted

class Worker(Conducted):
    """How one operation is carried out, once."""

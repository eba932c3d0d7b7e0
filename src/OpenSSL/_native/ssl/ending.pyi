# Written by tools/make_stubs.py from ending.pyx.

from OpenSSL._native.ssl.tenancy import Tenant

class Ending(Tenant):
    """How a connection ends: once, and told alike from then on."""

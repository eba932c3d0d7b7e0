# Written by tools/make_stubs.py from shared_stores.pyx.

class Anchors:
    """One parsed store, and what it was made of."""

def platform_places() -> tuple[bytes, bytes, bool]:
    """The file and the folders that OpenSSL looks into, and whether the environment names them."""

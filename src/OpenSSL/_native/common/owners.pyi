# Written by tools/make_stubs.py from owners.pyx.

def set_face(native: type, face: type) -> None:
    """Say which subclass of a native class is made for people."""

class Owner:
    """The owner of one handle of OpenSSL's."""

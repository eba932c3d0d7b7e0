# Written by tools/make_stubs.py from conduit.pyx.

from typing import final

from OpenSSL._native.ssl.ending import Ending

def is_conducted(socket: object) -> bool:
    """Whether an object's bytes go by its own methods, not by a descriptor."""

@final
class Conduit:
    """What carries the bytes of a connection that has no descriptor of its own."""

class Conducted(Ending):
    """How a connection's bytes go through an object that has methods of its own for them."""

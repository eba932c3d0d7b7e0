# Written by tools/make_stubs.py from tunnel.pyx.

from typing import final

from OpenSSL._native.ssl.ending import Ending

def is_tunnelled(socket: object) -> bool:
    """Whether an object's bytes go by its own methods, not by a descriptor."""

@final
class Tunnel:
    """What carries the bytes of a connection that has no descriptor of its own."""

class Tunnelled(Ending):
    """How a connection's bytes go through an object that has methods of its own for them."""

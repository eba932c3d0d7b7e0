from collections.abc import Callable

from OpenSSL._native.carrier import Carrier

class Entrance(Carrier):
    """The way in to an SSL, for one thread at a time."""

def close_socket(connection: Entrance, close: Callable[[], object]) -> object:
    """Call ``close`` while no other thread's call is about to use the descriptor.

    A hook that runs may wait for whoever closes, so nobody waits for hooks.
    """

from OpenSSL._native.carrier import Carrier

class Entrance(Carrier):
    """The way in to an SSL, for one thread at a time."""

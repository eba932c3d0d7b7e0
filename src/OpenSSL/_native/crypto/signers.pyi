# Written by tools/make_stubs.py from signers.pyx.

def set_algorithm(kind: type) -> None:
    """Say what functions are told of the signature they are to make."""

class Link: ...

class Signer:
    """The owner of a function that signs.

    EVP_PKEY_fromdata(3)
    """
    def __init__(self, function: object) -> None: ...
    @property
    def decrypts(self) -> bool: ...

class Opening:
    """The provider is made by one thread."""

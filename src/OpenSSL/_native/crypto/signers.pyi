class Link: ...

class Signer:
    """The owner of a function that signs.

    EVP_PKEY_fromdata(3)
    """

    def __init__(self, function: object) -> None: ...
    @property
    def decrypts(self) -> bool:
        """Whether a key of this kind can decrypt, where it lives.

        EVP_PKEY_is_a(3)
        """

class Opening: ...

# What functions are told of a signature is an instance of the face given to this.
def set_algorithm(kind: type) -> None: ...

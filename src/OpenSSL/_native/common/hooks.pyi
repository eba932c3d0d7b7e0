class Hooks: ...

class Carrier:
    """Keeps the first exception of a hook until the call that ran it raises it."""

class Asking(Carrier):
    """A call of libcrypto that signs."""

class Kept: ...

def write_unraisable(error: BaseException, about: object) -> None: ...

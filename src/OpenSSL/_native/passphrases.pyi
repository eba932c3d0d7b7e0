from collections.abc import Callable

class Passphrase:
    def __init__(self, source: bytes | Callable[[bool], bytes]) -> None: ...

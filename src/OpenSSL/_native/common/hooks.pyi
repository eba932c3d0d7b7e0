# Written by tools/make_stubs.py from hooks.pyx.

from typing import Any

def write_unraisable(error: BaseException, about: object) -> None:
    """Tell ``sys.unraisablehook`` of an exception that no call can raise."""

class Hooks: ...

class Carrier:
    """Keeps the first exception of a hook until the call that ran it raises it."""

def settle(answer: Any, whose: str) -> Any:
    """Do it for a hook that is asked by Python."""

class Asking(Carrier):
    """A call of libcrypto that signs, between ``begin_asking`` and ``end``."""

class Kept: ...

"""How a C function says that it failed, and the assertion that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from OpenSSL._exceptions import CryptoError, Error
from OpenSSL._native.common import errors

__all__ = ["attempt", "exception_from_error_queue", "make_assert", "openssl_assert"]

# C leaves the reason in a queue of the thread; a method's exception waits here instead.
_kept = threading.local()


def attempt(call: Callable[..., object], *arguments: Any) -> int:
    """Call a public method as C does: 1 when it worked, 0 when it refused."""
    _kept.details = None
    try:
        call(*arguments)
    except (Error, CryptoError) as refusal:
        _kept.details = refusal.args[0]
    except ValueError as refusal:
        _kept.details = [("SSL routines", "", str(refusal))]
    else:
        return 1
    return 0


def exception_from_error_queue(exception_type: type[Exception]) -> None:
    """Raise ``exception_type`` with the reason of the last failure as triples."""
    details = getattr(_kept, "details", None)
    _kept.details = None
    if details:
        raise exception_type(details)
    raise errors.from_queue(exception_type)


def make_assert(error: type[Exception]) -> Callable[[bool], None]:
    """Return a function that raises ``error`` when it is given something false."""

    def openssl_assert(ok: bool) -> None:
        if not ok:
            exception_from_error_queue(error)

    return openssl_assert


openssl_assert = make_assert(Error)

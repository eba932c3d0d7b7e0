from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.context import Context

def is_supported(number: int) -> bool: ...
def add(
    context: Context,
    number: int,
    places: int,
    make: Callable[..., Any] | None,
    read: Callable[..., Any] | None,
) -> None: ...

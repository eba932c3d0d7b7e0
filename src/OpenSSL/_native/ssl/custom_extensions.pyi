# Written by tools/make_stubs.py from custom_extensions.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.context import Context

def is_supported(number: int) -> bool:
    """Whether libssl itself speaks of this extension."""

def add(
    context: Context,
    number: int,
    places: int,
    make: Callable[..., Any] | None,
    read: Callable[..., Any] | None,
) -> None:
    """Announce an extension, once; ``make`` and ``read`` may be None."""

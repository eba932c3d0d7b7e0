"""What a transport tells about its connection: ``get_extra_info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from OpenSSL.aio.ends import End
    from OpenSSL.aio.transports import Transport

__all__ = ["tell"]


def _peercert(end: End) -> Any:
    return end.link().getpeercert() if end.connection.is_init_finished() else None


#: The answers that are about TLS; all others are about what is below.
FACTS: dict[str, Callable[[End], Any]] = {
    "connection": lambda end: end.connection,
    "context": lambda end: end.connection.get_context(),
    "cipher": lambda end: end.link().cipher(),
    "compression": lambda end: end.link().compression(),
    "peercert": _peercert,
    "ssl_object": lambda end: end.object(),
    "sslcontext": lambda end: end.link().context,
}


def tell(transport: Transport, name: str, default: Any) -> Any:
    """Return the fact called ``name``, or ``default``."""
    known = FACTS.get(name)
    found = transport._below(name) if known is None else known(transport._end)
    return default if found is None else found

"""Objects that mean something by being the object they are; imports nothing of the package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, final
else:

    def final(one: type) -> type:
        return one


__all__ = ["NO_OVERLAPPING_PROTOCOLS"]


@final
class _NoOverlappingProtocols:
    """The type of :data:`NO_OVERLAPPING_PROTOCOLS`, its only instance."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OpenSSL.SSL.NO_OVERLAPPING_PROTOCOLS"

    def __reduce__(self) -> str:
        # Copies and pickles are the object itself: callers compare identity.
        return "NO_OVERLAPPING_PROTOCOLS"


#: What an ALPN callback returns to go on without an application protocol.
NO_OVERLAPPING_PROTOCOLS: Final = _NoOverlappingProtocols()

"""What a store of sessions and ticket keys has to be able to do."""

from __future__ import annotations

from typing import NoReturn, Protocol, runtime_checkable

__all__ = ["InOneProcess", "SessionStore", "StoreError"]


class InOneProcess:
    """What locks, threads and connections belong to: each process makes its own."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be copied or pickled; make one in each process")


class StoreError(Exception):
    """A store that could not do what it was asked."""

    __module__ = "OpenSSL.fleet"


@runtime_checkable
class SessionStore(Protocol):
    """A place shared by processes, or by hosts, that keeps bytes under bytes for a time.

    Times are in seconds.  Every method may raise StoreError or anything else when the
    store fails; the caller treats that as "not there".  A method may be called by
    several threads at once.
    """

    def get(self, key: bytes) -> bytes | None:
        """The value, or None if there is none or its time is over."""

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        """Keep the value for that many seconds, in place of another."""

    def remove(self, key: bytes) -> None:
        """Forget the value, if there is one."""

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        """Keep the value if there is none yet, in one atomic step; whether it was kept.

        With ``since``, in seconds since 1970, only where the store is sure that it has kept all
        that was added from then on: it was there, has lost nothing and pushed nothing out.
        """
        ...

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        """Replace the value if it is still the expected one, in one atomic step.

        The new one is kept without an end.  None expects no value.  Returns whether the
        value was replaced.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds open."""


# Not in the class, where it would be a member of the protocol.
SessionStore.__module__ = "OpenSSL.fleet"

"""How a hello is made: numbers, blocks behind their lengths, and bodies of extensions."""

from __future__ import annotations

__all__ = ["Reader", "identities", "listed", "name", "numbers", "protocols", "shares"]


class Reader:
    """Takes a structure apart from its beginning; ValueError where it is cut short."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise ValueError("it is cut short")
        return self._data[start : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def block(self, size: int) -> bytes:
        """The bytes behind a length of ``size`` bytes."""
        return self.take(self.number(size))

    def end(self) -> None:
        if self.more():
            raise ValueError("bytes are left over")


def numbers(data: bytes, size: int = 2) -> tuple[int, ...]:
    if len(data) % size:
        raise ValueError("half a number")
    return tuple(int.from_bytes(data[at : at + size], "big") for at in range(0, len(data), size))


def listed(body: bytes, head: int, size: int = 2) -> tuple[int, ...]:
    """The numbers of a body that is one list behind a length of ``head`` bytes."""
    reader = Reader(body)
    found = numbers(reader.block(head), size)
    reader.end()
    return found


def name(body: bytes) -> bytes:
    reader = Reader(body)
    names = Reader(reader.block(2))
    reader.end()
    if names.number(1) != 0:
        raise ValueError("no host's name")
    host = names.block(2)
    names.end()
    return host


def protocols(body: bytes) -> tuple[bytes, ...]:
    reader = Reader(body)
    names = Reader(reader.block(2))
    reader.end()
    found = []
    while names.more():
        found.append(names.block(1))
    return tuple(found)


def identities(body: bytes) -> tuple[bytes, ...]:
    """What a hello of TLS 1.3 names sessions and keys by: tickets, ids and identities."""
    names = Reader(Reader(body).block(2))
    found = []
    while names.more():
        found.append(names.block(2))
        names.take(4)  # its age
    return tuple(found)


def shares(body: bytes) -> tuple[int, ...]:
    reader = Reader(body)
    keys = Reader(reader.block(2))
    reader.end()
    found = []
    while keys.more():
        found.append(keys.number(2))
        keys.block(2)
    return tuple(found)

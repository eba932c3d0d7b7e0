"""Certificates, requests and lists that no tool writes: DER by hand, unsigned in truth."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization

from kit import authority

__all__ = [
    "certificate",
    "crl",
    "element",
    "extension",
    "identifier",
    "parts",
    "request",
    "sequence",
]


def element(tag: int, *parts: bytes) -> bytes:
    """One element: its tag, its size and what is in it."""
    body = b"".join(parts)
    count = len(body)
    if count < 128:
        return bytes([tag, count]) + body
    size = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + body


def sequence(*parts: bytes) -> bytes:
    return element(0x30, *parts)


def parts(whole: bytes) -> list[bytes]:
    """The elements in one element, each with its tag and size."""
    found = []
    inside = _content(whole)
    while inside:
        size = len(inside) - len(_rest(inside))
        found.append(inside[:size])
        inside = inside[size:]
    return found


def _header(data: bytes) -> tuple[int, int]:
    """How long the tag and the size of the first element are, and what is in it."""
    if data[1] < 128:
        return 2, data[1]
    count = data[1] - 128
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")


def _content(data: bytes) -> bytes:
    start, size = _header(data)
    return data[start : start + size]


def _rest(data: bytes) -> bytes:
    return data[sum(_header(data)) :]


def identifier(dotted: str) -> bytes:
    """An object identifier, from its numbers."""
    first, second, *rest = map(int, dotted.split("."))
    out = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 127]
        while number := number >> 7:
            groups.append(number & 127 | 128)
        out += bytes(reversed(groups))
    return element(6, out)


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = element(1, b"\xff") if critical else b""
    return sequence(identifier(dotted), flag, element(4, value))


ALGORITHM = sequence(identifier("1.2.840.10045.4.3.2"))  # ecdsa-with-SHA256
SIGNATURE = element(3, b"\0", sequence(element(2, b"\1"), element(2, b"\1")))
SPAN = element(23, b"250101000000Z"), element(23, b"400101000000Z")


def name(common: bytes = b"localhost") -> bytes:
    return sequence(element(0x31, sequence(identifier("2.5.4.3"), element(12, common))))


def public_key() -> bytes:
    return (
        authority.identity()
        .private_key.public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def certificate(*extensions: bytes) -> bytes:
    body = sequence(
        element(0xA0, element(2, b"\2")),
        element(2, b"\7"),
        ALGORITHM,
        name(),
        sequence(*SPAN),
        name(),
        public_key(),
        element(0xA3, sequence(*extensions)),
    )
    return sequence(body, ALGORITHM, SIGNATURE)


def request(*extensions: bytes) -> bytes:
    asked = sequence(identifier("1.2.840.113549.1.9.14"), element(0x31, sequence(*extensions)))
    body = sequence(element(2, b"\0"), name(), public_key(), element(0xA0, asked))
    return sequence(body, ALGORITHM, SIGNATURE)


def crl(*extensions: bytes, entry: bytes = b"") -> bytes:
    """A list with one certificate in it, whose entry has ``entry`` for an extension."""
    revoked = sequence(element(2, b"\7"), SPAN[0], sequence(entry) if entry else b"")
    body = sequence(
        element(2, b"\1"),
        ALGORITHM,
        name(),
        *SPAN,
        sequence(revoked),
        element(0xA0, sequence(*extensions)),
    )
    return sequence(body, ALGORITHM, SIGNATURE)

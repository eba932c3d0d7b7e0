"""Client hellos by hand: made of their parts, taken apart again, and their fingerprints.

It shares nothing with the package: a struct here and a slice there, and fingerprints as
their authors describe them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kit.records import HANDSHAKE, record

__all__ = ["Hello", "ja3", "ja4", "listed", "name", "protocols", "taken_apart"]

GREASE = {0x0A0A + 0x1010 * step for step in range(16)}
VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0xFEFF: "d1", 0xFEFD: "d2"}


def numbers(values: Iterable[int]) -> bytes:
    return b"".join(struct.pack(">H", each) for each in values)


def listed(values: Iterable[int]) -> bytes:
    """A list of numbers of two bytes, behind its length of two bytes."""
    body = numbers(values)
    return struct.pack(">H", len(body)) + body


def name(host: bytes) -> bytes:
    """The body of the extension server_name."""
    return struct.pack(">HBH", len(host) + 3, 0, len(host)) + host


def protocols(names: Sequence[bytes]) -> bytes:
    """The body of the extension for ALPN."""
    body = b"".join(bytes([len(each)]) + each for each in names)
    return struct.pack(">H", len(body)) + body


@dataclass
class Hello:
    """The parts of a hello; ``extensions`` is None where there is not even an empty list."""

    version: int = 0x0303
    random: bytes = bytes(range(32))
    session_id: bytes = b""
    suites: Sequence[int] = (0xC02F,)
    compressions: bytes = b"\0"
    extensions: Sequence[tuple[int, bytes]] | None = field(default=())
    cookie: bytes = b""

    def body(self, dtls: bool = False) -> bytes:
        cookie = bytes([len(self.cookie)]) + self.cookie if dtls else b""
        parts = [
            struct.pack(">H", self.version) + self.random,
            bytes([len(self.session_id)]) + self.session_id + cookie,
            listed(self.suites),
            bytes([len(self.compressions)]) + self.compressions,
        ]
        if self.extensions is not None:
            inner = b"".join(
                struct.pack(">HH", kind, len(body)) + body for kind, body in self.extensions
            )
            parts.append(struct.pack(">H", len(inner)) + inner)
        return b"".join(parts)

    def message(self, dtls: bool = False) -> bytes:
        body = self.body(dtls)
        size = len(body).to_bytes(3, "big")
        return b"\1" + size + (bytes(5) + size if dtls else b"") + body

    def record(self) -> bytes:
        """As a server is sent it; the record's own version is TLS 1.0's."""
        message = self.message()
        return b"\x16\3\1" + len(message).to_bytes(2, "big") + message

    def records(self, size: int) -> bytes:
        """The same, in records of ``size`` bytes."""
        message = self.message()
        pieces = (message[at : at + size] for at in range(0, len(message), size))
        return b"".join(record(HANDSHAKE, each) for each in pieces)


def taken_apart(message: bytes, dtls: bool = False) -> Hello:
    """The parts of a handshake message."""
    at = 12 if dtls else 4
    version, random = struct.unpack_from(">H32s", message, at)
    at += 34

    def block(head: str) -> bytes:
        nonlocal at
        (size,) = struct.unpack_from(head, message, at)
        at += struct.calcsize(head)
        found = message[at : at + size]
        at += size
        return found

    session_id = block(">B")
    cookie = block(">B") if dtls else b""
    suites = block(">H")
    compressions = block(">B")
    extensions = None
    if at < len(message):
        end = at + 2 + struct.unpack_from(">H", message, at)[0]
        at += 2
        extensions = []
        while at < end:
            (kind,) = struct.unpack_from(">H", message, at)
            at += 2
            extensions.append((kind, block(">H")))
    assert at == len(message)
    return Hello(version, random, session_id, halves(suites), compressions, extensions, cookie)


def halves(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def said(hello: Hello, kind: int) -> bytes:
    return dict(hello.extensions or ()).get(kind, b"")


def without_grease(values: Iterable[int]) -> list[int]:
    return [each for each in values if each not in GREASE]


def ja3(hello: Hello) -> str:
    lists = (
        without_grease(hello.suites),
        without_grease(kind for kind, _ in hello.extensions or ()),
        without_grease(halves(said(hello, 10)[2:])),
        list(said(hello, 11)[1:]),
    )
    return ",".join([str(hello.version), *("-".join(map(str, each)) for each in lists)])


def ja4(hello: Hello, dtls: bool = False) -> str:
    kinds = without_grease(kind for kind, _ in hello.extensions or ())
    suites = without_grease(hello.suites)
    versions = without_grease(halves(said(hello, 43)[1:])) or [hello.version]
    newest = min(versions) if dtls else max(versions)
    alpn = said(hello, 16)
    first = alpn[3 : 3 + alpn[2]].decode("ascii") if alpn else "00"
    rest = ",".join(sorted(f"{each:04x}" for each in kinds if each not in (0, 16)))
    signatures = ",".join(f"{each:04x}" for each in without_grease(halves(said(hello, 13)[2:])))
    begin = f"{'td'[dtls]}{VERSIONS[newest]}{'id'[0 in kinds]}{len(suites):02d}{len(kinds):02d}"
    return "_".join(
        [
            begin + first[0] + first[-1],
            digest(",".join(sorted(f"{each:04x}" for each in suites))),
            digest(rest + ("_" + signatures if signatures else "")),
        ]
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "000000000000"

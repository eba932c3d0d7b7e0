from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("click")

from OpenSSL._command.scan_hello import read

RANDOM = bytes(range(32))


def hello(
    *extensions: tuple[int, bytes], version: int = 0x0303, compression: int = 0, session: int = 32
) -> bytes:
    inner = b"".join(struct.pack("!HH", kind, len(data)) + data for kind, data in extensions)
    body = struct.pack("!H", version) + RANDOM + bytes([session]) + bytes(session)
    body += struct.pack("!HB", 0xC02B, compression)
    return body + (struct.pack("!H", len(inner)) + inner if extensions else b"")


def test_what_is_read() -> None:
    found = read(hello((0xFF01, b"\0"), (43, b"\x03\x04"), compression=1))
    assert found is not None
    assert (found.version, found.suite, found.compression) == (0x0304, 0xC02B, 1)
    assert found.secure_renegotiation
    assert not found.retry
    plain = read(hello(session=0))
    assert plain is not None
    assert (plain.version, plain.secure_renegotiation) == (0x0303, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        hello()[:37],
        hello(session=33),
        hello((43, b"\x03\x04"))[:-1],
        hello((43, b"\x03\x04")) + b"\0",
        hello() + b"\0",
        hello() + b"\0\x03\0\x2b\xff",
    ],
)
def test_what_does_not_fit_is_none(body: bytes) -> None:
    assert read(body) is None


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_break_it(noise: bytes, place: int) -> None:
    read(noise)
    body = hello((0xFF01, b"\0"), (43, b"\x03\x04"))
    read(body[:place] + noise + body[place:])

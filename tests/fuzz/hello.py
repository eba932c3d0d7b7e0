"""A harness whose bytes become the extensions of an otherwise good ClientHello."""

from __future__ import annotations

import contextlib
import struct

from harnesses import IDENTITY, look

from OpenSSL import SSL

SERVER_NAME, ALPN = 0, 16
CIPHERS = struct.pack(">3H", 0x1301, 0xC02B, 0xC02C)
#: supported_groups, ec_point_formats and signature_algorithms, so that TLS 1.2 goes on.
ALWAYS = bytes.fromhex("000a00040002001d000b00020100000d000a00080403080708040804")
seen: list[object] = []


def make_context() -> SSL.Context:
    made = SSL.Context(SSL.TLS_METHOD)
    made.use_certificate_chain_file(str(IDENTITY / "chain.pem"))
    made.use_privatekey_file(str(IDENTITY / "key.pem"))
    made.set_tlsext_servername_callback(lambda end: seen.append(end.get_servername()))
    made.set_alpn_select_callback(choose)
    return made


def choose(_end: SSL.Connection, offer: list[bytes]) -> object:
    assert offer, "an empty offer must not reach the callback"
    assert all(0 < len(each) < 256 for each in offer), offer
    seen.append(offer)
    return SSL.NO_OVERLAPPING_PROTOCOLS if len(offer) > 3 else offer[-1]


CONTEXT = make_context()


def extension(number: int, body: bytes) -> bytes:
    return struct.pack(">2H", number, len(body)) + body


def hello(extensions: bytes) -> bytes:
    body = b"\x03\x03" + bytes(range(32)) + b"\0"
    body += struct.pack(">H", len(CIPHERS)) + CIPHERS + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def names(data: bytes) -> None:
    """The first byte cuts the rest: server name extension, ALPN extension."""
    if not data:
        return
    data = data[:4096]
    cut = 1 + min(data[0], len(data) - 1)
    seen.clear()
    end = SSL.Connection(CONTEXT, None)
    end.set_accept_state()
    end.bio_write(hello(extension(SERVER_NAME, data[1:cut]) + extension(ALPN, data[cut:]) + ALWAYS))
    try:
        end.do_handshake()
    except SSL.WantReadError:
        pass
    except SSL.Error:
        pass
    look(end)


def offer(data: bytes) -> None:
    """The setters of the same things: lists of protocols and names that may be refused."""
    parts = data.split(b"\0")[:64]
    end = SSL.Connection(CONTEXT, None)
    end.set_connect_state()
    for call in (
        lambda: end.set_alpn_protos(parts),
        lambda: end.set_tlsext_host_name(data),
        lambda: end.set_host(data),
        lambda: end.do_handshake(),
    ):
        with contextlib.suppress(SSL.Error, ValueError, TypeError):
            call()

"""A harness whose bytes become extensions of otherwise good hellos, and one for the setters."""

from __future__ import annotations

import contextlib
import struct

from harnesses import IDENTITY

from OpenSSL import SSL

SERVER_NAME, ALPN = 0, 16
OFFERED = (b"h2", b"http/1.1")
#: The bits of an input's first byte.
TO_CLIENT, TLS_1_3, RAW_NAME, RAW_PROTOCOLS, TURNED, OTHER_CONTEXT = (1 << bit for bit in range(6))
#: Rarely: what comes after computes much and reads nothing.
GO_ON = 192
CIPHERS = struct.pack(">3H", 0x1301, 0xC02B, 0xC02C)
Name = bytes | None
names_seen: list[Name] = []
offers_seen: list[list[bytes]] = []
going_on = [False]


class Enough(Exception):
    """Ends a handshake where names and protocols are known, before it computes."""


def extension(number: int, body: bytes) -> bytes:
    return struct.pack(">2H", number, len(body)) + body


#: Groups, point formats and signatures that fit the certificate; no renegotiation.
ALWAYS = (
    extension(10, bytes.fromhex("0004001d0017"))
    + extension(11, b"\x01\0")
    + extension(13, bytes.fromhex("0006040308070804"))
    + extension(0xFF01, b"\0")
)
#: supported_versions, and a share that is the base point of X25519.
NEWER = extension(43, b"\x02\x03\x04") + extension(
    51, struct.pack(">3H", 36, 29, 32) + b"\x09" + bytes(31)
)


def told(end: SSL.Connection) -> None:
    names_seen.append(end.get_servername())


def moved(end: SSL.Connection) -> None:
    told(end)
    end.set_context(CONTEXT)


def choose(_end: SSL.Connection, offer: list[bytes]) -> object:
    assert offer, "an empty offer must not reach the callback"
    assert all(0 < len(each) < 256 for each in offer), offer
    offers_seen.append(offer)
    if not going_on[0]:
        raise Enough
    return SSL.NO_OVERLAPPING_PROTOCOLS if len(offer) > 3 else offer[-1]


def server_context() -> SSL.Context:
    made = SSL.Context(SSL.TLS_METHOD)
    made.use_certificate_chain_file(str(IDENTITY / "chain.pem"))
    made.use_privatekey_file(str(IDENTITY / "key.pem"))
    made.set_groups_list(b"X25519:P-256")
    made.set_tlsext_servername_callback(told)
    made.set_alpn_select_callback(choose)
    return made


def client_context() -> SSL.Context:
    made = SSL.Context(SSL.TLS_METHOD)
    made.set_max_proto_version(SSL.TLS1_2_VERSION)
    made.set_alpn_protos(OFFERED)
    return made


CONTEXT, LEAVING, CLIENT = server_context(), server_context(), client_context()
LEAVING.set_tlsext_servername_callback(moved)


def record(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def client_hello(extensions: bytes) -> bytes:
    body = b"\x03\x03" + bytes(range(32)) + b"\0"
    body += struct.pack(">H", len(CIPHERS)) + CIPHERS + b"\x01\0"
    return record(1, body + struct.pack(">H", len(extensions)) + extensions)


def server_hello(extensions: bytes) -> bytes:
    body = b"\x03\x03" + bytes(range(32)) + b"\0\xc0\x2b\0"
    return record(2, body + struct.pack(">H", len(extensions)) + extensions)


def names(data: bytes) -> None:
    """The first byte chooses, the second cuts the rest: server name, ALPN.

    Either is the extension's body as it stands, or what a well-made one holds: then
    the callbacks must be told exactly that.
    """
    if len(data) < 2:
        return
    bits, data = data[0], data[1:4096]
    cut = 1 + min(data[0], len(data) - 1)
    name, rest = data[1:cut], data[cut:]
    offer = [each[:255] for each in rest.split(b"\n") if each]
    protocols = b"".join(bytes([len(each)]) + each for each in offer)
    name_body = name if bits & RAW_NAME else struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    offer_body = rest if bits & RAW_PROTOCOLS else struct.pack(">H", len(protocols)) + protocols
    both = [extension(SERVER_NAME, name_body), extension(ALPN, offer_body)]
    extensions = b"".join(both[:: -1 if bits & TURNED else 1])
    if bits & TO_CLIENT:
        answer(extensions if bits & TURNED else both[1])
        return
    saw_offer = ask(bits, extensions + ALWAYS + (NEWER if bits & TLS_1_3 else b""))
    if not bits & (RAW_NAME | RAW_PROTOCOLS) and offer and name and b"\0" not in name:
        assert names_seen == [name], (names_seen, name)
        assert saw_offer and offers_seen == [offer], (offers_seen, offer)


def ask(bits: int, extensions: bytes) -> bool:
    """Let a server hear these extensions; whether its protocols were asked for."""
    names_seen.clear()
    offers_seen.clear()
    going_on[0] = bits & GO_ON == GO_ON
    end = SSL.Connection(LEAVING if bits & OTHER_CONTEXT else CONTEXT, None)
    end.set_accept_state()
    end.bio_write(client_hello(extensions))
    try:
        end.do_handshake()
    except SSL.WantReadError:
        assert names_seen, "a handshake went on without its name callback"
    except Enough:
        assert offers_seen
    except SSL.Error:
        pass
    end.get_servername()
    end.get_alpn_proto_negotiated()
    end.get_state_string()
    return bool(offers_seen)


def answer(extensions: bytes) -> None:
    """Let a client hear these extensions of a ServerHello."""
    end = connecting()
    end.set_tlsext_host_name(b"brisk.test")
    with contextlib.suppress(SSL.WantReadError):
        end.do_handshake()
    end.bio_write(server_hello(extensions + extension(0xFF01, b"\0")))
    with contextlib.suppress(SSL.Error):
        end.do_handshake()
    chosen = end.get_alpn_proto_negotiated()
    assert chosen in (b"", *OFFERED), chosen
    end.get_servername()
    end.get_state_string()


def offer(data: bytes) -> None:
    """The setters of the same things: lists of protocols and names that may be refused."""
    parts = data.split(b"\0")[:64]
    end = offering[0]
    # A hello makes a key, which takes longer than all of the rest.
    used = len(data) % 8 == 0
    for call, argument in (
        (end.set_alpn_protos, parts),
        (end.set_tlsext_host_name, data),
        (end.set_host, data),
    ):
        try:
            call(argument)
        except (SSL.Error, ValueError, TypeError):
            used = True
    if used:
        with contextlib.suppress(SSL.Error):
            end.do_handshake()
        offering[0] = connecting()


def connecting() -> SSL.Connection:
    end = SSL.Connection(CLIENT, None)
    end.set_connect_state()
    return end


#: An end that was given good offers only may be given another.
offering = [connecting()]

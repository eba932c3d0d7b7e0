"""What a client says first, as a server's callback is shown it."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
from typing import Any

import pytest

from kit import authority, contexts, datagrams, hellos, peers, pump, sockets, stdlib
from kit.hellos import Hello
from OpenSSL import SSL

Shown = list[SSL.ClientHello]
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


def watching(version: str | None = None) -> tuple[SSL.Context, Shown]:
    """A server's Context, and what its callback is shown."""
    shown: Shown = []
    context = contexts.server_context(version=version)
    context.set_client_hello_callback(lambda _, hello: shown.append(hello))
    return context, shown


def show(data: bytes) -> SSL.ClientHello:
    """Send these bytes to a server; what its callback is shown of them."""
    context, shown = watching()
    server = SSL.Connection(context, None)
    server.set_accept_state()
    server.bio_write(data)
    with pytest.raises(SSL.Error):  # libssl may refuse what comes later, or want more
        server.do_handshake()
    (hello,) = shown
    return hello


def assert_same(hello: SSL.ClientHello, sent: Hello) -> None:
    assert hello.legacy_version == sent.version
    assert hello.random == sent.random
    assert hello.session_id == sent.session_id
    assert list(hello.cipher_suites) == list(sent.suites)
    assert bytes(hello.compression_methods) == sent.compressions
    assert list(hello.extensions) == list(sent.extensions or ())
    assert hello.cookie == sent.cookie


# ---- clients as they are


def assert_told(hello: SSL.ClientHello, first: bytes) -> None:
    """Compare with what an independent reader makes of a record."""
    size = int.from_bytes(first[3:5], "big")
    sent = hellos.taken_apart(first[5 : 5 + size])
    assert hello.message == first[5 : 5 + size]
    assert_same(hello, sent)
    assert hello.ja3 == hellos.ja3(sent)
    assert hello.ja3_hash == hashlib.md5(hellos.ja3(sent).encode()).hexdigest()
    assert hello.ja4 == hellos.ja4(sent)
    assert not hello.is_dtls


@NEWEST
def test_a_client_of_the_standard_library(version: str) -> None:
    context, shown = watching()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = stdlib.client_context(version=version)
    client_context.set_alpn_protocols(["h2", "http/1.1"])
    client = client_context.wrap_bio(incoming, outgoing, server_hostname=authority.HOST)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    first = outgoing.read()
    server = SSL.Connection(context, None)
    server.set_accept_state()
    server.bio_write(first)
    with pytest.raises(SSL.WantReadError):
        server.do_handshake()
    (hello,) = shown
    assert_told(hello, first)
    assert hello.server_name == authority.HOST.encode()
    assert hello.alpn_protocols == (b"h2", b"http/1.1")
    assert (0x0304 in hello.supported_versions) is (version == "TLSv1.3")
    assert hello.ja4.startswith("t13d" if version == "TLSv1.3" else "t12d")
    assert 0x001D in hello.groups  # X25519
    assert 0x0403 in hello.signature_algorithms  # ecdsa_secp256r1_sha256
    assert set(hello.key_share_groups) <= set(hello.groups)
    assert bool(hello.key_share_groups) is (version == "TLSv1.3")
    for _ in range(3):
        incoming.write(pump.outgoing(server))
        try:
            client.do_handshake()
            break
        except ssl.SSLWantReadError:
            server.bio_write(outgoing.read())
            pump.step(server.do_handshake)
    assert client.cipher()


@pytest.mark.parametrize(
    ("peer", "program"), [(peers.openssl_client, "openssl"), (peers.gnutls_client, "gnutls-cli")]
)
def test_a_client_program(peer: Any, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    context, shown = watching()
    with sockets.listener() as listening, peer(listening.getsockname()[1]):
        sock, _ = listening.accept()
        with sock:
            first = b""
            while len(first) < 5 or len(first) < 5 + int.from_bytes(first[3:5], "big"):
                first = sock.recv(65536, socket.MSG_PEEK)
            server = sockets.server_end(context, sock)
            server.do_handshake()
            assert_told(shown[0], first)
            assert shown[0].server_name == authority.HOST.encode()
            server.close()


# ---- what others have published

CHROME = Hello(
    suites=[
        *(0x4A4A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030),
        *(0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
    ],
    extensions=[
        (0xAAAA, b""),
        (0x001B, b"\2\0\2"),
        (0x0000, hellos.name(b"brisk.test")),
        (0x0033, hellos.listed([])),
        (0x0010, hellos.protocols([b"h2", b"http/1.1"])),
        *((0x4469, b"\0\3\2h2"), (0x0017, b""), (0x002D, b"\1\1")),
        (
            0x000D,
            hellos.listed([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]),
        ),
        *((0x0005, b"\1\0\0\0\0"), (0x0023, b""), (0x0012, b"")),
        (0x002B, b"\6" + hellos.numbers([0xFAFA, 0x0304, 0x0303])),
        *((0xFF01, b"\0"), (0x000B, b"\1\0"), (0x000A, hellos.listed([0x1A1A, 0x1D, 0x17, 0x18]))),
        *((0x0015, bytes(30)), (0x3A3A, b"\0")),
    ],
)
#: The example of JA4's own description.
CHROME_JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_ja4_of_its_own_description() -> None:
    hello = show(CHROME.record())
    assert hello.ja4 == CHROME_JA4
    assert hello.ja4_r == (
        "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
        "_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01"
        "_0403,0804,0401,0503,0805,0501,0806,0601"
    )


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
            "ada70206e40642a3e4461f35503241d5",
        ),
        ("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"),
    ],
)
def test_ja3_of_its_own_description(text: str, digest: str) -> None:
    version, suites, kinds, groups, formats = (
        [int(each) for each in part.split("-") if each] for part in text.split(",")
    )
    bodies = {
        0: hellos.name(b"brisk.test"),
        10: hellos.listed(groups),
        11: bytes([len(formats), *formats]),
    }
    hello = show(
        Hello(
            version=version[0],
            suites=suites,
            extensions=[(kind, bodies[kind]) for kind in kinds] or None,
        ).record()
    )
    assert hello.ja3 == text
    assert hello.ja3_hash == digest


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((b"\xab", "ab"), (b"\xab\xcd", "ad"), (b"\x30\xab", "3b")),
        *((b"\x30\x31\xab\xcd", "3d"), (b"\x30\xab\xcd\x31", "01")),
        *((b"http/1.1", "h1"), (b"h", "hh"), (b"Ab9", "A9")),
    ],
)
def test_ja4_of_protocols_that_are_no_words(name: bytes, said: str) -> None:
    hello = show(Hello(extensions=[(16, hellos.protocols([name, b"h2"]))]).record())
    assert hello.ja4.startswith(f"t12i0101{said}_")


def test_fingerprints_of_next_to_nothing() -> None:
    hello = show(Hello(version=0x0305, suites=(0x0A0A,), extensions=None).record())
    assert hello.ja4 == "t00i000000_000000000000_000000000000"
    assert hello.ja3 == "773,,,,"
    many = show(Hello(suites=range(0x1300, 0x1400), extensions=[]).record())
    assert many.ja4.startswith("t12i990000_")


# ---- every form of a hello


@pytest.mark.parametrize(
    "sent",
    [
        CHROME,
        Hello(),
        Hello(extensions=None),
        Hello(session_id=bytes(32), suites=range(1, 2000), compressions=b"\0\1\2"),
        # What libssl does not know is there as well, in its place.
        Hello(extensions=[(0x7777, b"x"), (16, hellos.protocols([b"a"])), (0x7778, b"")]),
        Hello(extensions=[(0x9000 + each, bytes(each)) for each in range(100)]),
    ],
)
@pytest.mark.parametrize("size", [16384, 50])
def test_all_of_it_is_shown(sent: Hello, size: int) -> None:
    hello = show(sent.records(size))
    assert_same(hello, sent)
    assert hello.message == sent.message()
    assert SSL.ClientHello(sent.message()).extensions == hello.extensions


@pytest.mark.skipif(
    SSL.OPENSSL_VERSION_NUMBER >= 0x40000000, reason="OpenSSL 4.0 reads no hello of SSL 2.0's form"
)
def test_a_hello_of_the_oldest_form() -> None:
    suites = b"\x07\x00\xc0" + b"".join(bytes([0, *divmod(each, 256)]) for each in (0xC02F, 0x2F))
    body = b"\1\3\3" + len(suites).to_bytes(2, "big") + b"\0\0\0\x10" + suites + b"c" * 16
    hello = show(bytes([0x80, len(body)]) + body)
    assert hello.legacy_version == 0x0303
    assert hello.cipher_suites == (0xC02F, 0x2F)
    assert hello.random == bytes(16) + b"c" * 16
    assert hello.compression_methods == (0,)
    assert (hello.session_id, hello.extensions) == (b"", ())


@pytest.mark.parametrize(
    ("kind", "body", "asked"),
    [
        *((10, body, "groups") for body in (b"", b"\0\4\0\x17", b"\0\3\0\x17\0", b"\0\2\0\x17\0")),
        *((13, body, "signature_algorithms") for body in (b"\0", b"\0\2\4", b"\0\2\4\3\0")),
        *((43, body, "supported_versions") for body in (b"\4\3\4", b"\3\3\4\3", b"\2\3\4\0")),
        *((41, body, "session_ids") for body in (b"\0", b"\0\5\0\1a\0\0", b"\0\3\0\4ab")),
        *((51, body, "key_share_groups") for body in (b"\0\4\0\x17\0\1", b"\0\3\0\x17\0")),
        *((11, body, "point_formats") for body in (b"\2\0", b"\1\0\0")),
    ],
)
def test_what_is_malformed_says_so_when_it_is_asked_for(kind: int, body: bytes, asked: str) -> None:
    message = Hello(extensions=[(kind, body)]).message()
    hello = SSL.ClientHello(message)
    assert hello.extension(kind) == body
    with pytest.raises(SSL.Error, match=f"extension {kind} .* is malformed") as caught:
        getattr(hello, asked)
    assert caught.value.alert == 50
    assert hello.extension(99) is None


@pytest.mark.parametrize("asked", ["server_name", "alpn_protocols"])
@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1", b"\0\4\0\0\2a", b"\0\2\2a", b"\0\2\3a"])
def test_malformed_names(asked: str, body: bytes) -> None:
    kind = {"server_name": 0, "alpn_protocols": 16}[asked]
    with pytest.raises(SSL.Error, match="malformed"):
        getattr(SSL.ClientHello(Hello(extensions=[(kind, body)]).message()), asked)


def test_a_message_that_is_cut_or_too_long_is_none() -> None:
    message = CHROME.message()
    for wrong in [*(message[:size] for size in range(len(message))), message + b"\0"]:
        with pytest.raises(ValueError, match="not a client's hello"):
            SSL.ClientHello(wrong)
    with pytest.raises(ValueError, match="another message"):
        SSL.ClientHello(b"\2" + message[1:])
    with pytest.raises(TypeError, match="message must be a byte string"):
        SSL.ClientHello("text")  # type: ignore[arg-type]
    assert "15 cipher" not in repr(SSL.ClientHello(message))


def test_a_hello_that_cannot_be_taken_apart_is_refused_before_it_is_shown() -> None:
    """libssl looks at the suites later; a server has to expect no other exception."""
    record = bytearray(Hello(suites=(0x1301, 0xC02F), extensions=None).record())
    at = record.index(b"\x13\x01\xc0\x2f")
    record[at - 1] = 3  # bytes of suites; the next is taken for a count of compressions
    record[at + 3 : at + 6] = b"\2\0\1"
    context, shown = watching()
    client = sockets.socket.socketpair()
    with client[0], client[1]:
        client[0].sendall(record)
        server = sockets.server_end(context, client[1])
        with pytest.raises(SSL.Error, match="half a number") as caught:
            server.do_handshake()
        assert (caught.value.alert, shown) == (50, [])
        assert client[0].recv(100)[-1] == 50


# ---- DTLS


def test_over_dtls() -> None:
    context = datagrams.context(serving=True)
    shown: Shown = []
    context.set_client_hello_callback(lambda _, hello: shown.append(hello))
    ends = pump.pair(context, datagrams.context(), b"brisk.test")
    pump.handshake(*ends)
    (hello,) = shown
    assert hello.is_dtls
    assert hello.legacy_version == 0xFEFD
    assert_same(hello, hellos.taken_apart(hello.message, dtls=True))
    assert hello.server_name == b"brisk.test"
    assert hello.ja4 == hellos.ja4(hellos.taken_apart(hello.message, dtls=True), dtls=True)
    assert hello.ja4.startswith("dd2d")


@pytest.mark.parametrize("listening", [False, True])
def test_over_dtls_after_a_cookie(listening: bool) -> None:
    told: list[str] = []
    context = datagrams.context(serving=True)
    context.set_options(SSL.OP_COOKIE_EXCHANGE)
    context.set_cookie_generate_callback(lambda _: b"a cookie")
    context.set_cookie_verify_callback(lambda _, cookie: not told.append(cookie.decode()))
    context.set_client_hello_callback(lambda _, hello: told.append(f"hello {hello.cookie!r}"))
    server, client = pump.pair(context, datagrams.context())
    if listening:
        for _ in range(2):
            pump.step(client.do_handshake)
            pump.shuttle(client, server)
            pump.step(server.DTLSv1_listen)
            pump.shuttle(server, client)
        assert told == ["a cookie"]
    pump.handshake(server, client)
    assert f"hello {b'a cookie'!r}" in told
    assert ("hello" in told[0]) is not listening, "a cookie is verified first by listening"


# ---- setting it


def test_the_callback_can_be_asked_for_and_removed() -> None:
    context = contexts.server_context()
    assert context.get_client_hello_callback() is None

    def callback(end: SSL.Connection, hello: SSL.ClientHello) -> None:
        raise AssertionError("it was removed")

    context.set_client_hello_callback(callback)
    assert context.get_client_hello_callback() is callback
    context.set_client_hello_callback(None)
    assert context.get_client_hello_callback() is None
    pump.connected(context, contexts.client_context())
    with pytest.raises(TypeError, match="callback must be callable"):
        context.set_client_hello_callback(1)  # type: ignore[arg-type]

    async def later(end: SSL.Connection, hello: SSL.ClientHello) -> None: ...

    with pytest.raises(TypeError, match="ordinary function"):
        context.set_client_hello_callback(later)  # type: ignore[arg-type]


def test_a_client_is_not_asked() -> None:
    client = contexts.client_context()
    client.set_client_hello_callback(lambda *_: pytest.fail("it is no server"))
    pump.connected(contexts.server_context(), client)


def test_messages_are_shown_beside_it() -> None:
    context, shown = watching()
    messages: list[bytes] = []
    context.set_message_callback(
        lambda end, writing, version, kind, data: messages.append(data) if kind == 22 else None
    )
    ends = pump.connected(context, contexts.client_context())
    assert messages[0] == shown[0].message
    context.set_client_hello_callback(None)
    del ends

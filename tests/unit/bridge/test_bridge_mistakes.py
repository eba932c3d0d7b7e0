"""What people get wrong with ``ssl.SSLContext``: ours raises what the module's own raises."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority
from OpenSSL import SSL

CLIENT, SERVER = ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER
METHODS = {CLIENT: SSL.TLS_CLIENT_METHOD, SERVER: SSL.TLS_SERVER_METHOD}
FILES = authority.identity().files
CHAIN, KEY = str(FILES.chain), str(FILES.key)
LOCKED = str(FILES.key_encrypted)
TRUST = str(authority.trust_file())
PEM = authority.identity().pem
Make = Callable[[int], ssl.SSLContext]


def theirs(kind: int) -> ssl.SSLContext:
    return ssl.SSLContext(kind)


def ours(kind: int) -> ssl.SSLContext:
    return SSL.Context(METHODS[kind]).as_ssl_context()


def client(make: Make) -> ssl.SSLContext:
    made = make(CLIENT)
    made.load_verify_locations(TRUST)
    made.verify_mode = ssl.CERT_REQUIRED
    made.check_hostname = True
    return made


def server(make: Make) -> ssl.SSLContext:
    made = make(SERVER)
    made.load_cert_chain(CHAIN, KEY)
    return made


def wrapped(make: Make, name: Any = "localhost", **more: Any) -> ssl.SSLObject:
    return client(make).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name, **more)


def pair(make: Make, name: str = "localhost") -> tuple[ssl.SSLObject, ssl.SSLObject]:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client(make).wrap_bio(there, back, server_hostname=name),
        server(make).wrap_bio(back, there, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ends


def closed(make: Make, use: Callable[[ssl.SSLSocket], object]) -> None:
    one, other = socket.socketpair()
    with other:
        end = client(make).wrap_socket(
            one, server_hostname="localhost", do_handshake_on_connect=False
        )
        end.close()
        use(end)


def opened(make: Make, use: Callable[[ssl.SSLSocket], object]) -> None:
    one, other = socket.socketpair()
    with (
        other,
        client(make).wrap_socket(
            one, server_hostname="localhost", do_handshake_on_connect=False
        ) as end,
    ):
        use(end)


#: Each mistake, and words that have to be in ours: in the message, or in what stands below it.
MISTAKES: dict[str, tuple[Callable[[Make], object], str]] = {
    "chain: missing": (lambda m: m(SERVER).load_cert_chain("/nope"), "/nope"),
    "chain: no key": (lambda m: m(SERVER).load_cert_chain(CHAIN, "/nope"), "/nope"),
    "chain: swapped": (lambda m: m(SERVER).load_cert_chain(KEY, CHAIN), "PEM: private key"),
    "chain: no key in it": (lambda m: m(SERVER).load_cert_chain(CHAIN), "PEM: certificate"),
    "chain: other key": (
        lambda m: m(SERVER).load_cert_chain(CHAIN, str(authority.stranger().files.key)),
        "does not belong",
    ),
    "chain: passphrase": (
        lambda m: m(SERVER).load_cert_chain(CHAIN, LOCKED, "wrong-phrase"),
        "most likely the passphrase is wrong",
    ),
    "chain: number": (lambda m: m(SERVER).load_cert_chain(CHAIN, LOCKED, 5), "string or callable"),  # type: ignore[arg-type]
    "chain: says nothing": (
        lambda m: m(SERVER).load_cert_chain(CHAIN, LOCKED, lambda: None),  # type: ignore[arg-type,return-value]
        "must return a string",
    ),
    "chain: none": (lambda m: m(SERVER).load_cert_chain(None), "certfile should be"),  # type: ignore[arg-type]
    "chain: content": (
        lambda m: m(SERVER).load_cert_chain(FILES.key.read_text()),
        "the content of a file was given where its name",
    ),
    "trust: nothing": (lambda m: m(CLIENT).load_verify_locations(), "cannot be all omitted"),
    "trust: missing": (lambda m: m(CLIENT).load_verify_locations("/nope"), "/nope"),
    "trust: a key": (lambda m: m(CLIENT).load_verify_locations(KEY), "PEM: private key"),
    "trust: name": (lambda m: m(CLIENT).load_verify_locations(cadata="/ca.pem"), "no start line"),
    "trust: bytes": (lambda m: m(CLIENT).load_verify_locations(cadata=PEM), "cadata"),
    "trust: empty": (lambda m: m(CLIENT).load_verify_locations(cadata=""), "Empty certificate"),
    "mode: word": (lambda m: setattr(m(CLIENT), "verify_mode", "NONE"), "integer"),
    "mode: none": (
        lambda m: setattr(client(m), "verify_mode", ssl.CERT_NONE),
        "when check_hostname is enabled",
    ),
    "ciphers: unknown": (lambda m: m(CLIENT).set_ciphers("NOPE"), "No cipher"),
    "ciphers: list": (lambda m: m(CLIENT).set_ciphers(["ALL"]), "str, not list"),  # type: ignore[arg-type]
    "protocols: bytes": (lambda m: m(CLIENT).set_alpn_protocols([b"h2"]), "encoding"),  # type: ignore[list-item]
    "protocols: long": (lambda m: m(CLIENT).set_alpn_protocols(["x" * 256]), "1 to 255"),
    "curve": (lambda m: m(CLIENT).set_ecdh_curve("nope"), "'nope'"),
    "version: word": (lambda m: setattr(m(CLIENT), "minimum_version", "1.2"), "integer"),
    "version: protocol": (
        lambda m: setattr(m(CLIENT), "minimum_version", ssl.PROTOCOL_TLSv1_2),
        "0x5",
    ),
    "callback": (lambda m: setattr(m(SERVER), "sni_callback", "x"), "not a callable"),
    "secrets: folder": (lambda m: setattr(m(CLIENT), "keylog_filename", "/nope/x"), "/nope/x"),
    "tickets": (lambda m: setattr(m(SERVER), "num_tickets", -1), "non-negative"),
    "name: empty": (lambda m: wrapped(m, ""), "server_hostname"),
    "name: dot": (lambda m: wrapped(m, ".x"), "idna"),
    "name: NUL": (lambda m: wrapped(m, "a\0b"), "server_hostname must not contain"),
    "side: client's": (
        lambda m: client(m).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True),
        "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context",
    ),
    "side: server's": (
        lambda m: server(m).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="x"),
        "Cannot create a client socket with a PROTOCOL_TLS_SERVER context",
    ),
    "socket: number": (lambda m: client(m).wrap_socket(5, server_hostname="x"), "int"),  # type: ignore[arg-type]
    "memory: file": (
        lambda m: client(m).wrap_bio(io.BytesIO(), ssl.MemoryBIO(), server_hostname="x"),  # type: ignore[arg-type]
        "incoming must be an ssl.MemoryBIO, not BytesIO",
    ),
    "session": (lambda m: wrapped(m, session=b"x"), "not a SSLSession"),
    "session: another's": (
        lambda m: wrapped(m, session=pair(m)[0].session),
        "a different SSLContext",
    ),
    "host": (lambda m: pair(m, "other.test"), "not valid for 'other.test'"),
    "write: text": (lambda m: pair(m)[0].write("x"), "bytes-like object is required, not 'str'"),  # type: ignore[arg-type]
    "read: size": (lambda m: pair(m)[0].read(-1), "should not be negative"),
    "read: into bytes": (lambda m: pair(m)[0].read(5, b"12345"), "read-write"),  # type: ignore[call-overload]
    "early": (lambda m: wrapped(m).getpeercert(), "handshake not done"),
    "binding": (lambda m: pair(m)[0].get_channel_binding("nope"), "'nope'"),
    "late: client": (lambda m: pair(m)[0].verify_client_post_handshake(), "not server"),  # type: ignore[attr-defined]
    "made by hand": (lambda m: type(wrapped(m))(), "does not have a public constructor"),
    "flags": (lambda m: opened(m, lambda it: it.send(b"x", 5)), "non-zero flags"),
    "sendto": (lambda m: opened(m, lambda it: it.sendto(b"x", ("h", 1))), "not allowed"),
    "dup": (lambda m: opened(m, lambda it: it.dup()), "dup()"),
    "closed: send": (lambda m: closed(m, lambda it: it.send(b"x")), "Bad file descriptor"),
    "closed: recv": (lambda m: closed(m, lambda it: it.recv(5)), "Bad file descriptor"),
    "closed: unwrap": (lambda m: closed(m, lambda it: it.unwrap()), "No SSL wrapper"),
}


def told(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_comes_as_it_comes_from_ssl_and_says_more(name: str) -> None:
    call, words = MISTAKES[name]
    with pytest.raises(Exception) as expected:  # it is what is compared with
        call(theirs)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(type(expected.value)) as caught:
        call(ours)
    assert type(caught.value) is type(expected.value)
    assert words in told(caught.value), told(caught.value)
    assert "wrong-phrase" not in told(caught.value)
    assert FILES.key.read_text().splitlines()[1] not in told(caught.value)
    del caught
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_context_of_datagrams_is_none_of_ssl() -> None:
    with pytest.raises(ValueError, match="has no DTLS"):
        SSL.Context(SSL.DTLS_METHOD).as_ssl_context()


@pytest.mark.parametrize("name", ["wrap_socket", "wrap_bio"])
def test_a_context_in_the_place_of_an_ssl_context_says_what_makes_one(name: str) -> None:
    with pytest.raises(AttributeError, match="as_ssl_context"):
        getattr(SSL.Context(SSL.TLS_METHOD), name)

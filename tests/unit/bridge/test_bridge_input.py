"""Bad input to a bridged context, and peers that misbehave."""

from __future__ import annotations

import socket
import ssl

import pytest

from kit.bridged_pairs import KINDS, client, server
from kit.sockets import PATIENCE, in_thread
from OpenSSL._bridge import SSLContext


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("verify_mode", value) for value in (3, -1, "x", None)],
        *[("options", value) for value in (-1, "x", None)],
        *[("verify_flags", value) for value in (-1, "x", None)],
        *[("minimum_version", value) for value in (-7, 99, "x", None)],
        *[("maximum_version", value) for value in (-7, 99, "x", None)],
        *[("sni_callback", value) for value in (1, "x")],
        *[("num_tickets", value) for value in (-1, "x", None)],
        *[("keylog_filename", value) for value in (1.5, object())],
    ],
)
def test_wrong_attributes_are_refused_and_change_nothing(name, value) -> None:
    for context in (SSLContext(ssl.PROTOCOL_TLS_SERVER), client()):
        before = getattr(context, name)
        with pytest.raises((TypeError, ValueError, OverflowError)):
            setattr(context, name, value)
        assert getattr(context, name) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.load_cert_chain(None),
        lambda c: c.load_cert_chain("/nowhere/at/all"),
        lambda c: c.load_verify_locations(),
        lambda c: c.load_verify_locations("/nowhere/at/all"),
        lambda c: c.load_verify_locations(cadata=""),
        lambda c: c.load_verify_locations(cadata="broken"),
        lambda c: c.load_verify_locations(cadata=b"broken"),
        lambda c: c.load_verify_locations(cadata=42),
        lambda c: c.set_ciphers("nothing of that name"),
        lambda c: c.set_ciphers(b"ALL"),
        lambda c: c.set_ecdh_curve("nothing of that name"),
        lambda c: c.load_dh_params("/nowhere/at/all"),
        lambda c: c.set_alpn_protocols([""]),
        lambda c: c.set_alpn_protocols([b"h2"]),
        lambda c: c.wrap_bio(1, 2, server_hostname="localhost"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=""),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=".test"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a\0b"),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=42),
        lambda c: c.wrap_bio(
            ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", session=42
        ),
        lambda c: c.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True),
    ],
)
def test_wrong_calls_raise_what_the_standard_module_raises(call) -> None:
    raised = []
    for kind in KINDS:
        with pytest.raises(Exception) as caught:
            call(client(kind))
        raised.append(caught.value)
    assert type(raised[0]) is type(raised[1]), raised
    if isinstance(raised[0], OSError):
        assert (raised[0].errno, getattr(raised[0], "reason", 0)) == (
            raised[1].errno,
            getattr(raised[1], "reason", 0),
        )


def test_a_peer_that_misbehaves_costs_its_own_connection() -> None:
    serving = server()
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        serving.wrap_socket(listening, server_side=True) as tls,
    ):
        for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\0\x05hello", b""):
            with socket.create_connection(tls.getsockname()) as sock:
                sock.sendall(junk)
                sock.shutdown(socket.SHUT_WR)
                with pytest.raises(OSError):
                    tls.accept()
        accepted = in_thread(tls.accept)
        with client().wrap_socket(
            socket.create_connection(tls.getsockname()), server_hostname="localhost"
        ) as good:
            one, _ = accepted.result(PATIENCE)
            with one:
                one.sendall(b"fine")
                assert good.recv(10) == b"fine"

"""What the reference says of the module's constants, functions and exceptions.

Where another test holds a sentence already, docs/inside/reference.md names it.
"""

from __future__ import annotations

import select
from pathlib import Path

import pytest

from kit import authority, contexts, flights, pump, sockets, verdicts
from OpenSSL import SSL

TICKET_EXTENSION = 35
OLD = {
    "TLSv1": SSL.TLS1_VERSION, "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION,
}  # fmt: skip


class Hello:
    """A ClientHello, taken apart as far as these tests look."""

    def __init__(self, client: SSL.Context) -> None:
        connection = SSL.Connection(client)
        connection.set_connect_state()
        with verdicts.wants_read():
            connection.do_handshake()
        self.data = pump.outgoing(connection)
        self.at = 5 + 4 + 2 + 32  # record, handshake header, version, random
        self.take(1)
        self.take(2)
        self.compression = self.take(1)
        rest = self.take(2)
        self.extensions = []
        while rest:
            self.extensions.append(int.from_bytes(rest[:2], "big"))
            rest = rest[4 + int.from_bytes(rest[2:4], "big") :]

    def take(self, width: int) -> bytes:
        """The next vector, whose length stands before it in ``width`` bytes."""
        start = self.at + width
        size = int.from_bytes(self.data[self.at : start], "big")
        self.at = start + size
        return self.data[start : self.at]


def old_pair(version: int) -> tuple[SSL.Context, SSL.Context]:
    server, client = contexts.server_context(), contexts.client_context()
    for context in (server, client):
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        context.set_min_proto_version(SSL.TLS1_VERSION)
    client.set_min_proto_version(version)
    client.set_max_proto_version(version)
    return server, client


@pytest.mark.promises("OP_NO_TLSv1, OP_NO_TLSv1_1, OP_NO_TLSv1_2")
@pytest.mark.parametrize("name", OLD)
def test_each_no_option_disables_its_version_and_no_other(name: str) -> None:
    option = getattr(SSL, "OP_NO_" + name.replace(".", "_"))
    for other, version in OLD.items():
        server, client = old_pair(version)
        assert server.set_options(option) & option
        outcome = pump.handshake_outcome(*pump.pair(server, client))
        if other == name:
            refused = "protocol|version"  # it depends on the gap left
            assert verdicts.is_protocol_error(outcome.server, refused)
            assert isinstance(outcome.client, SSL.Error)
        else:
            assert outcome == (None, None), other


@pytest.mark.promises("OP_NO_TICKET")
def test_no_ticket_leaves_the_extension_out() -> None:
    assert TICKET_EXTENSION in Hello(contexts.client_context()).extensions
    context = contexts.client_context()
    context.set_options(SSL.OP_NO_TICKET)
    assert TICKET_EXTENSION not in Hello(context).extensions


@pytest.mark.promises("OP_NO_COMPRESSION")
def test_no_compression_offers_none() -> None:
    context = contexts.client_context()
    context.clear_options(SSL.OP_NO_COMPRESSION)
    assert not context.get_options() & SSL.OP_NO_COMPRESSION
    assert context.set_options(SSL.OP_NO_COMPRESSION) & SSL.OP_NO_COMPRESSION
    assert Hello(context).compression == b"\0"


@pytest.mark.promises(
    "OP_SINGLE_DH_USE, OP_SINGLE_ECDH_USE", "OP_SINGLE_DH_USE, OP_SINGLE_ECDH_USE, OP_EPHEMERAL_RSA"
)
@pytest.mark.parametrize("kind", ["DH", "ECDH"])
def test_every_exchange_has_a_key_of_its_own(kind: str, tmp_path: Path) -> None:
    server = contexts.server_context(authority.identity("rsa"), version="TLSv1.2")
    server.set_cipher_list(f"{kind}E-RSA-AES128-GCM-SHA256:@SECLEVEL=0".encode())
    if kind == "DH":
        path = tmp_path / "dh.pem"
        path.write_bytes(flights.dh_parameters())
        server.load_tmp_dh(path)
    server.set_options(getattr(SSL, f"OP_SINGLE_{kind}_USE"))
    client = contexts.client_context()
    client.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    keys = {flights.exchange_key(server, client) for _ in range(3)}
    assert len(keys) == 3
    assert {len(key) >= 32 for key in keys} == {True}


@pytest.mark.promises(
    "FILETYPE_PEM, FILETYPE_ASN1", "Context.use_certificate_file", "use_privatekey_file: an object"
)
def test_file_types_are_told_apart() -> None:
    files = authority.identity().files
    for call, pem, der in (
        ("use_certificate_file", files.certificate, files.certificate_der),
        ("use_privatekey_file", files.key, files.key_der),
    ):
        context = contexts.blank_context()
        getattr(context, call)(pem)  # PEM is the default
        getattr(context, call)(pem, SSL.FILETYPE_PEM)
        getattr(context, call)(der, SSL.FILETYPE_ASN1)
        for path, kind in ((der, SSL.FILETYPE_PEM), (pem, SSL.FILETYPE_ASN1)):
            with pytest.raises(SSL.Error):
                getattr(context, call)(path, kind)


@pytest.mark.promises("SSLEAY_VERSION, SSLEAY_CFLAGS", "SSLeay_version")
@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("VERSION", b"OpenSSL "),
        ("CFLAGS", b"compiler: "),
        ("BUILT_ON", b"built on: "),
        ("PLATFORM", b"platform: "),
        ("DIR", b"OPENSSLDIR: "),
    ],
)
def test_each_kind_asks_for_its_line(name: str, beginning: bytes) -> None:
    line = SSL.SSLeay_version(getattr(SSL, f"SSLEAY_{name}"))
    assert line.startswith(beginning)
    assert len(line) > len(beginning)


def resumed(server_mode: int) -> tuple[bool, dict[str, int]]:
    """Whether a server of that cache mode knows a session again that has no ticket."""
    server = contexts.server_context(version="TLSv1.2")
    server.set_session_id(b"sentences")
    server.set_options(SSL.OP_NO_TICKET)
    server.set_session_cache_mode(server_mode)
    client = contexts.client_context()
    first = pump.connected(server, client)
    session = first.client.get_session()
    assert session is not None
    pump.shutdown(*first)
    again = pump.pair(server, client)
    again.client.set_session(session)
    pump.handshake(*again)
    return again.client.session_reused(), server.get_session_stats()


@pytest.mark.promises("SESS_CACHE_OFF, SESS_CACHE_CLIENT")
@pytest.mark.parametrize(
    ("modes", "known", "stored"),
    [
        (("OFF",), False, 0),
        (("CLIENT",), False, 0),
        (("SERVER",), True, 1),
        (("BOTH",), True, 1),
        (("SERVER", "NO_AUTO_CLEAR"), True, 1),
        (("SERVER", "NO_INTERNAL_LOOKUP"), False, 2),
        (("SERVER", "NO_INTERNAL_STORE"), False, 0),
        (("SERVER", "NO_INTERNAL"), False, 0),
    ],
)
def test_the_cache_does_what_its_mode_says(modes: tuple[str, ...], known: bool, stored: int):
    mode = 0
    for name in modes:
        mode |= getattr(SSL, f"SESS_CACHE_{name}")
    reused, stats = resumed(mode)
    assert reused is known
    assert stats["number"] == stored


@pytest.mark.promises("SESS_CACHE_OFF, SESS_CACHE_CLIENT", "SESS_CACHE_NO_AUTO_CLEAR")
def test_the_caches_modes_are_bits() -> None:
    assert SSL.SESS_CACHE_OFF == 0
    assert SSL.SESS_CACHE_BOTH == SSL.SESS_CACHE_CLIENT | SSL.SESS_CACHE_SERVER
    parts = SSL.SESS_CACHE_NO_INTERNAL_LOOKUP | SSL.SESS_CACHE_NO_INTERNAL_STORE
    assert parts == SSL.SESS_CACHE_NO_INTERNAL
    mode = SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_AUTO_CLEAR
    context = contexts.blank_context()
    context.set_session_cache_mode(mode)
    assert context.get_session_cache_mode() == mode != SSL.SESS_CACHE_SERVER


@pytest.mark.promises("Error")
def test_an_error_lists_library_function_and_reason() -> None:
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    ends.server.bio_write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(SSL.Error) as caught:
        ends.server.do_handshake()
    assert type(caught.value) is SSL.Error
    (entries,) = caught.value.args
    assert isinstance(entries, list)
    assert entries
    for entry in entries:
        assert type(entry) is tuple
        assert [type(part) for part in entry] == [str, str, str]
    assert ("SSL routines", "", "http request") in entries


@pytest.mark.promises("ZeroReturnError")
def test_after_a_clean_close_the_transport_is_still_open() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        server.shutdown()
        with verdicts.clean_close():
            client.recv(1)
        client._socket.sendall(b"in the clear")
        assert server._socket.recv(100) == b"in the clear"


@pytest.mark.promises("WantReadError")
def test_a_wanted_read_is_for_the_networks_bytes_and_the_call_is_repeated() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        client.setblocking(False)
        assert client.send(b"clean data, and plenty") == 22
        with verdicts.wants_read():  # for all that the client itself has sent
            client.recv(5)
        server.sendall(b"hello")
        assert select.select([client], [], [], sockets.PATIENCE)[0] == [client]
        assert client.recv(5) == b"hello"


@pytest.mark.promises("WantReadError", "Connection.do_handshake")
@pytest.mark.parametrize("call", ["recv", "send", "do_handshake"])
def test_any_call_may_want_to_read(call: str) -> None:
    arguments = {"recv": (10,), "send": (b"early",), "do_handshake": ()}[call]
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    with verdicts.wants_read():
        getattr(ends.client, call)(*arguments)
    pump.shuttle(ends.client, ends.server)
    with verdicts.wants_read():
        ends.server.do_handshake()
    pump.shuttle(ends.server, ends.client)
    if call == "recv":
        with verdicts.wants_read():
            ends.client.recv(10)
        pump.shuttle(ends.client, ends.server)
        ends.server.send(b"answer")
        pump.shuttle(ends.server, ends.client)
        assert ends.client.recv(10) == b"answer"
    else:
        assert getattr(ends.client, call)(*arguments) == {"send": 5}.get(call)


@pytest.mark.promises(
    "WantWriteError", "Connection.send, Connection.write", "Connection.want_write"
)
def test_a_wanted_write_ends_when_the_peer_has_read() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        client.setblocking(False)
        buffer, sent = b"x" * 16384, 0
        with pytest.raises(SSL.WantWriteError) as caught:
            while True:
                sent += client.send(buffer)
        assert type(caught.value) is SSL.WantWriteError
        assert client.want_write() is True
        reading = sockets.in_thread(sockets.receive_exactly, server, sent + len(buffer))
        assert sockets.until_done(client, client.send, buffer) == len(buffer)
        assert reading.result(sockets.PATIENCE) == b"x" * (sent + len(buffer))
        assert client.want_write() is False


@pytest.mark.promises("SysCallError")
def test_a_system_call_error_is_a_pair_of_number_and_words() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        sockets.reset(server)
        with pytest.raises(SSL.SysCallError) as caught:
            client.recv(1)
        number, words = caught.value.args
        assert (type(number), type(words)) == (int, str)
        assert number > 0
    ends_in_memory = pump.connected(contexts.server_context(), contexts.client_context())
    ends_in_memory.client.bio_shutdown()
    with verdicts.dirty_close():  # an end that violates the protocol
        ends_in_memory.client.recv(1)

"""Extensions of the program's own, to and from real peers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, datagrams, hellos, peers, pump, resuming, sockets
from kit.programs import running
from OpenSSL import SSL, crypto

NUMBER = 65_300
IN_HELLOS = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_2_SERVER_HELLO | SSL.EXT_TLS1_3_ENCRYPTED_EXTENSIONS
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
Told = list[tuple[int, bytes]]


def saying(context: SSL.Context, body: bytes | None, places: int = IN_HELLOS) -> Told:
    """Let a Context say ``body``; what the peers' extensions said."""
    told: Told = []

    def parse(_: SSL.Connection, message: int, data: bytes, __: crypto.X509 | None) -> None:
        told.append((message, data))

    context.add_custom_ext(NUMBER, places, lambda *_: body, parse)
    return told


@NEWEST
@pytest.mark.parametrize("body", [b"x", b"", bytes(3000)])
def test_both_sides_say_and_hear(version: str, body: bytes) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    heard_by_server, heard_by_client = saying(server, b"from server"), saying(client, body)
    ends = pump.connected(server, client)
    assert heard_by_server == [(SSL.EXT_CLIENT_HELLO, body)]
    place = {
        "TLSv1.2": SSL.EXT_TLS1_2_SERVER_HELLO,
        "TLSv1.3": SSL.EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
    }[version]
    assert heard_by_client == [(place, b"from server")]
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@NEWEST
def test_none_is_not_sent_and_not_answered(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    heard_by_server, heard_by_client = saying(server, b"from server"), saying(client, None)
    pump.connected(server, client)
    pump.connected(server, contexts.client_context())
    assert (heard_by_server, heard_by_client) == ([], [])


def test_it_stands_in_the_clients_hello() -> None:
    client = contexts.client_context()
    saying(client, b"a token")
    ends = pump.pair(contexts.server_context(), client)
    assert not pump.step(ends.client.do_handshake)
    record = pump.outgoing(ends.client)
    assert (NUMBER, b"a token") in (hellos.taken_apart(record[5:]).extensions or ())


def test_over_dtls() -> None:
    server, client = datagrams.context(serving=True), datagrams.context()
    heard_by_server, heard_by_client = saying(server, b"s"), saying(client, b"c")
    pump.connected(server, client)
    assert heard_by_server == [(SSL.EXT_CLIENT_HELLO, b"c")]
    assert heard_by_client == [(SSL.EXT_TLS1_2_SERVER_HELLO, b"s")]


def test_a_server_answers_the_openssl_program() -> None:
    """It knows no places of TLS 1.3 for what it asks."""
    context = contexts.server_context()
    heard = saying(context, b"what it knows")
    with sockets.listener() as listening:
        address = f"{sockets.LOOPBACK}:{listening.getsockname()[1]}"
        words = ("openssl", "s_client", "-connect", address, "-serverinfo", str(NUMBER), "-tls1_2")
        with running(*words) as program:
            sock, _ = listening.accept()
            with sock, sockets.server_end(context, sock) as server:
                server.do_handshake()
                found = program.expect(
                    rf"BEGIN SERVERINFO FOR EXTENSION {NUMBER}-----\n(.+)\n-----END"
                )
    # The number, a length, the body.
    said = NUMBER.to_bytes(2, "big") + b"\0\x0dwhat it knows"
    assert base64.b64decode(found.group(1)) == said
    assert heard == [(SSL.EXT_CLIENT_HELLO, b"")]


def test_a_client_hears_the_openssl_program(tmp_path: Path) -> None:
    block = NUMBER.to_bytes(2, "big") + b"\0\x05hello"
    file = tmp_path / "info.pem"
    words = "SERVERINFO FOR TRIAL"
    text = base64.b64encode(block).decode()
    file.write_text(f"-----BEGIN {words}-----\n{text}\n-----END {words}-----\n")
    context = contexts.client_context(version="TLSv1.2")
    heard = saying(context, b"")
    with peers.openssl_server(None, "-serverinfo", str(file)) as server:
        sock = sockets.socket.create_connection((sockets.LOOPBACK, server.port), sockets.PATIENCE)
        with sock, sockets.client_end(context, sock) as client:
            client.do_handshake()
    assert heard == [(SSL.EXT_TLS1_2_SERVER_HELLO, b"hello")]


def test_with_certificates() -> None:
    """Each certificate of the chain is named to both callbacks."""
    server, client = contexts.server_context(), contexts.client_context()
    added: list[Any] = []
    parsed: list[Any] = []
    places = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_3_CERTIFICATE

    def name(certificate: crypto.X509 | None) -> str | None:
        return None if certificate is None else certificate.get_subject().CN

    def add(_: SSL.Connection, message: int, certificate: crypto.X509 | None) -> bytes:
        added.append((message, name(certificate)))
        return b"with"

    def parse(_: SSL.Connection, message: int, __: bytes, certificate: crypto.X509 | None) -> None:
        parsed.append((message, name(certificate)))

    server.add_custom_ext(NUMBER, places, add)
    client.add_custom_ext(NUMBER, places, lambda *_: b"", parse)
    ends = pump.connected(server, client)
    chain = ends.client.get_peer_cert_chain() or []
    names = [(SSL.EXT_TLS1_3_CERTIFICATE, each.get_subject().CN) for each in chain]
    assert len(names) == 2
    assert added == parsed == names


# ---- refusing


@NEWEST
@pytest.mark.parametrize("where", ["add", "parse"])
@pytest.mark.parametrize("side", ["server", "client"])
def test_what_a_callback_raises_ends_the_handshake(side: str, where: str, version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    mine, other = (server, client) if side == "server" else (client, server)

    def fail(*_: object) -> Any:
        raise LookupError("no")

    saying(other, b"y")
    good = {"add": lambda *_: b"x", "parse": lambda *_: None}
    callbacks: Any = {**good, where: fail}
    mine.add_custom_ext(NUMBER, IN_HELLOS, callbacks["add"], callbacks["parse"])
    ends = pump.pair(server, client)
    outcome = pump.handshake_outcome(*ends)
    failed = outcome.server if side == "server" else outcome.client
    told = outcome.client if side == "server" else outcome.server
    assert isinstance(failed, LookupError)
    assert isinstance(told, SSL.Error)


@pytest.mark.parametrize(
    ("answer", "error", "alert"),
    [(False, SSL.Error, 40), (0, SSL.Error, 40), ("yes", TypeError, 80), (b"", TypeError, 80)],
)
def test_a_peer_may_be_refused(answer: Any, error: type[Exception], alert: int) -> None:
    server, client = contexts.server_context(), contexts.client_context()
    saying(client, b"x")
    server.add_custom_ext(NUMBER, IN_HELLOS, None, lambda *_: answer)
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert type(outcome.server) is error
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert == alert


@pytest.mark.parametrize(
    ("body", "error"), [("text", TypeError), (1, TypeError), (bytes(65536), ValueError)]
)
def test_what_is_no_body_is_not_sent(body: Any, error: type[Exception]) -> None:
    client = contexts.client_context()
    saying(client, body)
    ends = pump.pair(contexts.server_context(), client)
    with pytest.raises(error):
        ends.client.do_handshake()
    with pytest.raises(SSL.Error):
        ends.client.send(b"x")


# ---- sessions, and other Contexts


@NEWEST
def test_sessions_are_resumed_and_it_is_heard_again(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    heard = saying(server, b"s")
    saying(client, b"c")
    session = resuming.session_of(*resuming.visit(server, client))
    assert resuming.resumes(*resuming.visit(server, client, session))
    assert len(heard) == 2


def test_what_was_seen_with_a_certificate_is_seen_again() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    places = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_3_CERTIFICATE
    saying(server, b"s", places)
    heard = saying(client, b"c", places)
    session = resuming.session_of(*resuming.visit(server, client))
    count = len(heard)
    assert not resuming.resumes(*resuming.visit(server, client, session))
    assert len(heard) == 2 * count


@pytest.mark.parametrize("how", ["hello", "name", "protocol"])
def test_a_context_with_other_extensions_comes_too_late_in_a_handshake(how: str) -> None:
    """libssl has taken the hello apart by then, and would look for them behind its end."""
    front, other = contexts.server_context(), contexts.server_context()
    for each in range(50):
        other.add_custom_ext(NUMBER + each, SSL.EXT_CLIENT_HELLO, None, lambda *_: None)
    refusals: list[Exception] = []

    def choose(end: SSL.Connection, *rest: Any) -> Any:
        with pytest.raises(SSL.Error, match="other custom extensions") as caught:
            end.set_context(other)
        refusals.append(caught.value)
        return rest[0][0] if how == "protocol" else None

    {
        "hello": front.set_client_hello_callback,
        "name": front.set_tlsext_servername_callback,
        "protocol": front.set_alpn_select_callback,
    }[how](choose)
    client = contexts.client_context()
    client.set_alpn_protos([b"p"])
    saying(client, b"c", SSL.EXT_CLIENT_HELLO)
    ends = pump.connected(front, client, b"brisk.test")
    assert len(refusals) == 1
    assert ends.server.get_context() is front


def test_a_context_with_the_same_extensions_may_be_chosen() -> None:
    front, other = contexts.server_context(), contexts.server_context()
    by_front, by_other = saying(front, b"front"), saying(other, b"other")
    front.set_client_hello_callback(lambda end, _: end.set_context(other))
    client = contexts.client_context()
    heard = saying(client, b"c")
    pump.connected(front, client)
    assert (by_front, by_other) == ([], [(SSL.EXT_CLIENT_HELLO, b"c")])
    assert [body for _, body in heard] == [b"other"]


def test_before_a_handshake_any_context_may_come() -> None:
    other = contexts.server_context()
    by_other = saying(other, b"other")
    client = contexts.client_context()
    saying(client, b"c")
    ends = pump.pair(contexts.server_context(authority.identity("rsa")), client)
    ends.server.set_context(other)
    pump.handshake(*ends)
    assert by_other == [(SSL.EXT_CLIENT_HELLO, b"c")]


# ---- what cannot be added


def test_wrong_arguments() -> None:
    context = contexts.client_context()
    with pytest.raises(TypeError, match="ext_type must be an integer"):
        context.add_custom_ext("1", 0)  # type: ignore[arg-type]
    for number in (-1, 65536, 2**70):
        with pytest.raises(ValueError, match="ext_type must be from 0 to 65535"):
            context.add_custom_ext(number, SSL.EXT_CLIENT_HELLO)
    with pytest.raises(ValueError, match="EXT_ constants"):
        context.add_custom_ext(NUMBER, 2**32)
    for places in (0, SSL.EXT_TLS1_3_ONLY | SSL.EXT_TLS_ONLY):
        with pytest.raises(ValueError, match="context names no message"):
            context.add_custom_ext(NUMBER, places)
    with pytest.raises(TypeError, match="add must be callable"):
        context.add_custom_ext(NUMBER, SSL.EXT_CLIENT_HELLO, b"body")  # type: ignore[arg-type]
    for number in (0, 16, 43):
        with pytest.raises(ValueError, match=f"libssl itself speaks of extension {number}"):
            context.add_custom_ext(number, SSL.EXT_CLIENT_HELLO)
    saying(context, b"x")
    with pytest.raises(SSL.Error, match=f"extension {NUMBER} cannot be added"):
        saying(context, b"y")
    heard = saying(server := contexts.server_context(), None)
    pump.connected(server, context)
    assert heard == [(SSL.EXT_CLIENT_HELLO, b"x")], "the first one stays"


def test_the_number_that_libssl_hides() -> None:
    """libssl reads it up to TLS 1.2, and takes it for its own above."""
    hidden = 65_000
    context = contexts.client_context()
    with pytest.raises(ValueError, match="libssl hides extension 65000 in TLS 1.3"):
        context.add_custom_ext(hidden, IN_HELLOS, lambda *_: b"x")
    heard: list[bytes] = []
    server = contexts.server_context(version="TLSv1.2")
    places = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_2_AND_BELOW_ONLY
    context.add_custom_ext(hidden, places, lambda *_: b"x")
    server.add_custom_ext(hidden, places, None, lambda *each: heard.append(each[2]))
    pump.connected(server, context)
    assert heard == [b"x"]


TIMESTAMPS = 18
WITH_CERTIFICATES = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_2_SERVER_HELLO | SSL.EXT_TLS1_3_CERTIFICATE


def timestamps() -> bytes:
    """A list with one signed certificate timestamp of a log that nobody knows."""
    one = bytes(1 + 32 + 8 + 2) + bytes([4, 3]) + (8).to_bytes(2, "big") + bytes(8)
    one = len(one).to_bytes(2, "big") + one
    return len(one).to_bytes(2, "big") + one


@NEWEST
def test_a_server_sends_signed_certificate_timestamps(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    server.add_custom_ext(TIMESTAMPS, WITH_CERTIFICATES, lambda *_: timestamps())
    client.enable_ct(strict=False)
    ends = pump.connected(server, client)
    assert [each["log_id"] for each in ends.client.get_peer_scts()] == [bytes(32)]


@NEWEST
def test_a_client_reads_signed_certificate_timestamps_itself(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    server.add_custom_ext(TIMESTAMPS, WITH_CERTIFICATES, lambda *_: b"raw")
    told: list[bytes] = []
    client.add_custom_ext(
        TIMESTAMPS, WITH_CERTIFICATES, lambda *_: b"", lambda *which: told.append(which[2])
    )
    pump.connected(server, client)
    assert set(told) == {b"raw"}  # over TLS 1.3 with each certificate of the chain


def test_certificate_transparency_and_a_hook_for_timestamps_exclude_each_other() -> None:
    first, second = contexts.client_context(), contexts.client_context()
    first.enable_ct()
    with pytest.raises(SSL.Error, match="extension 18 cannot be added"):
        first.add_custom_ext(TIMESTAMPS, WITH_CERTIFICATES, lambda *_: b"")
    second.add_custom_ext(TIMESTAMPS, WITH_CERTIFICATES, lambda *_: b"")
    with pytest.raises(SSL.Error):
        second.enable_ct()
    with pytest.raises(SSL.Error):
        SSL.Connection(second, None).enable_ct()

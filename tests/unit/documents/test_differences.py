"""Each row of docs/differences.md: what we do where pyOpenSSL does something else."""

from __future__ import annotations

import array
import copy
import datetime
import gc
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import OpenSSL
from kit import authority
from kit.contexts import STAPLE, client_context, server_context
from kit.pump import connected, handshake, handshake_outcome, pair, shuttle
from kit.sockets import connected as connected_sockets
from kit.sockets import listener
from OpenSSL import SSL, crypto

ROOT = Path(__file__).resolve().parents[3]


class Refused(BaseException):
    """No child of Exception: what a callback may raise, too."""


def refuse(*_arguments: object) -> bool:
    raise Refused


def test_the_tables_name_tests_that_exist():
    text = (ROOT / "docs/differences.md").read_text(encoding="utf-8")
    files = list((ROOT / "tests").rglob("test_*.py"))
    there = {path.stem for path in files}
    for path in files:
        there |= set(re.findall(r"^ *def (test_\w+)\(", path.read_text(encoding="utf-8"), re.M))
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    named = [name for row in rows if len(row) == 5 for name in re.findall(r"`(test_\w+)`", row[4])]
    assert len(named) > 20
    assert set(named) - there == set()


@pytest.mark.differs("Context after its first Connection")
@pytest.mark.holds("D24")
def test_a_used_context_can_be_changed():
    server, client = server_context(), client_context()
    before = connected(server, client)
    client.set_alpn_protos([b"h2"])
    server.set_alpn_select_callback(lambda _connection, offered: offered[0])
    assert connected(server, client).client.get_alpn_proto_negotiated() == b"h2"
    assert before.client.get_alpn_proto_negotiated() == b""


@pytest.mark.differs("a socket with a timeout")
def test_a_timeout_is_waited_for():
    quiet = server_context(version="TLSv1.2")  # TLS 1.3 would send tickets
    with connected_sockets(quiet, client_context()) as (_server, client):
        client.settimeout(0.3)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert 0.3 <= time.monotonic() - start < 5


@pytest.mark.differs('send(b""), recv(0), recv_into(b')
def test_nothing_can_be_sent_and_received():
    server, client = connected(server_context(), client_context())
    assert client.send(b"") == 0
    server.send(b"x")
    shuttle(server, client)
    assert client.recv(0) == b""
    assert client.recv_into(bytearray(8), 0) == 0
    assert client.recv(1) == b"x"


@pytest.mark.differs('bio_write(b"")')
def test_nothing_can_be_written_to_memory():
    assert SSL.Connection(client_context()).bio_write(b"") == 0


@pytest.mark.differs("sendall and send of items larger")
@pytest.mark.parametrize("method", ["send", "sendall"])
def test_every_byte_of_a_buffer_is_sent(method: str) -> None:
    server, client = connected(server_context(), client_context())
    numbers = array.array("I", range(1000))
    assert getattr(client, method)(memoryview(numbers)) == 4000
    shuttle(client, server)
    assert server.recv(5000) == numbers.tobytes()


@pytest.mark.differs("recv_into a buffer of larger")
def test_any_buffer_can_be_filled():
    server, client = connected(server_context(), client_context())
    server.send(array.array("I", range(100)))
    shuttle(server, client)
    numbers = array.array("I", [0] * 100)
    assert client.recv_into(numbers) == 400
    assert list(numbers) == list(range(100))


SETTERS: dict[str, Callable[[SSL.Context, SSL.Context], object]] = {
    "verify": lambda _server, client: client.set_verify(SSL.VERIFY_PEER, refuse),
    "servername": lambda server, _client: server.set_tlsext_servername_callback(refuse),
    "alpn": lambda server, _client: server.set_alpn_select_callback(refuse),
    "info": lambda server, _client: server.set_info_callback(refuse),
    "keylog": lambda _server, client: client.set_keylog_callback(refuse),
}


@pytest.mark.differs("exceptions of the info and key", "exceptions of a verify or ALPN")
@pytest.mark.parametrize("hook", SETTERS)
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_callbacks_exception_comes_out(hook: str, version: str) -> None:
    server, client = server_context(version=version), client_context(version=version)
    client.set_alpn_protos([b"x"])
    SETTERS[hook](server, client)
    ends = pair(server, client, b"localhost")
    with pytest.raises(Refused):
        handshake(*ends)
    caller = ends.client if hook in {"verify", "keylog"} else ends.server
    with pytest.raises(SSL.Error):
        caller.do_handshake()


@pytest.mark.differs("callback setters")
@pytest.mark.parametrize(
    "setter",
    [
        "set_info_callback",
        "set_keylog_callback",
        "set_alpn_select_callback",
        "set_tlsext_servername_callback",
        "set_ocsp_client_callback",
        "set_ocsp_server_callback",
    ],
)
@pytest.mark.holds("D11")
def test_a_callback_can_be_called(setter: str) -> None:
    with pytest.raises(TypeError):
        getattr(client_context(), setter)(42)


@pytest.mark.differs("OCSP callbacks of a Context")
def test_each_side_has_its_own_ocsp_callback():
    seen = []
    both = server_context()
    both.load_verify_locations(authority.trust_file())
    both.set_ocsp_server_callback(lambda _connection, _data: STAPLE)
    both.set_ocsp_client_callback(
        lambda _connection, staple, _data: seen.append(staple) or True  # type: ignore[func-returns-value]
    )
    ends = pair(both, both)
    ends.client.request_ocsp()
    handshake(*ends)
    assert seen == [STAPLE]


@pytest.mark.differs("Error.args[0]")
@pytest.mark.parametrize(
    "call",
    [
        lambda: client_context().load_verify_locations(None),
        lambda: client_context().set_min_proto_version(12345),
        lambda: SSL.Connection(client_context()).export_keying_material(b"label", 10),
        lambda: SSL.Connection(client_context()).do_handshake(),
    ],
)
def test_an_error_says_something(call: Callable[[], object]) -> None:
    with pytest.raises(SSL.Error) as caught:
        call()
    assert caught.value.args[0][-1][2]


@pytest.mark.differs("Error.alert, alert_sent, verify_code")
@pytest.mark.holds("D29")
def test_an_error_has_numbers():
    trusting_nobody = SSL.Context(SSL.TLS_METHOD)
    trusting_nobody.set_verify(SSL.VERIFY_PEER)
    outcome = handshake_outcome(*pair(server_context(), trusting_nobody))
    assert isinstance(outcome.client, SSL.Error)
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.client.verify_code == 20
    assert outcome.client.errors[-1].reason == "certificate verify failed"
    assert outcome.server.alert == 48


@pytest.mark.differs("get_cert_store()")
@pytest.mark.holds("D1")
def test_a_store_outlives_its_context():
    store = client_context().get_cert_store()
    gc.collect()
    assert store is not None
    store.add_cert(crypto.X509.from_cryptography(authority.identity().root))


@pytest.mark.differs("set_context during a handshake")
def test_a_new_context_brings_its_verify_mode():
    relaxed, strict = server_context(), server_context(require_client=True)
    relaxed.set_tlsext_servername_callback(lambda connection: connection.set_context(strict))
    assert handshake_outcome(*pair(relaxed, client_context())).server is not None
    known = client_context(authority.client_identity())
    assert handshake_outcome(*pair(relaxed, known)) == (None, None)


@pytest.mark.holds("D23", "C12")
def test_a_name_too_long_is_refused():
    with pytest.raises(ValueError, match="255"):
        SSL.Connection(client_context()).set_tlsext_host_name(b"a" * 300)


@pytest.mark.differs("want_read(), want_write()")
def test_wants_are_true_or_false():
    _server, client = connected(server_context(), client_context())
    with pytest.raises(SSL.WantReadError):
        client.recv(1)
    assert client.want_read() is True
    assert client.want_write() is False


@pytest.mark.differs("accept()")
@pytest.mark.holds("D30")
def test_accept_makes_one_of_its_own_kind():
    class Own(SSL.Connection):
        pass

    with listener() as listening, socket.create_connection(listening.getsockname()):
        connection, _address = Own(server_context(), listening).accept()
        assert type(connection) is Own
        connection.close()


@pytest.mark.differs("copy.copy(connection)")
def test_a_connection_cannot_be_copied():
    with pytest.raises(TypeError):
        copy.copy(SSL.Connection(client_context()))


def test_an_empty_session_is_refused():
    with pytest.raises(ValueError, match="."):
        SSL.Connection(client_context()).set_session(SSL.Session())


@pytest.mark.differs("SSLv2_METHOD, SSLv3_METHOD, ContextType")
def test_names_that_had_gone_are_there():
    assert SSL.ContextType is SSL.Context
    assert SSL.ConnectionType is SSL.Connection
    assert SSL.FILETYPE_ASN1 == crypto.FILETYPE_ASN1
    for method in (SSL.SSLv2_METHOD, SSL.SSLv3_METHOD):
        with pytest.raises(ValueError, match="No such protocol"):
            SSL.Context(method)


def test_reference_calls_give_no_warning():
    # Warnings are errors here.
    who = authority.identity()
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, who.pem)
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(certificate)
    context.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, who.key_pem))
    context.add_client_ca(certificate)
    context.set_client_ca_list([certificate.get_subject()])
    context.set_passwd_cb(lambda *_: b"")


@pytest.mark.differs("OpenSSL.__version__")
def test_the_version_says_both():
    level, _, ours = OpenSSL.__version__.partition("+")
    assert level == "26.4.0"
    assert ours.startswith("brisktls.")


@pytest.mark.holds("D22")
def test_a_time_zone_is_heeded():
    who = authority.expired()
    west = datetime.timezone(datetime.timedelta(hours=-12))
    end = who.certificate.not_valid_after_utc
    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(who.root))
    chain = [crypto.X509.from_cryptography(each) for each in who.intermediates]
    leaf = crypto.X509.from_cryptography(who.certificate)
    hour = datetime.timedelta(hours=1)
    store.set_time((end - hour).astimezone(west))
    crypto.X509StoreContext(store, leaf, chain).verify_certificate()
    store.set_time((end + hour).astimezone(west))
    with pytest.raises(crypto.X509StoreContextError, match="expired"):
        crypto.X509StoreContext(store, leaf, chain).verify_certificate()


@pytest.mark.differs("with connection:")
def test_a_connection_is_a_context_manager():
    with connected_sockets(server_context(), client_context()) as (server, client):
        with client:
            client.sendall(b"x")
        assert server.recv(10) == b"x"
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(10)
        assert client.fileno() == -1


@pytest.mark.differs("a session that was made by other")
def test_a_session_that_was_not_verified_is_not_offered() -> None:
    context = client_context(version="TLSv1.2", verify=False)
    server = server_context()
    session = connected(server, context).client.get_session()
    assert session is not None
    ends = pair(server, context)
    ends.client.set_session(session)
    ends.client.set_verify(SSL.VERIFY_PEER)
    assert "certificate verify failed" in str(handshake_outcome(*ends).client)


@pytest.mark.differs("export_keying_material in a handshake")
def test_no_keys_come_from_no_secret() -> None:
    told = []

    def tell(connection: SSL.Connection, _where: int, _value: int) -> None:
        if connection.master_key() is None:
            with pytest.raises(SSL.Error, match="no keys before"):
                connection.export_keying_material(b"EXPERIMENTAL", 16)
            told.append(connection.get_state_string())

    server = server_context(version="TLSv1.2")
    server.set_info_callback(tell)
    connected(server, client_context())
    assert b"SSLv3/TLS write server done" in told

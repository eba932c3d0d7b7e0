"""What an exception says: the words programs compare, and the numbers behind them."""

from __future__ import annotations

import copy
import ctypes
import errno
import pickle
import sys

import pytest

from kit import authority, contexts, pump, sockets
from OpenSSL import SSL, crypto

ALL = [
    SSL.Error, SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError,
    SSL.ZeroReturnError, SSL.SysCallError,
]  # fmt: skip


@pytest.mark.promises("Error", "WantX509LookupError")
def test_the_family() -> None:
    assert all(issubclass(each, SSL.Error) for each in ALL)
    assert not issubclass(crypto.Error, SSL.Error)
    assert SSL.Error.__module__ == "OpenSSL.SSL"
    assert f"{crypto.Error.__module__}.{crypto.Error.__qualname__}" == "OpenSSL.crypto.Error"


@pytest.mark.parametrize("kind", [*ALL, crypto.Error])
def test_errors_survive_pickling(kind: type[Exception]) -> None:
    error = kind([("library", "", "reason")])
    assert type(pickle.loads(pickle.dumps(error))) is kind
    assert pickle.loads(pickle.dumps(error)).args == error.args


#: Python's own classes for what becomes of a connection, by what the system calls it.
CONNECTIONS = {
    "ECONNRESET": ConnectionResetError,
    "EPIPE": BrokenPipeError,
    "ECONNABORTED": ConnectionAbortedError,
    "ECONNREFUSED": ConnectionRefusedError,
}


@pytest.mark.differs("SysCallError")
@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_failed_transport_is_pythons_own_error_too(name: str) -> None:
    number = getattr(errno, name)
    error = SSL.SysCallError(number, name)
    assert isinstance(error, SSL.SysCallError)
    assert isinstance(error, CONNECTIONS[name])
    assert (error.errno, error.args) == (number, (number, name))
    assert (str(error), repr(error)) == (
        f"({number}, '{name}')",
        f"SysCallError({number}, '{name}')",
    )
    error.bytes_sent = 7
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(again), again.args) == (type(error), error.args)
        assert again.bytes_sent == 7


@pytest.mark.parametrize(
    "args", [(-1, "Unexpected EOF"), (errno.ETIMEDOUT, "ETIMEDOUT"), (errno.EBADF, "EBADF"), ()]
)
def test_other_failures_of_a_transport_are_no_more_than_that(args: tuple[object, ...]) -> None:
    error = SSL.SysCallError(*args)
    assert type(error) is SSL.SysCallError
    assert isinstance(error, OSError)
    # After TimeoutError a connection is as good as before; these have ended.
    assert not isinstance(error, ConnectionError | TimeoutError)
    assert error.args == args
    assert type(pickle.loads(pickle.dumps(error))) is SSL.SysCallError


def test_a_programs_own_child_stays_what_it_is() -> None:
    class Mine(SSL.SysCallError):
        pass

    assert type(Mine(errno.ECONNRESET, "ECONNRESET")) is Mine


def test_a_reset_can_be_caught_as_python_has_it() -> None:
    context = contexts.server_context(), contexts.client_context()
    for moves in (lambda end: end.recv(1), lambda end: end.sendall(b"x" * 1_000_000)):
        with sockets.connected(*context) as (server, client):
            sockets.reset(client)
            with pytest.raises((ConnectionResetError, BrokenPipeError)) as caught:
                moves(server)
            assert isinstance(caught.value, SSL.SysCallError)


class OwnError(crypto.X509StoreContextError):
    """A program's own, made of something else."""

    def __init__(self, code: int) -> None:
        super().__init__("own words", [code, 0, "own words"], None)


def test_errors_of_verification_survive_copying_and_pickling() -> None:
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
    error = crypto.X509StoreContextError("words", [20, 0, "words"], certificate)
    again = copy.copy(error)
    assert (type(again), again.args, again.errors) == (type(error), ("words",), [20, 0, "words"])
    assert again.certificate is certificate
    own = copy.copy(OwnError(20))
    assert (type(own), own.args, own.errors) == (OwnError, ("own words",), [20, 0, "own words"])
    error.certificate = None  # certificates stay where they are
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert (again.args, again.errors, again.certificate) == (("words",), [20, 0, "words"], None)


@pytest.mark.holds("D29")
def test_triples_and_details_tell_the_same() -> None:
    with pytest.raises(SSL.Error) as caught:
        SSL.Context(SSL.TLS_METHOD).set_cipher_list(b"no-such-cipher")
    error = caught.value
    assert error.args == ([("SSL routines", "", "no cipher match")],)
    (detail,) = error.errors
    assert (detail.library, detail.reason) == ("SSL routines", "no cipher match")
    assert detail.code == detail.library_code << 23 | detail.reason_code
    assert detail.function


def test_a_missing_file_is_a_system_error_with_its_number() -> None:
    with pytest.raises(SSL.Error) as caught:
        SSL.Context(SSL.TLS_METHOD).use_certificate_file("/no/such/file")
    assert ("system library", "", "") in caught.value.args[0]
    system = next(each for each in caught.value.errors if each.library == "system library")
    assert system.reason_code == 2
    assert system.reason == "No such file or directory"
    assert "/no/such/file" in system.data


@pytest.mark.holds("D29")
def test_an_alert_of_the_peer_has_its_number() -> None:
    server = contexts.server_context()
    client = contexts.client_context(verify=False)
    client.set_verify(SSL.VERIFY_PEER)
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.server.alert == 48  # unknown_ca
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.verify_code is not None
    assert outcome.client.verify_message


def test_an_alert_nobody_knows_still_says_something() -> None:
    client = SSL.Connection(contexts.client_context())
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    client.bio_write(b"\x15\x03\x03\x00\x02\x02\xc8")
    with pytest.raises(SSL.Error) as caught:
        client.do_handshake()
    assert caught.value.alert == 200
    assert caught.value.args[0][0][2] == "alert number 200"


@pytest.mark.holds("C13")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux's /proc")
def test_what_others_left_in_the_queue_is_nobodys_error() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    pump.exchange(*ends)
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        paths = {line.split()[-1] for line in maps if "/libcrypto" in line}
    libraries = [ctypes.CDLL(path) for path in paths]

    def pollute() -> None:
        for library in libraries:
            library.ERR_new()
            library.ERR_set_error(20, 134, None)  # SSL routines: certificate verify failed

    for call in (lambda: ends.client.recv(1), lambda: ends.server.recv(1)):
        pollute()
        with pytest.raises(SSL.WantReadError):
            call()
    pollute()
    assert ends.client.send(b"fine") == 4
    pollute()
    with pytest.raises(SSL.Error) as caught:
        SSL.Context(SSL.TLS_METHOD).set_cipher_list(b"no-such-cipher")
    assert len(caught.value.errors) == 1


@pytest.mark.holds("C13")
def test_an_error_of_another_library_is_not_carried_along() -> None:
    """What one call leaves in OpenSSL's queue must not show up in the next."""
    with pytest.raises(crypto.Error):
        crypto.load_certificate(crypto.FILETYPE_PEM, b"nonsense")
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    with pytest.raises(SSL.WantReadError):
        ends.server.recv(1)
    assert pump.transfer(ends.client, ends.server, b"unharmed") == b"unharmed"


def test_the_error_that_ended_a_connection_is_told_again() -> None:
    client = contexts.client_context()
    server = contexts.server_context(authority.expired())
    ends = pump.pair(server, client)
    first = pump.handshake_outcome(*ends).client
    assert isinstance(first, SSL.Error)
    for call in (ends.client.do_handshake, lambda: ends.client.recv(1)):
        with pytest.raises(SSL.Error) as caught:
            call()
        assert type(caught.value) is SSL.Error
        assert caught.value.args == first.args
        assert caught.value.verify_code == first.verify_code


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("watched", [False, True], ids=["unwatched", "watched"])
@pytest.mark.holds("D29")
def test_an_alert_of_ours_has_its_number(version: str, watched: bool) -> None:
    client = contexts.client_context(verify=False, version=version)
    client.set_verify(SSL.VERIFY_PEER)
    if watched:
        client.set_info_callback(lambda *_: None)
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(version=version), client))
    assert isinstance(outcome.client, SSL.Error) and isinstance(outcome.server, SSL.Error)
    assert (outcome.client.alert, outcome.client.alert_sent) == (48, True)  # unknown_ca
    assert (outcome.server.alert, outcome.server.alert_sent) == (48, False)


def test_an_end_without_an_alert_has_no_number() -> None:
    client = SSL.Connection(contexts.client_context(), None)
    client.set_connect_state()
    client.bio_shutdown()
    with pytest.raises(SSL.Error) as caught:
        client.do_handshake()
    assert caught.value.alert is None
    assert not caught.value.alert_sent

"""Every hook by every fault: what it raises comes out where it ran, and nothing fails open."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump, shared, verdicts
from OpenSSL import SSL

Hook = Callable[..., Any]


class Scene:
    """Two contexts with one hook under test, and which end runs it."""

    def __init__(self, name: str, hook: Hook, version: str) -> None:
        self.server = contexts.server_context(version=version)
        self.client = contexts.client_context(version=version)
        self.ends = pump.Pair(*(None,) * 2)  # type: ignore[arg-type]
        self.per_connection: Hook = lambda ends: None
        self.runs_on = "server"
        getattr(self, name.replace("-", "_"))(hook)

    def verify(self, hook: Hook) -> None:
        self.client.set_verify(SSL.VERIFY_PEER, hook)
        self.runs_on = "client"

    def verify_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.client.set_verify(SSL.VERIFY_PEER, hook)
        self.runs_on = "client"

    def cert_verify(self, hook: Hook) -> None:
        self.client.set_cert_verify_callback(hook)
        self.runs_on = "client"

    def verify_server(self, hook: Hook) -> None:
        contexts.use_identity(self.client, authority.client_identity())
        self.server.load_verify_locations(str(authority.trust_file()))
        self.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, hook)

    def alpn(self, hook: Hook) -> None:
        self.server.set_alpn_select_callback(hook)
        self.client.set_alpn_protos([b"h2"])

    def client_hello(self, hook: Hook) -> None:
        self.server.set_client_hello_callback(hook)

    def servername(self, hook: Hook) -> None:
        self.server.set_tlsext_servername_callback(hook)

    def certificate(self, hook: Hook) -> None:
        self.server.set_cert_callback(hook)

    def certificate_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_cert_callback(hook)

    def certificate_client(self, hook: Hook) -> None:
        self.server.load_verify_locations(str(authority.trust_file()))
        self.server.set_verify(SSL.VERIFY_PEER)
        self.client.set_cert_callback(hook)
        self.runs_on = "client"

    def psk_server(self, hook: Hook) -> None:
        shared.serve(self.server).set_psk_server_callback(hook)
        shared.ask(self.client)

    def psk_client(self, hook: Hook) -> None:
        shared.serve(self.server)
        shared.ask(self.client).set_psk_client_callback(hook)
        self.runs_on = "client"

    def session_new(self, hook: Hook) -> None:
        self.server.set_options(SSL.OP_NO_TICKET)
        self.server.set_session_new_callback(hook)

    def ticket_generate(self, hook: Hook) -> None:
        self.server.set_session_ticket_callback(hook)

    def info_client(self, hook: Hook) -> None:
        self.client.set_info_callback(hook)
        self.runs_on = "client"

    def info_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_info_callback(hook)

    def info_server(self, hook: Hook) -> None:
        self.server.set_info_callback(hook)

    def keylog_client(self, hook: Hook) -> None:
        self.client.set_keylog_callback(hook)
        self.runs_on = "client"

    def keylog_server(self, hook: Hook) -> None:
        self.server.set_keylog_callback(hook)

    def staple_client(self, hook: Hook) -> None:
        self.server.set_ocsp_server_callback(lambda connection, data: contexts.STAPLE)
        self.client.set_ocsp_client_callback(hook)
        self.per_connection = lambda ends: ends.client.request_ocsp()
        self.runs_on = "client"

    def staple_server(self, hook: Hook) -> None:
        self.server.set_ocsp_server_callback(hook)
        self.per_connection = lambda ends: ends.client.request_ocsp()

    def run(self) -> tuple[BaseException | None, BaseException | None, SSL.Connection]:
        """What came out at the end under test, what at the other; and the former."""
        self.ends = pump.pair(self.server, self.client, b"server.test")
        self.per_connection(self.ends)
        ours = self.ends.server if self.runs_on == "server" else self.ends.client
        results: dict[SSL.Connection, BaseException | None] = {}
        for _ in range(8):
            for end in (self.ends.client, self.ends.server):
                if end in results:
                    continue
                try:
                    end.do_handshake()
                    results[end] = None
                except SSL.WantReadError:
                    pass
                except BaseException as error:
                    results[end] = error
            pump.exchange(*self.ends)
        theirs = self.ends.client if ours is self.ends.server else self.ends.server
        other = results.get(theirs, TimeoutError())
        if other is None:
            # Done too early to know: its next read tells.
            try:
                theirs.recv(1)
            except BaseException as error:
                other = error
        return results.get(ours, TimeoutError()), other, ours


HOOKS = [
    "verify", "verify-connection", "verify-server", "cert-verify", "alpn", "client-hello",
    "servername", "info-client", "info-connection", "info-server", "keylog-client",
    "keylog-server", "staple-client", "staple-server", "certificate",
    "certificate-connection", "certificate-client", "psk-server", "psk-client",
    "session-new", "ticket-generate",
]  # fmt: skip
#: What a hook returns that lets the handshake pass, where that is not True.
ANSWERS: dict[str, object] = {
    "alpn": b"h2",
    "staple-server": contexts.STAPLE,
    "psk-server": shared.KEY,
    "ticket-generate": b"data",
    "psk-client": (shared.IDENTITY, shared.KEY),
}
FAULTS: list[type[BaseException]] = [
    ValueError, RuntimeError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit,
    asyncio.CancelledError, StopIteration, SSL.Error,
]  # fmt: skip
#: TLS 1.2 takes the same paths; two faults show that.
CELLS = [("TLSv1.3", fault) for fault in FAULTS] + [
    ("TLSv1.2", fault) for fault in (ValueError, SystemExit)
]


@pytest.mark.parametrize(("version", "fault"), CELLS)
@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.holds("D5", "D6", "D7", "D8", "C5", "C6", "C7", "CVE-2026-27448")
def test_what_a_hook_raises_comes_out_and_the_handshake_is_over(
    name: str, fault: type[BaseException], version: str
) -> None:
    raised: list[BaseException] = []

    def hook(*args: object) -> bool:
        # Some hooks run often: fail at the last moment they can be told to.
        error = fault("from the hook")
        raised.append(error)
        raise error

    scene = Scene(name, hook, version)
    ours, theirs, end = scene.run()
    assert ours is raised[0]
    assert ours.__traceback__ is not None
    frame = ours.__traceback__
    while frame.tb_next is not None:
        frame = frame.tb_next
    assert frame.tb_frame.f_code is hook.__code__, "the traceback leads into the hook"
    assert isinstance(theirs, SSL.Error), "the peer must not think that all is well"
    assert not isinstance(theirs, SSL.WantReadError)
    with pytest.raises(SSL.Error):
        end.do_handshake()
    for call in (lambda: end.send(b"x"), lambda: end.recv(1)):
        with pytest.raises(SSL.Error):
            call()


#: A wrong answer for each hook that is asked something, and what must come of it.
WRONG: list[tuple[str, object, type[Exception]]] = [
    *((name, answer, TypeError)
      for name in (
          "verify", "verify-connection", "verify-server", "cert-verify", "client-hello",
          "staple-client")
      for answer in ("nonsense", b"yes", 1.5, object(), [True])),
    *(("alpn", answer, TypeError) for answer in (None, "h2", 1, bytearray(b"h2"), object())),
    *(("alpn", answer, ValueError) for answer in (b"http/1.1", b"h", b"h22", b"x" * 256)),
    *(("staple-server", answer, TypeError)
      for answer in (None, "staple", 1, bytearray(b"x"), object())),
    ("staple-server", b"x" * 2**24, ValueError),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "error"), WRONG)
@pytest.mark.holds("C8")
def test_a_wrong_answer_is_never_accepted(
    name: str, answer: object, error: type[Exception]
) -> None:
    ours, theirs, _ = Scene(name, lambda *_: answer, "TLSv1.3").run()
    assert type(ours) is error
    assert str(ours)
    assert isinstance(theirs, SSL.Error)


@pytest.mark.parametrize(
    "name", ["verify", "verify-connection", "verify-server", "cert-verify", "staple-client"]
)
@pytest.mark.parametrize("answer", [False, 0, None])
def test_a_no_is_a_no(name: str, answer: object) -> None:
    ours, theirs, _ = Scene(name, lambda *_: answer, "TLSv1.3").run()
    assert verdicts.is_protocol_error(ours, "certificate verify failed|invalid status response")
    assert verdicts.is_protocol_error(theirs, "alert|bad certificate status response")


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_that_answers_well_lets_the_handshake_pass(name: str) -> None:
    calls: list[tuple[object, ...]] = []

    def hook(*args: object) -> object:
        calls.append(args)
        return ANSWERS.get(name, True)

    ours, theirs, end = Scene(name, hook, "TLSv1.3").run()
    assert ours is None
    assert isinstance(theirs, SSL.WantReadError)
    assert calls
    assert all(args[0] is end for args in calls), "the hook is told its own connection"


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.holds("C27")
def test_a_hook_may_use_tls_itself_and_collect(name: str) -> None:

    def hook(*args: object) -> object:
        pump.connected(contexts.server_context(), contexts.client_context())
        gc.collect()
        return ANSWERS.get(name, True)

    ours, _, _ = Scene(name, hook, "TLSv1.3").run()
    assert ours is None


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_may_ask_its_connection_but_not_drive_it(name: str) -> None:
    refusals: list[BaseException] = []

    def hook(connection: SSL.Connection, *args: object) -> object:
        connection.get_shutdown()
        connection.pending()
        for call in (connection.do_handshake, lambda: connection.send(b"x")):
            try:
                call()
            except SSL.Error as error:
                refusals.append(error)
        return ANSWERS.get(name, True)

    ours, _, _ = Scene(name, hook, "TLSv1.3").run()
    assert ours is None
    assert len(refusals) >= 2
    assert all(verdicts.is_protocol_error(each, "called from a callback") for each in refusals)


def test_a_second_failure_becomes_the_context_of_the_first() -> None:
    first, second = ValueError("verify"), KeyError("info")

    def verify(*args: object) -> bool:
        raise first

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        if first.__traceback__ is not None:
            raise second

    scene = Scene("verify", verify, "TLSv1.3")
    scene.client.set_info_callback(info)
    ours, _, _ = scene.run()
    assert ours is first
    assert ours.__context__ is second


@pytest.mark.holds("D4", "C4")
def test_a_failure_stays_with_its_own_connection() -> None:
    """Many threads, one Context: each exception belongs to the connection it names."""

    def verify(connection: SSL.Connection, *args: object) -> bool:
        raise LookupError(connection.get_app_data())

    server = contexts.server_context()
    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, verify)
    wrong: list[object] = []

    def work(number: int) -> None:
        for turn in range(25):
            token = (number, turn)
            ends = pump.pair(server, client)
            ends.client.set_app_data(token)
            try:
                pump.handshake(*ends)
                wrong.append("no failure")
            except LookupError as error:
                if error.args != (token,):
                    wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_connection_keeps_the_hooks_it_was_created_with() -> None:
    calls: list[str] = []
    server, client = contexts.server_context(), contexts.client_context()
    client.set_info_callback(lambda *_: calls.append("old"))
    ends = pump.pair(server, client)
    client.set_info_callback(lambda *_: calls.append("new"))
    pump.handshake(*ends)
    assert set(calls) == {"old"}
    calls.clear()
    pump.connected(server, client)
    assert set(calls) == {"new"}


def test_a_replaced_hook_is_collectable() -> None:
    class Hooked:
        def __call__(self, *args: object) -> None: ...

    context = contexts.client_context()
    hook = Hooked()
    gone = weakref.ref(hook)
    context.set_info_callback(hook)
    context.set_info_callback(None)
    del hook
    gc.collect()
    assert gone() is None


@pytest.mark.holds("C26")
def test_a_hook_may_drop_the_last_reference_to_its_connection() -> None:
    holder: list[SSL.Connection] = []

    def verify(connection: SSL.Connection, *args: object) -> bool:
        holder.clear()
        gc.collect()
        return True

    scene = Scene("verify", verify, "TLSv1.3")
    server, client = pump.pair(scene.server, scene.client)
    holder.append(client)
    with verdicts.wants_read():
        client.do_handshake()
    hello = pump.outgoing(client)
    server.bio_write(hello)
    with verdicts.wants_read():
        server.do_handshake()
    flight = pump.outgoing(server)
    del client
    holder[0].bio_write(flight)
    holder.pop().do_handshake()


def test_a_hook_may_replace_itself() -> None:
    calls: list[str] = []

    def first(connection: SSL.Connection, where: int, value: int) -> None:
        calls.append("first")
        connection.set_info_callback(lambda *_: calls.append("second"))
        gc.collect()

    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    client.set_info_callback(first)
    pump.handshake(server, client)
    assert calls[0] == "first"
    assert set(calls[1:]) == {"second"}

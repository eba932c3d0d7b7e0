"""Tickets: how many a server gives out, one more, and what the program keeps in them."""

from __future__ import annotations

from typing import Any

import pytest

from kit import contexts, memory, pump
from kit.resuming import VERSIONS, resumes, session_of, strict_server, visit, visitor
from OpenSSL import SSL

#: TLS 1.3 replaces each ticket.
SUCCESS = {"TLSv1.2": SSL.TICKET_SUCCESS, "TLSv1.3": SSL.TICKET_SUCCESS_RENEW}


class Keeper:
    """Puts data into tickets, and notes what comes back."""

    def __init__(self, data: Any, answer: Any = SSL.TICKET_RETURN_USE_RENEW) -> None:
        self.data, self.answer = data, answer
        self.seen: list[tuple[bytes | None, int, int]] = []

    def serve(self, context: SSL.Context) -> SSL.Context:
        context.set_session_ticket_callback(self.generate, self.decrypt)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return context

    def generate(self, _connection: SSL.Connection) -> Any:
        return self.data

    def decrypt(
        self, _connection: SSL.Connection, session: SSL.Session | None, name: bytes, status: int
    ) -> Any:
        kept = None if session is None else session.get_ticket_appdata()
        self.seen.append((kept, len(name), status))
        if session is None and self.answer >= SSL.TICKET_RETURN_USE:
            return SSL.TICKET_RETURN_IGNORE_RENEW
        return self.answer


def appdata(connection: SSL.Connection) -> bytes:
    session = connection.get_session()
    assert session is not None
    return session.get_ticket_appdata()


@VERSIONS
@pytest.mark.parametrize("data", [b"", b"who it was", b"brisk1" + bytes(40), bytes(0x4000)])
def test_data_comes_back_with_its_client(version: str, data: bytes) -> None:
    keeper = Keeper(data)
    server, client = keeper.serve(strict_server()), visitor(version)
    session = session_of(*visit(server, client))
    ends, outcome = visit(server, client, session)
    assert resumes(ends, outcome)
    assert appdata(ends.server) == data
    shown = [each for each in keeper.seen if each[0] is not None]
    assert shown == [(data, 16, SUCCESS[version])]
    assert appdata(ends.client) == b""


@VERSIONS
def test_none_leaves_what_is_there(version: str) -> None:
    keeper = Keeper(b"first")
    server, client = keeper.serve(contexts.server_context()), contexts.client_context()
    server.set_max_proto_version(contexts.VERSIONS[version])
    session = session_of(*visit(server, client))
    keeper.data = None
    ends, outcome = visit(server, client, session)
    assert resumes(ends, outcome)
    session = session_of(ends, outcome)
    ends, outcome = visit(server, client, session)
    assert resumes(ends, outcome)
    assert appdata(ends.server) == b"first"


@VERSIONS
@pytest.mark.parametrize("answer", [SSL.TICKET_RETURN_IGNORE, SSL.TICKET_RETURN_IGNORE_RENEW])
def test_a_ticket_can_be_passed_over(version: str, answer: int) -> None:
    keeper = Keeper(b"x")
    server, client = keeper.serve(contexts.server_context()), contexts.client_context()
    server.set_max_proto_version(contexts.VERSIONS[version])
    session = session_of(*visit(server, client))
    keeper.answer = answer
    ends, outcome = visit(server, client, session)
    assert not resumes(ends, outcome)
    assert keeper.seen[-1] == (b"x", 16, SUCCESS[version])
    renewed = answer == SSL.TICKET_RETURN_IGNORE_RENEW
    assert session_of(ends, outcome).has_ticket() is renewed


@VERSIONS
def test_a_ticket_can_end_the_handshake(version: str) -> None:
    keeper = Keeper(b"x")
    server, client = keeper.serve(contexts.server_context()), contexts.client_context()
    server.set_max_proto_version(contexts.VERSIONS[version])
    session = session_of(*visit(server, client))
    keeper.answer = SSL.TICKET_RETURN_ABORT
    ends, outcome = visit(server, client, session)
    assert "the ticket decrypt callback refused the client" in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)
    with pytest.raises(SSL.Error, match="aborted by an exception"):
        ends.server.send(b"x")


@VERSIONS
@pytest.mark.parametrize("answer", [SSL.TICKET_RETURN_ABORT, None])
def test_a_ticket_that_ends_the_handshake_leaves_nothing_behind(
    version: str, answer: int | None
) -> None:
    """libssl does not free the session of a ticket that it is told to abort for."""
    server, client = contexts.server_context(version=version), contexts.client_context()
    session = session_of(*visit(server, client))
    server.set_session_ticket_callback(None, lambda *_: answer)

    def attempts(number: int) -> int:
        for _ in range(number):
            assert visit(server, client, session)[1].server is not None
        memory.settle()
        return memory.in_use()

    attempts(10)
    before = attempts(10)
    # A session alone is more than 500 bytes.
    assert attempts(50) - before < 50 * 500


@VERSIONS
def test_a_ticket_under_another_key_has_no_session(version: str) -> None:
    keeper = Keeper(b"x")
    server, client = keeper.serve(contexts.server_context()), contexts.client_context()
    server.set_max_proto_version(contexts.VERSIONS[version])
    session = session_of(*visit(server, client))
    server.set_ticket_keys([bytes(80)])
    assert not resumes(*visit(server, client, session))
    assert keeper.seen[-1][0] is None
    assert keeper.seen[-1][2] == SSL.TICKET_NO_DECRYPT


@VERSIONS
def test_the_program_is_not_shown_a_session_of_other_rules(version: str) -> None:
    """What a ticket says was said under other rules: nobody may act on it."""
    keys = [bytes(80)]
    lax, strict = Keeper(b"guest"), Keeper(b"member")
    one, other = lax.serve(contexts.server_context()), strict.serve(strict_server())
    for each in (one, other):
        each.set_ticket_keys(keys)
    client = contexts.client_context(version=version)
    session = session_of(*visit(one, client))
    ends, outcome = visit(other, client, session)
    assert outcome.server is not None
    assert not ends.server.session_reused()
    assert [each for each in strict.seen if each[0] is not None] == []


@VERSIONS
@pytest.mark.parametrize(
    ("answer", "kind"), [(None, TypeError), ("use", TypeError), (77, ValueError), (-1, ValueError)]
)
def test_other_answers_are_errors(version: str, answer: Any, kind: type[Exception]) -> None:
    keeper = Keeper(b"x")
    server, client = keeper.serve(contexts.server_context()), contexts.client_context()
    server.set_max_proto_version(contexts.VERSIONS[version])
    session = session_of(*visit(server, client))
    server.set_session_ticket_callback(keeper.generate, lambda *_: answer)
    _ends, outcome = visit(server, client, session)
    assert isinstance(outcome.server, kind)
    assert isinstance(outcome.client, SSL.Error)


@VERSIONS
def test_what_is_not_there_cannot_be_used(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    session = session_of(*visit(server, client))
    server.set_ticket_keys([bytes(80)])
    server.set_session_ticket_callback(None, lambda *_: SSL.TICKET_RETURN_USE)
    _ends, outcome = visit(server, client, session)
    assert isinstance(outcome.server, ValueError)
    assert "has no session" in str(outcome.server)


@VERSIONS
@pytest.mark.parametrize(
    ("data", "kind"), [("text", TypeError), (1, TypeError), (bytes(0x4001), ValueError)]
)
def test_what_is_no_data_is_an_error(version: str, data: Any, kind: type[Exception]) -> None:
    server = Keeper(data).serve(contexts.server_context(version=version))
    ends, outcome = visit(server, contexts.client_context())
    assert isinstance(outcome.server, kind)
    with pytest.raises(SSL.Error):
        ends.client.recv(1)


class Trouble(Exception):
    """What a callback raises."""


@VERSIONS
@pytest.mark.parametrize("which", ["generate", "decrypt"])
def test_an_error_ends_the_handshake(version: str, which: str) -> None:
    def fail(*_: object) -> Any:
        raise Trouble

    server, client = contexts.server_context(version=version), contexts.client_context()
    session = session_of(*visit(server, client))
    server.set_session_ticket_callback(
        fail if which == "generate" else None, fail if which == "decrypt" else None
    )
    # Over TLS 1.2 a ticket that is good is not made again.
    ends, outcome = visit(server, client, session if which == "decrypt" else None)
    assert isinstance(outcome.server, Trouble)
    with pytest.raises(SSL.Error, match="aborted by an exception"):
        ends.server.send(b"x")
    with pytest.raises(SSL.Error):
        ends.client.recv(1)


def test_callbacks_can_be_asked_for_and_taken_away() -> None:
    context, keeper = contexts.server_context(), Keeper(b"x")
    assert context.get_session_ticket_callback() == (None, None)
    keeper.serve(context)
    assert context.get_session_ticket_callback() == (keeper.generate, keeper.decrypt)
    with pytest.raises(TypeError, match="decrypt must be callable"):
        context.set_session_ticket_callback(None, 1)  # type: ignore[arg-type]
    context.set_session_ticket_callback(None)
    client = contexts.client_context()
    session = session_of(*visit(context, client))
    assert resumes(*visit(context, client, session))
    assert keeper.seen == []


# ---- data in a session


@VERSIONS
def test_a_session_keeps_data_wherever_it_goes(version: str) -> None:
    server, client = strict_server(version), visitor()
    session = session_of(*visit(server, client))
    assert session.get_ticket_appdata() == b""
    for data in (b"one", b"", b"brisk1" + bytes(30), b"two"):
        session.set_ticket_appdata(bytearray(data))
        assert session.get_ticket_appdata() == data
    read = SSL.Session.from_bytes(session.to_bytes(b"key"), client, b"key")
    assert read.get_ticket_appdata() == b"two"
    for each in (session, read):
        assert resumes(*visit(server, client, each))
    for wrong, kind in (("text", TypeError), (bytes(0x4001), ValueError)):
        with pytest.raises(kind):
            session.set_ticket_appdata(wrong)  # type: ignore[arg-type]
    assert session.get_ticket_appdata() == b"two"


def test_data_is_sealed_with_the_session() -> None:
    server, client = contexts.server_context(version="TLSv1.2"), contexts.client_context()
    session = session_of(*visit(server, client))
    session.set_ticket_appdata(b"member")
    forged = session.to_bytes(b"key").replace(b"member", b"master")
    read = SSL.Session.from_bytes(forged, client, b"key")
    assert not resumes(*visit(server, client, read))


def test_a_note_of_our_own_is_not_replaced() -> None:
    """For how long a certificate is valid stands in front of the program's data."""
    server, client = strict_server("TLSv1.2"), visitor()
    session = session_of(*visit(server, client))
    plain = session.to_bytes(b"k")
    session.set_ticket_appdata(b"data")
    longer = session.to_bytes(b"k")
    place = plain.index(b"brisk1")
    assert plain[place : place + 22] == longer[longer.index(b"brisk1") :][:22]


# ---- how many


def tickets(ends: pump.Pair) -> int:
    """How many the client has had; it must be noting them."""
    pump.exchange(*ends)
    with pytest.raises(SSL.WantReadError):
        ends.client.recv(1)
    data: list[object] = ends.client.get_app_data()
    return len(data)


def noted(server: SSL.Context, client: SSL.Context) -> pump.Pair:
    client.set_session_cache_mode(SSL.SESS_CACHE_CLIENT | SSL.SESS_CACHE_NO_INTERNAL_STORE)
    got: list[SSL.Session] = []
    client.set_session_new_callback(lambda _, session: got.append(session))
    ends = pump.pair(server, client)
    ends.client.set_app_data(got)
    return ends


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_connection_may_have_a_number_of_its_own(count: int) -> None:
    server = contexts.server_context(version="TLSv1.3")
    ends = noted(server, contexts.client_context())
    assert ends.server.get_num_tickets() == 2
    ends.server.set_num_tickets(count)
    assert ends.server.get_num_tickets() == count
    ends.server.set_context(contexts.server_context())
    assert ends.server.get_num_tickets() == count
    pump.handshake(*ends)
    assert tickets(ends) == count
    assert server.get_num_tickets() == 2


@pytest.mark.parametrize("send", [lambda end: end.do_handshake(), lambda end: end.send(b"")])
def test_another_ticket_on_demand(send: Any) -> None:
    client = contexts.client_context()
    server = contexts.server_context(version="TLSv1.3")
    ends = noted(server, client)
    pump.handshake(*ends)
    assert tickets(ends) == 2
    ends.server.new_session_ticket()
    ends.server.new_session_ticket()
    ends.server.do_handshake()
    send(ends.server)
    assert tickets(ends) == 4
    pump.transfer(*ends, b"and on it goes")
    session = ends.client.get_app_data()[-1]
    assert resumes(*visit(server, client, session, name=None))


def test_a_ticket_goes_out_with_data() -> None:
    ends = noted(contexts.server_context(version="TLSv1.3"), contexts.client_context())
    pump.handshake(*ends)
    assert tickets(ends) == 2
    ends.server.new_session_ticket()
    assert ends.server.send(b"data") == 4
    pump.exchange(*ends)
    assert ends.client.recv(10) == b"data"
    assert tickets(ends) == 3


def test_where_no_ticket_can_be_sent() -> None:
    old = pump.connected(
        contexts.server_context(version="TLSv1.2"), contexts.client_context()
    ).server
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    early = ends.server
    made = pump.connected(contexts.server_context(), contexts.client_context()).client
    for end in (old, early, made):
        with pytest.raises(SSL.Error, match="no ticket can be sent now"):
            end.new_session_ticket()
    pump.handshake(*ends)
    ends.server.new_session_ticket()


@pytest.mark.parametrize(("wrong", "kind"), [("1", TypeError), (-1, OverflowError)])
def test_numbers_that_are_none(wrong: Any, kind: type[Exception]) -> None:
    end = pump.pair(contexts.server_context(), contexts.client_context()).server
    with pytest.raises(kind):
        end.set_num_tickets(wrong)

"""The cache of a Context: who is asked for sessions, what is believed, what it keeps."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kit import contexts, pump
from kit.caches import KEY, OUTSIDE, Cache, noting, stateful
from kit.resuming import (
    NAME,
    REQUIRED,
    VERSIONS,
    resumes,
    session_of,
    strict_server,
    visit,
    visitor,
)
from OpenSSL import SSL

# ---- a cache that several Contexts share


@pytest.mark.differs("Context.set_session_new_callback")
@VERSIONS
def test_servers_that_share_a_cache_resume_each_others_sessions(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    one, other = (cache.serve(contexts.server_context()) for _ in range(2))
    session = session_of(*visit(one, client))
    assert cache.asked == []
    assert resumes(*visit(other, client, session))
    assert len(cache.asked) == 1
    assert other.get_session_stats()["cb_hits"] == 1
    assert other.get_session_stats()["number"] == 0


@VERSIONS
def test_a_client_is_let_in_by_its_certificate_through_the_cache(version: str) -> None:
    cache, client = Cache(), visitor(version)
    one, other = (cache.serve(strict_server(version)) for _ in range(2))
    session = session_of(*visit(one, client))
    ends, outcome = visit(other, client, session)
    assert resumes(ends, outcome)
    certificate = ends.server.get_peer_certificate()
    assert certificate is not None
    assert certificate.get_subject().CN == "client"


@VERSIONS
def test_none_means_a_full_handshake(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    server = cache.serve(contexts.server_context())
    session = session_of(*visit(server, client))
    cache.kept.clear()
    assert not resumes(*visit(server, client, session))


@VERSIONS
def test_a_session_object_will_do(version: str) -> None:
    kept: dict[bytes, SSL.Session] = {}
    server, client = stateful(version), contexts.client_context(version=version)
    server.set_session_cache_mode(OUTSIDE)
    server.set_session_new_callback(lambda _, session: kept.update({session.get_id(): session}))
    server.set_session_get_callback(lambda _, name: kept.get(name))
    session = session_of(*visit(server, client))
    for _ in range(2):
        assert resumes(*visit(server, client, session))


@VERSIONS
def test_the_cache_is_that_of_the_context_the_connection_was_made_with(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    front = cache.serve(contexts.server_context())
    host, elsewhere = contexts.server_context(), Cache()
    elsewhere.serve(host)
    front.set_tlsext_servername_callback(lambda end: end.set_context(host))
    session = session_of(*visit(front, client))
    assert resumes(*visit(front, client, session))
    assert cache.asked
    assert elsewhere.asked == []
    assert elsewhere.kept == {}


@VERSIONS
def test_a_cache_across_the_network_is_not_waited_for(version: str) -> None:
    """The client's hello says what will be asked for, and its callback may ask for time."""
    cache, client = Cache(), contexts.client_context(version=version)
    server = cache.serve(contexts.server_context())
    session = session_of(*visit(server, client))
    wanted: list[bytes] = []
    here: dict[bytes, SSL.Session | None] = {}

    def on_hello(_connection: SSL.Connection, hello: SSL.ClientHello) -> None:
        wanted.extend(each for each in hello.session_ids if each not in here)
        if wanted:
            raise SSL.WantX509LookupError

    server.set_client_hello_callback(on_hello)
    server.set_session_get_callback(lambda _, name: here.get(name))
    ends = pump.pair(server, client, NAME)
    ends.client.set_session(session)
    with pytest.raises(SSL.WantReadError):
        ends.client.do_handshake()
    pump.exchange(*ends)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    assert set(wanted) & set(cache.kept)
    for name in wanted:  # and now the answers come
        here[name] = cache.get(ends.server, name)
    wanted.clear()
    assert resumes(ends, pump.handshake_outcome(*ends))


# ---- what is not believed


def refused(server: SSL.Context, client: SSL.Context, session: SSL.Session) -> bool:
    ends, outcome = visit(server, client, session)
    assert not ends.server.session_reused()
    return outcome != (None, None)


@VERSIONS
def test_a_session_of_an_open_server_does_not_open_a_strict_one(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    lax, strict = cache.serve(contexts.server_context()), cache.serve(strict_server())
    session = session_of(*visit(lax, client))
    assert refused(strict, client, session)
    assert cache.asked


@VERSIONS
def test_a_session_of_another_host_is_a_full_handshake(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    server = cache.serve(contexts.server_context())
    session = session_of(*visit(server, client))
    ends, outcome = visit(server, client, session, name=b"another.test")
    assert not resumes(ends, outcome)
    assert resumes(*visit(server, client, session, name=NAME))


@VERSIONS
def test_a_session_that_a_verify_callback_let_in_is_never_resumed(version: str) -> None:
    cache, client = Cache(), visitor(version)
    server = cache.serve(strict_server())
    server.set_verify(REQUIRED, lambda *_: True)
    session = session_of(*visit(server, client))
    assert not resumes(*visit(server, client, session))
    server.set_verify(REQUIRED)
    assert not resumes(*visit(server, client, session))


@VERSIONS
@pytest.mark.parametrize("where", [40, -40])
def test_changed_bytes_are_not_believed(version: str, where: int) -> None:
    cache, client = Cache(), visitor(version)
    server = cache.serve(strict_server())
    session = session_of(*visit(server, client))
    for name, data in cache.kept.items():
        spoilt = bytearray(data)
        spoilt[where] ^= 1
        cache.kept[name] = bytes(spoilt)
    try:
        ends, _outcome = visit(server, client, session)
    except SSL.Error:
        return  # no session any more
    assert not ends.server.session_reused()


@VERSIONS
def test_bytes_under_another_key_are_a_full_handshake(version: str) -> None:
    cache, client = Cache(), visitor(version)
    server = cache.serve(strict_server())
    session = session_of(*visit(server, client))
    cache.key = b"another"
    assert not resumes(*visit(server, client, session))


@VERSIONS
def test_bytes_without_a_key_are_an_error(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    cache.key = b""
    server = cache.serve(contexts.server_context())
    session = session_of(*visit(server, client))
    _ends, outcome = visit(server, client, session)
    assert isinstance(outcome.server, ValueError)
    assert "read without a key" in str(outcome.server)
    assert outcome.client is not None


@VERSIONS
def test_the_session_of_another_id_is_a_full_handshake(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    server = cache.serve(contexts.server_context())
    one, other = session_of(*visit(server, client)), session_of(*visit(server, client))
    values = list(cache.kept.values())
    cache.kept = dict.fromkeys(cache.kept, values[0])
    first = SSL.Session.from_bytes(values[0], server, KEY).get_id()
    for session in (one, other):
        ends, outcome = visit(server, client, session)
        assert resumes(ends, outcome) == (cache.asked[-1] == first)


def test_the_session_of_another_version_is_a_full_handshake() -> None:
    cache = Cache()
    server = cache.serve(contexts.server_context())
    old = session_of(*visit(server, contexts.client_context(version="TLSv1.2")))
    kept = dict(cache.kept)
    client = contexts.client_context(version="TLSv1.3")
    session = session_of(*visit(server, client))
    cache.kept = {name: next(iter(kept.values())) for name in cache.kept}
    assert old is not None
    assert not resumes(*visit(server, client, session))


@VERSIONS
def test_a_session_past_its_time_is_a_full_handshake(version: str) -> None:
    cache, client = Cache(), contexts.client_context(version=version)
    server = cache.serve(contexts.server_context())
    session = session_of(*visit(server, client))
    for name, data in cache.kept.items():
        kept = SSL.Session.from_bytes(data, server, KEY)
        kept.set_time(int(time.time()) - server.get_timeout() - 10)
        cache.kept[name] = kept.to_bytes(KEY)
    assert not resumes(*visit(server, client, session))
    # It is for the program to forget it.
    assert cache.asked[-1] in cache.removed


@pytest.mark.parametrize("answer", [b"bytes", "text", 1, object()])
def test_anything_but_a_session_is_an_error(answer: Any) -> None:
    server, client = stateful("TLSv1.2"), contexts.client_context()
    session = session_of(*visit(server, client))
    server.set_session_cache_mode(OUTSIDE)
    server.set_session_get_callback(lambda *_: answer)
    _ends, outcome = visit(server, client, session)
    assert "must return a Session or None" in str(outcome.server)
    assert isinstance(outcome.server, TypeError)
    assert outcome.client is not None


@pytest.mark.parametrize("session", [SSL.Session()])
def test_an_empty_session_is_an_error(session: SSL.Session) -> None:
    server, client = stateful("TLSv1.2"), contexts.client_context()
    kept = session_of(*visit(server, client))
    server.set_session_cache_mode(OUTSIDE)
    server.set_session_get_callback(lambda *_: session)
    assert "is empty" in str(visit(server, client, kept)[1].server)


def test_where_early_data_may_come_a_session_without_the_inner_cache_is_not_resumed() -> None:
    """libssl keeps replays off by that cache; what it has not there it takes for used."""
    cache, client = Cache(), contexts.client_context(version="TLSv1.3")
    server = cache.serve(contexts.server_context())
    server.set_max_early_data(1000)
    session = session_of(*visit(server, client))
    for _ in range(2):
        assert not resumes(*visit(server, client, session))
    server.set_options(SSL.OP_NO_ANTI_REPLAY)
    assert resumes(*visit(server, client, session))


# ---- what the cache keeps


@VERSIONS
def test_add_and_remove(version: str) -> None:
    one, other = stateful(version), stateful(version)
    client = contexts.client_context(version=version)
    kept: list[SSL.Session] = []
    one.set_session_new_callback(lambda _, session: kept.append(session))
    first = visit(one, client)
    session = session_of(*first)
    assert kept
    for each in kept:
        other.add_session(each)
        other.add_session(each)
    assert other.get_session_stats()["number"] == len(kept)
    ends, outcome = visit(other, client, session)
    assert resumes(ends, outcome)
    for each in kept:
        assert one.remove_session(each)
        assert not one.remove_session(each)
        assert each.is_resumable()
    assert not resumes(*visit(one, client, session))


def test_what_may_not_be_added() -> None:
    server, client = contexts.server_context(), contexts.client_context(version="TLSv1.2")
    with pytest.raises(ValueError, match="is empty"):
        server.add_session(SSL.Session())
    for call in (server.add_session, server.remove_session):
        with pytest.raises(TypeError, match="must be a Session"):
            call(b"bytes")  # type: ignore[arg-type]
    ends = pump.connected(server, client)
    lent = ends.server.get_session()
    assert lent is not None
    with pytest.raises(ValueError, match="no id"):
        server.add_session(lent)
    read = SSL.Session.from_bytes(session_of(*visit(server, client)).to_bytes(), server)
    with pytest.raises(ValueError, match="without a key"):
        server.add_session(read)


def test_flush() -> None:
    server, client = stateful("TLSv1.2"), contexts.client_context()
    open_ends = [visit(server, client) for _ in range(3)]
    server.flush_sessions()
    server.flush_sessions(int(time.time()))
    assert server.get_session_stats()["number"] == len(open_ends) == 3
    server.flush_sessions(int(time.time()) + server.get_timeout() + 10)
    assert server.get_session_stats()["number"] == 0
    for wrong in (-1, 2**63 - 1 if SSL.OPENSSL_VERSION_NUMBER < 0 else -5):
        with pytest.raises(ValueError, match="since 1970"):
            server.flush_sessions(wrong)
    with pytest.raises(TypeError):
        server.flush_sessions("now")  # type: ignore[arg-type]


def test_sizes() -> None:
    context = contexts.blank_context()
    with pytest.raises(ValueError, match="negative"):
        context.set_session_cache_size(-1)
    with pytest.raises(TypeError, match="integer"):
        context.set_session_cache_size("1")  # type: ignore[arg-type]
    assert context.set_session_cache_size(0) == context.set_session_cache_size(20480) + 20480
    assert context.get_session_cache_size() == 20480


@pytest.mark.parametrize("name", ["new", "get", "remove"])
def test_callbacks_can_be_asked_for_and_taken_away(name: str) -> None:
    context = contexts.blank_context()
    put = getattr(context, f"set_session_{name}_callback")
    ask = getattr(context, f"get_session_{name}_callback")
    assert ask() is None
    put(noting)
    assert ask() is noting
    with pytest.raises(TypeError, match="callable"):
        put(1)
    assert ask() is noting
    put(None)
    assert ask() is None

"""Sessions: the cache, keeping one, using it again."""

import gc
import pickle
import time
import weakref

import pytest

from kit import contexts, pump
from OpenSSL import SSL


@pytest.fixture
def server():
    context = contexts.server_context()
    context.set_session_id(b"unit tests")
    return context


def session_of(ends):
    """The client's session once its tickets have come."""
    pump.exchange(*ends)
    with pytest.raises(SSL.WantReadError):
        ends.client.recv(1)
    session = ends.client.get_session()
    assert session is not None
    return session


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def version(request):
    return request.param


def offer(server, client, session, prepare):
    """A handshake that offers the session; `prepare` sets up the client."""
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    prepare(ends.client)
    return ends, pump.handshake_outcome(*ends)


class TestOffers:
    """libssl verifies nothing when it resumes: other rules mean a full handshake."""

    @pytest.mark.holds("C23")
    @pytest.mark.parametrize(
        ("ask", "name", "fits"),
        [
            ("set_host", "localhost", True),
            ("set_host", "another.example", False),
            ("set_host", "127.0.0.1", True),
            ("set_host", "192.0.2.1", False),
            ("set_ip_asc", "::1", True),
            ("set_ip_asc", "192.0.2.1", False),
        ],
    )
    def test_the_session_of_another_host(self, server, version, ask, name, fits):
        client = contexts.client_context(version=version)
        session = session_of(pump.connected(server, client))
        ends, outcome = offer(server, client, session, lambda end: getattr(end, ask)(name))
        assert not ends.client.session_reused()
        assert (outcome.client is None) is fits
        if fits:
            session = session_of(ends)
            ends, outcome = offer(server, client, session, lambda end: getattr(end, ask)(name))
            assert outcome == (None, None)
            assert ends.client.session_reused()

    def test_a_name_and_an_address_are_both_asked_for(self, server, version):
        client = contexts.client_context(version=version)
        session = session_of(pump.connected(server, client))

        def both(end):
            end.set_host("localhost")
            end.set_ip_asc("192.0.2.1")

        ends, outcome = offer(server, client, session, both)
        assert not ends.client.session_reused()
        assert outcome.client.verify_code != 0

    def test_what_was_not_verified(self, server, version):
        client = contexts.client_context(version=version, verify=False)
        session = session_of(pump.connected(server, client))
        ends, outcome = offer(server, client, session, lambda end: None)
        assert ends.client.session_reused()
        assert outcome.client is None
        ends, outcome = offer(server, client, session, lambda end: end.set_verify(SSL.VERIFY_PEER))
        assert not ends.client.session_reused()
        assert "certificate verify failed" in str(outcome.client)

    def test_what_another_context_believed(self, server, version):
        client = contexts.client_context(version=version)
        session = session_of(pump.connected(server, client))
        strict = contexts.blank_context()
        strict.set_verify(SSL.VERIFY_PEER)
        ends, outcome = offer(server, client, session, lambda end: end.set_context(strict))
        assert not ends.client.session_reused()
        assert "certificate verify failed" in str(outcome.client)

    def late(self, server, version, change):
        """What comes of a handshake whose rules change after the offer, and its client."""
        client = contexts.client_context(version=version)
        session = session_of(pump.connected(server, client))
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        with pytest.raises(SSL.WantReadError):
            ends.client.do_handshake()
        change(ends.client)
        return ends.client, pump.handshake_outcome(*ends).client

    @pytest.mark.differs("rules set after a session has")
    @pytest.mark.parametrize(
        "change",
        [
            lambda end: end.set_host("another.example"),
            lambda end: end.set_ip_asc("192.0.2.1"),
            lambda end: end.set_verify(SSL.VERIFY_PEER, lambda *_: False),
            lambda end: end.set_hostflags(1),
            lambda end: end.set_verify(SSL.VERIFY_NONE, lambda *_: False),
        ],
    )
    def test_other_rules_after_it_was_offered(self, server, version, change):
        _client, outcome = self.late(server, version, change)
        assert "rules of verification changed" in str(outcome)

    def test_no_rules_after_it_was_offered(self, server, version):
        client, outcome = self.late(server, version, lambda end: end.set_verify(SSL.VERIFY_NONE))
        assert outcome is None
        assert client.get_verify_result() != 0  # nobody has looked at it by these rules

    def test_a_send_before_anybody_said_who_is_the_client(self, server):
        client = contexts.client_context()
        session = session_of(pump.connected(server, client))
        end = SSL.Connection(client, None)
        end.set_session(session)
        end.set_host("another.example")
        with pytest.raises(SSL.Error, match="uninitialized"):
            end.send(b"x")
        end.set_connect_state()
        other = SSL.Connection(server, None)
        other.set_accept_state()
        assert "certificate verify failed" in str(pump.handshake_outcome(other, end).client)


class TestResumption:
    @pytest.mark.promises("Session", "Connection.set_session")
    @pytest.mark.holds("C40", "D26")
    def test_a_kept_session_is_resumed(self, server, version):
        client = contexts.client_context(version=version)
        first = pump.connected(server, client)
        assert first.client.session_reused() is False
        session = session_of(first)
        again = pump.pair(server, client)
        again.client.set_session(session)
        pump.handshake(*again)
        assert again.client.session_reused() is True
        assert again.server.session_reused() is True

    def test_it_survives_being_written_and_read(self, server, version):
        client = contexts.client_context(version=version)
        data = session_of(pump.connected(server, client)).to_bytes()
        again = pump.pair(server, client)
        again.client.set_session(SSL.Session.from_bytes(bytearray(data), client))
        pump.handshake(*again)
        assert again.client.session_reused() is True

    @pytest.mark.differs("a session whose connection was")
    def test_a_session_outlives_its_connection(self, server):
        client = contexts.client_context()
        session = session_of(pump.connected(server, client))
        gc.collect()
        again = pump.pair(server, client)
        again.client.set_session(session)
        pump.handshake(*again)
        assert again.client.session_reused() is True

    @pytest.mark.differs("a session whose connection was")
    def test_one_session_serves_many_connections(self, server):
        client = contexts.client_context(version="TLSv1.2")
        session = session_of(pump.connected(server, client))
        for _ in range(3):
            again = pump.pair(server, client)
            again.client.set_session(session)
            pump.handshake(*again)
            assert again.client.session_reused() is True
            del again  # dropped without a word: for OpenSSL its session is spoilt
        assert session.is_resumable() is True

    def test_a_session_keeps_its_context(self, server):
        client = contexts.client_context()
        gone = weakref.ref(client)
        session = session_of(pump.connected(server, client))
        del client
        gc.collect()
        assert gone() is not None
        del session
        gc.collect()
        assert gone() is None


class TestSetSession:
    @pytest.mark.holds("C24")
    def test_another_contexts_session_is_refused(self, server):
        session = session_of(pump.connected(server, contexts.client_context()))
        other = SSL.Connection(contexts.client_context(), None)
        with pytest.raises(ValueError, match="another Context"):
            other.set_session(session)

    @pytest.mark.differs("a session after Connection.set_context")
    def test_the_context_of_before_a_switch_counts(self, server):
        client = contexts.client_context()
        session = session_of(pump.connected(server, client))
        connection = SSL.Connection(client, None)
        connection.set_connect_state()
        connection.set_context(contexts.client_context())
        connection.set_session(session)
        assert connection.get_session().get_id() == session.get_id()

    @pytest.mark.differs("set_session(Session())")
    def test_an_empty_session_is_refused(self):
        connection = SSL.Connection(contexts.client_context(), None)
        with pytest.raises(ValueError, match="empty"):
            connection.set_session(SSL.Session())

    @pytest.mark.parametrize("value", [None, 123, "hello", object()])
    def test_only_sessions(self, value):
        connection = SSL.Connection(contexts.client_context(), None)
        with pytest.raises(TypeError, match="session must be a Session instance"):
            connection.set_session(value)

    @pytest.mark.differs("set_session once the handshake")
    def test_it_is_too_late_once_the_handshake_has_begun(self, server):
        client = contexts.client_context()
        session = session_of(pump.connected(server, client))
        late = pump.pair(server, client)
        with pytest.raises(SSL.WantReadError):
            late.client.do_handshake()
        with pytest.raises(SSL.Error, match="before the handshake"):
            late.client.set_session(session)
        pump.handshake(*late)
        assert late.client.session_reused() is False


@pytest.mark.differs("a session at a server that asks")
@pytest.mark.holds("C37")
def test_a_client_certificate_without_a_session_id_is_resumed_or_refused_in_words(version):
    server = contexts.server_context(require_client=True, version=version)
    client = contexts.client_context(contexts.authority.client_identity())
    session = session_of(pump.connected(server, client))
    again = pump.pair(server, client)
    again.client.set_session(session)
    outcome = pump.handshake_outcome(*again)
    if outcome.server is None:
        assert again.server.get_peer_certificate() is not None
    else:
        assert "session id context uninitialized" in str(outcome.server)


class TestSession:
    @pytest.mark.promises("Connection.get_session")
    def test_an_unconnected_end_has_none(self):
        assert SSL.Connection(contexts.client_context(), None).get_session() is None

    @pytest.mark.promises("Connection.get_session")
    def test_both_ends_have_one(self, server):
        ends = pump.connected(server, contexts.client_context())
        assert isinstance(ends.client.get_session(), SSL.Session)
        assert isinstance(ends.server.get_session(), SSL.Session)

    @pytest.mark.promises("Session objects have no methods")
    def test_what_it_says(self, server):
        server.set_timeout(1234)
        before = int(time.time())
        session = session_of(pump.connected(server, contexts.client_context(version="TLSv1.2")))
        assert before <= session.get_time() <= time.time()
        assert len(session.get_id()) == 32
        assert session.has_ticket() is True
        assert session.get_ticket_lifetime_hint() == 1234
        assert session.get_protocol_version() == SSL.TLS1_2_VERSION
        assert session.is_resumable() is True

    def test_the_clients_timeout_is_its_contexts(self, server):
        client = contexts.client_context(version="TLSv1.2")
        client.set_timeout(77)
        assert session_of(pump.connected(server, client)).get_timeout() == 77

    @pytest.mark.holds("D26")
    def test_tls13_is_resumable_only_after_the_ticket(self, server):
        ends = pump.connected(server, contexts.client_context(version="TLSv1.3"))
        early = ends.client.get_session()
        assert early.is_resumable() is False
        assert session_of(ends).is_resumable() is True

    @pytest.mark.promises("OP_NO_TICKET")
    def test_without_a_ticket(self, server):
        server.set_options(SSL.OP_NO_TICKET)
        session = session_of(pump.connected(server, contexts.client_context(version="TLSv1.2")))
        assert session.has_ticket() is False
        assert session.is_resumable() is True

    @pytest.mark.parametrize(
        "name",
        [
            "to_bytes",
            "get_id",
            "get_time",
            "get_timeout",
            "has_ticket",
            "get_ticket_lifetime_hint",
            "is_resumable",
            "get_protocol_version",
        ],
    )
    def test_an_empty_one_says_nothing(self, name):
        with pytest.raises(ValueError, match="empty"):
            getattr(SSL.Session(), name)()

    def test_it_is_not_pickled(self, server):
        session = session_of(pump.connected(server, contexts.client_context()))
        with pytest.raises(TypeError, match="to_bytes"):
            pickle.dumps(session)

    def test_it_takes_no_arguments(self):
        with pytest.raises(TypeError):
            SSL.Session(1)


class TestFromBytes:
    @pytest.mark.parametrize("change", [lambda d: b"", lambda d: d[:-1], lambda d: d[1:]])
    def test_what_is_not_a_session_is_an_error_with_words(self, server, change):
        client = contexts.client_context()
        data = session_of(pump.connected(server, client)).to_bytes()
        with pytest.raises(SSL.Error) as caught:
            SSL.Session.from_bytes(change(data), client)
        assert caught.value.args[0]

    def test_what_is_behind_it_is_refused(self, server):
        client = contexts.client_context()
        data = session_of(pump.connected(server, client)).to_bytes()
        with pytest.raises(SSL.Error, match="trailing data"):
            SSL.Session.from_bytes(data + b"\0", client)

    def test_wrong_types(self):
        with pytest.raises(TypeError, match="data must be a byte string"):
            SSL.Session.from_bytes("text", contexts.client_context())
        with pytest.raises(TypeError, match="context must be a Context"):
            SSL.Session.from_bytes(b"", None)


class TestCache:
    @pytest.mark.promises("Context.get_session_cache_mode")
    def test_the_mode_before_is_answered(self):
        context = contexts.blank_context()
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        assert context.set_session_cache_mode(SSL.SESS_CACHE_BOTH) == SSL.SESS_CACHE_OFF
        assert context.get_session_cache_mode() == SSL.SESS_CACHE_BOTH

    @pytest.mark.promises("Context.get_timeout", "Context.set_timeout")
    def test_the_timeout_before_is_answered(self):
        context = contexts.blank_context()
        before = context.get_timeout()
        assert context.set_timeout(1234) == before
        assert context.get_timeout() == 1234

    @pytest.mark.parametrize("name", ["set_session_cache_mode", "set_timeout"])
    @pytest.mark.parametrize("value", [None, "1", object()])
    def test_only_integers(self, name, value):
        with pytest.raises(TypeError, match="must be an integer"):
            getattr(contexts.blank_context(), name)(value)

    @pytest.mark.differs("set_timeout(-1)")
    def test_what_does_not_fit_is_refused(self):
        context = contexts.blank_context()
        with pytest.raises(ValueError, match="negative"):
            context.set_timeout(-1)
        with pytest.raises(OverflowError):
            context.set_timeout(1 << 80)
        with pytest.raises(OverflowError):
            context.set_session_cache_mode(-1)

    def test_a_session_id_has_at_most_32_bytes(self):
        context = contexts.blank_context()
        context.set_session_id(b"x" * 32)
        with pytest.raises(SSL.Error, match="ssl session id context too long"):
            context.set_session_id(b"x" * 33)

    def test_text_is_taken_with_a_warning(self):
        with pytest.warns(DeprecationWarning, match="str for buf is no longer accepted"):
            contexts.blank_context().set_session_id("text")

    @pytest.mark.parametrize("value", [None, 3])
    def test_a_session_id_is_bytes(self, value):
        with pytest.raises(TypeError, match="buf"):
            contexts.blank_context().set_session_id(value)

    def test_the_counters_count(self, server):
        client = contexts.client_context(version="TLSv1.2")
        session = session_of(pump.connected(server, client))
        again = pump.pair(server, client)
        again.client.set_session(session)
        pump.handshake(*again)
        stats = server.get_session_stats()
        assert stats["accept_good"] == 2
        assert stats["hits"] == 1
        assert stats["misses"] == 0
        assert client.get_session_stats()["connect_good"] == 2


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_server_sends_as_many_tickets_as_it_is_told(count):
    context = contexts.server_context(version="TLSv1.3")
    assert context.get_num_tickets() == 2
    context.set_num_tickets(count)
    assert context.get_num_tickets() == count
    told = []
    client = contexts.client_context()
    client.set_message_callback(lambda c, writing, version, kind, data: told.append((kind, data)))
    ends = pump.connected(context, client)
    with pytest.raises(SSL.WantReadError):
        ends.client.recv(1)
    assert sum(1 for kind, data in told if kind == 22 and data[0] == 4) == count


def test_a_number_of_tickets_is_a_number():
    context = contexts.server_context()
    for wrong, error in (("2", TypeError), (None, TypeError), (-1, OverflowError)):
        with pytest.raises(error):
            context.set_num_tickets(wrong)
    assert context.get_num_tickets() == 2

"""Application protocols, server names and SRTP profiles."""

import gc
import weakref

import pytest

from kit import contexts, pump
from OpenSSL import SSL


@pytest.fixture
def context():
    return contexts.blank_context()


@pytest.fixture(params=["context", "connection"])
def subject(request, context):
    """Either kind of object that offers application protocols."""
    return context if request.param == "context" else SSL.Connection(context, None)


class Oops(Exception):
    """What the hooks of these tests raise."""


def alpn_pair(callback, offered=(b"h2", b"http/1.1")):
    server = contexts.server_context()
    server.set_alpn_select_callback(callback)
    client = contexts.client_context()
    client.set_alpn_protos(list(offered))
    return pump.pair(server, client)


class TestAlpnProtos:
    @pytest.mark.parametrize("protos", [[], (), b"", iter(())])
    def test_an_empty_list_is_refused(self, subject, protos):
        with pytest.raises(ValueError, match="at least one protocol must be specified"):
            subject.set_alpn_protos(protos)

    @pytest.mark.parametrize("protos", [["h2"], [b"h2", None], [3], b"h2", "h2"])
    def test_items_that_are_no_bytes_are_refused(self, subject, protos):
        with pytest.raises(TypeError):
            subject.set_alpn_protos(protos)

    @pytest.mark.parametrize("protos", [b"h2", "h2", bytearray(b"h2")])
    def test_one_name_is_no_list(self, subject, protos):
        with pytest.raises(TypeError, match=r"a list of byte strings, as \[b'h2'\] is, not"):
            subject.set_alpn_protos(protos)

    @pytest.mark.differs('set_alpn_protos with b"" among')
    @pytest.mark.parametrize("protos", [[b""], [b"h2", b""], [b"x" * 256]])
    def test_items_of_a_wrong_size_are_refused(self, subject, protos):
        with pytest.raises(ValueError, match="1 to 255 bytes"):
            subject.set_alpn_protos(protos)

    @pytest.mark.differs("set_alpn_protos with more than")
    def test_a_list_too_long_for_a_handshake_is_refused(self, subject):
        with pytest.raises(ValueError, match="bytes"):
            subject.set_alpn_protos([b"x" * 255] * 256)

    def test_the_longest_item_is_carried(self):
        longest = b"x" * 255
        ends = alpn_pair(lambda connection, offered: offered[0], [longest])
        pump.handshake(*ends)
        assert ends.client.get_alpn_proto_negotiated() == longest

    @pytest.mark.promises("Connection.set_alpn_protos")
    def test_a_connections_own_list_is_offered(self):
        seen = []
        ends = alpn_pair(lambda connection, offered: seen.append(offered) or offered[0])
        ends.client.set_alpn_protos(iter([bytearray(b"mine"), b"too"]))
        pump.handshake(*ends)
        assert seen == [[b"mine", b"too"]]
        assert ends.client.get_alpn_proto_negotiated() == b"mine"


class TestAlpnSelect:
    @pytest.mark.promises(
        "Context.set_alpn_protos",
        "Context.set_alpn_select_callback",
        "Connection.get_alpn_proto_negotiated",
    )
    def test_the_choice_is_known_to_both_ends(self):
        calls = []

        def choose(connection, offered):
            calls.append((connection, offered))
            return b"http/1.1"

        ends = alpn_pair(choose)
        assert ends.client.get_alpn_proto_negotiated() == b""
        pump.handshake(*ends)
        assert calls == [(ends.server, [b"h2", b"http/1.1"])]
        assert ends.client.get_alpn_proto_negotiated() == b"http/1.1"
        assert ends.server.get_alpn_proto_negotiated() == b"http/1.1"

    @pytest.mark.promises("NO_OVERLAPPING_PROTOCOLS", "Context.set_alpn_select_callback")
    def test_no_overlap_goes_on_without(self):
        ends = alpn_pair(lambda connection, offered: SSL.NO_OVERLAPPING_PROTOCOLS)
        pump.handshake(*ends)
        assert ends.client.get_alpn_proto_negotiated() == b""

    @pytest.mark.promises("Context.set_alpn_select_callback")
    def test_an_empty_answer_ends_the_handshake(self):
        ends = alpn_pair(lambda connection, offered: b"")
        outcome = pump.handshake_outcome(*ends)
        assert isinstance(outcome.server, SSL.Error)
        assert isinstance(outcome.client, SSL.Error)

    @pytest.mark.parametrize("answer", [None, "h2", 3])
    def test_an_answer_of_another_kind_is_a_type_error(self, answer):
        ends = alpn_pair(lambda connection, offered: answer)
        outcome = pump.handshake_outcome(*ends)
        assert isinstance(outcome.server, TypeError)
        assert isinstance(outcome.client, SSL.Error)

    @pytest.mark.parametrize("kind", [Oops, KeyboardInterrupt])
    def test_what_it_raises_comes_out_of_the_call(self, kind):
        def choose(connection, offered):
            raise kind("alpn")

        ends = alpn_pair(choose)
        with pytest.raises(kind, match="alpn"):
            pump.handshake(*ends)

    @pytest.mark.differs("set_alpn_select_callback, set_tlsext_servername_callback")
    def test_none_removes_it(self):
        def choose(connection, offered):
            raise Oops

        server = contexts.server_context()
        server.set_alpn_select_callback(choose)
        server.set_alpn_select_callback(None)
        client = contexts.client_context()
        client.set_alpn_protos([b"h2"])
        ends = pump.connected(server, client)
        assert ends.client.get_alpn_proto_negotiated() == b""

    @pytest.mark.differs("set_alpn_select_callback, set_tlsext_servername_callback")
    @pytest.mark.parametrize("value", [42, "name", b""])
    def test_what_cannot_be_called_is_refused(self, context, value):
        with pytest.raises(TypeError, match="callable"):
            context.set_alpn_select_callback(value)
        with pytest.raises(TypeError, match="callable"):
            context.set_tlsext_servername_callback(value)


class TestHostName:
    @pytest.mark.promises("Connection.get_servername", "Connection.set_tlsext_host_name")
    def test_what_the_client_asks_for_is_what_the_server_hears(self):
        ends = pump.connected(
            contexts.server_context(), contexts.client_context(), server_name=b"brisk.test"
        )
        assert ends.server.get_servername() == b"brisk.test"
        assert ends.client.get_servername() == b"brisk.test"

    @pytest.mark.promises("Connection.get_servername")
    def test_there_is_none_when_none_was_asked_for(self):
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        assert ends.server.get_servername() is None

    @pytest.mark.parametrize("value", ["host", None, 3, b"with\0null"])
    @pytest.mark.holds("C11")
    def test_wrong_values_are_type_errors(self, context, value):
        with pytest.raises(TypeError):
            SSL.Connection(context, None).set_tlsext_host_name(value)

    @pytest.mark.differs("set_tlsext_host_name with no")
    @pytest.mark.parametrize("value", [b"", b"x" * 256])
    @pytest.mark.holds("D23", "C12")
    def test_a_wrong_length_is_refused_and_the_name_of_before_stays(self, context, value):
        connection = SSL.Connection(context, None)
        connection.set_connect_state()
        connection.set_tlsext_host_name(b"before.test")
        with pytest.raises(ValueError, match="1 to 255 bytes"):
            connection.set_tlsext_host_name(value)
        assert connection.get_servername() == b"before.test"

    def test_the_longest_name_arrives(self):
        longest = b"x" * 255
        ends = pump.connected(
            contexts.server_context(), contexts.client_context(verify=False), longest
        )
        assert ends.server.get_servername() == longest


class TestServerNameCallback:
    def names_heard(self, server_name):
        heard = []
        server = contexts.server_context()
        server.set_tlsext_servername_callback(
            lambda connection: heard.append((connection, connection.get_servername()))
        )
        ends = pump.connected(server, contexts.client_context(), server_name)
        return ends, heard

    @pytest.mark.promises("Context.set_tlsext_servername_callback")
    def test_it_hears_the_name(self):
        ends, heard = self.names_heard(b"brisk.test")
        assert heard == [(ends.server, b"brisk.test")]

    def test_it_runs_without_a_name_too(self):
        ends, heard = self.names_heard(None)
        assert heard == [(ends.server, None)]

    @pytest.mark.differs("an exception in a server name")
    @pytest.mark.parametrize("kind", [Oops, SystemExit])
    def test_what_it_raises_comes_out_and_ends_the_handshake(self, kind):
        def refuse(connection):
            raise kind("sni")

        server = contexts.server_context()
        server.set_tlsext_servername_callback(refuse)
        ends = pump.pair(server, contexts.client_context(), b"brisk.test")
        with pytest.raises(kind, match="sni"):
            pump.handshake(*ends)
        pump.exchange(*ends)
        with pytest.raises(SSL.Error):
            ends.client.do_handshake()

    def test_a_replaced_one_is_forgotten(self, context):
        def first(connection):
            """Never called."""

        context.set_tlsext_servername_callback(first)
        gone = weakref.ref(first)
        context.set_tlsext_servername_callback(None)
        del first
        gc.collect()
        assert gone() is None


class TestSrtp:
    @pytest.mark.promises("Context.set_tlsext_use_srtp")
    def test_a_profile_is_agreed_on(self):
        server, client = SSL.Context(SSL.DTLS_METHOD), SSL.Context(SSL.DTLS_METHOD)
        contexts.use_identity(server, contexts.authority.identity())
        server.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        client.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80")
        ends = pump.pair(server, client)
        assert ends.client.get_selected_srtp_profile() == b""
        pump.handshake(*ends)
        assert ends.client.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"
        assert ends.server.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"

    def test_an_unknown_profile_is_an_error_with_words(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.set_tlsext_use_srtp(b"SRTP_BOGUS")
        assert caught.value.args[0]

    @pytest.mark.parametrize("value", ["SRTP_AES128_CM_SHA1_80", None, 3])
    def test_only_bytes(self, context, value):
        with pytest.raises(TypeError, match="profiles must be a byte string"):
            context.set_tlsext_use_srtp(value)

    def test_nul_is_refused(self, context):
        with pytest.raises(ValueError, match="NUL"):
            context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80\0")


def refuse_with(alert):
    def choose(connection):
        error = SSL.Error("no such host")
        error.alert = alert
        raise error

    return choose


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("alert", [112, 49, 40])
def test_a_server_name_callback_says_which_alert(version, alert):
    server = contexts.server_context(version=version)
    server.set_tlsext_servername_callback(refuse_with(alert))
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context(), b"localhost"))
    assert (outcome.client.alert, outcome.client.alert_sent) == (alert, False)
    assert outcome.server.args == ("no such host",)


@pytest.mark.parametrize("alert", [-1, 256, "112", None, 3.5])
def test_what_is_no_alert_is_an_internal_error(alert):
    server = contexts.server_context()
    server.set_tlsext_servername_callback(refuse_with(alert))
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context(), b"localhost"))
    assert outcome.client.alert == 80

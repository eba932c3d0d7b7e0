"""What only the two ends of a connection know."""

import contextlib

import pytest

from kit import contexts, pump
from OpenSSL import SSL

LABEL = b"EXPERIMENTAL unit tests"


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request):
    return pump.connected(contexts.server_context(version=request.param), contexts.client_context())


@pytest.fixture
def unconnected():
    return SSL.Connection(contexts.blank_context(), None)


class TestRandoms:
    @pytest.mark.promises("Connection.client_random, Connection.server_random")
    @pytest.mark.parametrize("name", ["client_random", "server_random"])
    def test_both_ends_know_the_same_32_bytes(self, ends, name):
        value = getattr(ends.client, name)()
        assert value == getattr(ends.server, name)()
        assert len(value) == 32

    def test_the_two_differ(self, ends):
        assert ends.client.client_random() != ends.client.server_random()

    @pytest.mark.promises("Connection.get_finished, Connection.get_peer_finished")
    @pytest.mark.parametrize("name", ["client_random", "server_random", "master_key"])
    def test_none_before_the_handshake(self, unconnected, name):
        assert getattr(unconnected, name)() is None

    @pytest.mark.differs("master_key when the handshake")
    def test_none_in_the_middle_of_the_handshake(self, unconnected):
        unconnected.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            unconnected.do_handshake()
        assert len(unconnected.client_random()) == 32
        assert unconnected.master_key() is None
        assert unconnected.get_finished() is None

    @pytest.mark.promises("Connection.master_key")
    def test_the_master_key_is_shared(self):
        ends = pump.connected(contexts.server_context(version="TLSv1.2"), contexts.client_context())
        assert len(ends.client.master_key()) == 48
        assert ends.client.master_key() == ends.server.master_key()

    def test_the_key_log_tells_the_same_secrets(self):
        lines = []
        server = contexts.server_context(version="TLSv1.2")
        server.set_keylog_callback(lambda connection, line: lines.append(line))
        ends = pump.connected(server, contexts.client_context())
        random, master = ends.client.client_random(), ends.client.master_key()
        assert lines == [b"CLIENT_RANDOM " + random.hex().encode() + b" " + master.hex().encode()]


class TestFinished:
    @pytest.mark.promises("Connection.get_finished, Connection.get_peer_finished")
    def test_what_one_sent_is_what_the_other_received(self, ends):
        assert ends.client.get_finished() == ends.server.get_peer_finished() is not None
        assert ends.server.get_finished() == ends.client.get_peer_finished() is not None
        assert ends.client.get_finished() != ends.client.get_peer_finished()

    @pytest.mark.promises("Connection.get_finished, Connection.get_peer_finished")
    def test_none_before_the_handshake(self, unconnected):
        assert unconnected.get_finished() is None
        assert unconnected.get_peer_finished() is None


class TestExport:
    @pytest.mark.promises("Connection.export_keying_material")
    @pytest.mark.parametrize("context", [None, b"", b"some context", bytearray(b"some context")])
    def test_both_ends_derive_the_same(self, ends, context):
        ours = ends.client.export_keying_material(LABEL, 40, context)
        assert ours == ends.server.export_keying_material(LABEL, 40, context)
        assert len(ours) == 40
        assert any(ours)

    @pytest.mark.promises("Connection.export_keying_material")
    def test_label_and_context_matter(self, ends):
        values = {
            ends.client.export_keying_material(LABEL, 32),
            ends.client.export_keying_material(LABEL + b"!", 32),
            ends.client.export_keying_material(LABEL, 32, b"context"),
        }
        assert len(values) == 3

    def test_an_empty_context_differs_from_none_in_tls12_only(self, ends):
        without = ends.client.export_keying_material(LABEL, 32)
        empty = ends.client.export_keying_material(LABEL, 32, b"")
        older = ends.client.get_protocol_version() == SSL.TLS1_2_VERSION
        assert (without != empty) == older

    @pytest.mark.differs("export_keying_material, negative")
    @pytest.mark.parametrize("size", [-1, 65536, 2**31, 2**63, 2**100])
    def test_absurd_sizes_are_refused(self, ends, size):
        with pytest.raises(ValueError, match="olen"):
            ends.client.export_keying_material(LABEL, size)

    @pytest.mark.differs("export_keying_material, negative")
    def test_a_context_too_long_is_refused(self, ends):
        with pytest.raises(ValueError, match="context"):
            ends.client.export_keying_material(LABEL, 8, b"x" * 65536)

    @pytest.mark.parametrize(
        "arguments", [("text", 8), (None, 8), (LABEL, "8"), (LABEL, None), (LABEL, 8, "text")]
    )
    def test_wrong_types(self, ends, arguments):
        with pytest.raises(TypeError):
            ends.client.export_keying_material(*arguments)

    def test_before_the_handshake_is_an_error_with_words(self, unconnected):
        with pytest.raises(SSL.Error, match="before the handshake"):
            unconnected.export_keying_material(LABEL, 8)

    def test_none_from_no_secret(self):
        """In the middle of a handshake of TLS 1.2 everybody could derive them."""
        exported = []

        def tell(connection, where, value):
            with contextlib.suppress(SSL.Error):
                exported.append(connection.export_keying_material(LABEL, 16))

        server = contexts.server_context(version="TLSv1.2")
        client = contexts.client_context()
        server.set_info_callback(tell)
        client.set_info_callback(tell)
        ends = pump.connected(server, client)
        assert set(exported) == {ends.client.export_keying_material(LABEL, 16)}

    def test_a_label_tls_keeps_for_itself_is_an_error_with_words(self):
        ends = pump.connected(contexts.server_context(version="TLSv1.2"), contexts.client_context())
        with pytest.raises(SSL.Error) as caught:
            ends.client.export_keying_material(b"key expansion", 8)
        assert caught.value.args[0]

    def test_tls13_cannot_export_more_than_its_hash_allows(self):
        client = contexts.client_context(version="TLSv1.3")
        client.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        ends = pump.connected(contexts.server_context(), client)
        assert len(ends.client.export_keying_material(LABEL, 255 * 32)) == 255 * 32
        with pytest.raises(SSL.Error):
            ends.client.export_keying_material(LABEL, 255 * 32 + 1)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_keys_that_are_asked_for_too_early_are_refused_in_words(version):
    """At every step that libssl tells of, on both sides."""
    outcomes = []

    def ask(connection, *_):
        try:
            outcomes.append(bool(connection.export_keying_material(b"EXPERIMENTAL label", 10)))
        except SSL.Error as error:
            outcomes.append(False)
            assert "no keys before" in str(error) or "can be exported now" in str(error)

    server, client = (
        contexts.server_context(version=version),
        contexts.client_context(version=version),
    )
    server.set_info_callback(ask)
    client.set_info_callback(ask)
    pump.connected(server, client)
    assert True in outcomes
    assert False in outcomes

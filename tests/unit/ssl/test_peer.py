"""What a connection knows about its peer and about itself."""

import itertools

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def version(request):
    return request.param


@pytest.fixture
def unconnected():
    return SSL.Connection(contexts.blank_context(), None)


@pytest.fixture
def ends(version):
    return pump.connected(contexts.server_context(version=version), contexts.client_context())


@pytest.fixture
def mutual(version):
    """Both ends showed a certificate."""
    return pump.connected(
        contexts.server_context(version=version, require_client=True),
        contexts.client_context(authority.client_identity()),
    )


def common_names(chain):
    return [certificate.get_subject().CN for certificate in chain]


class TestCertificates:
    @pytest.mark.promises("Connection.get_certificate", "Connection.get_peer_certificate")
    def test_the_clients_view_is_the_servers_own(self, ends):
        seen = ends.client.get_peer_certificate()
        own = ends.server.get_certificate()
        assert isinstance(seen, crypto.X509)
        assert seen.digest("sha256") == own.digest("sha256")

    @pytest.mark.promises(
        "Connection.get_certificate",
        "Connection.get_peer_cert_chain",
        "Connection.get_peer_certificate",
    )
    def test_there_is_none_where_none_was_shown(self, ends):
        assert ends.server.get_peer_certificate() is None
        assert ends.server.get_peer_cert_chain() is None
        assert ends.client.get_certificate() is None

    def test_a_client_certificate_is_seen(self, mutual):
        assert mutual.server.get_peer_certificate().get_subject().CN == "client"
        assert mutual.client.get_certificate().get_subject().CN == "client"

    def test_a_client_is_sent_the_leaf_first(self, ends):
        chain = ends.client.get_peer_cert_chain()
        leaf = ends.client.get_peer_certificate()
        assert chain[0].digest("sha256") == leaf.digest("sha256")

    @pytest.mark.promises("get_peer_cert_chain on a server")
    def test_a_server_is_not_given_the_leaf_again(self, mutual):
        leaf = mutual.server.get_peer_certificate().digest("sha256")
        chain = mutual.server.get_peer_cert_chain()
        assert leaf not in [certificate.digest("sha256") for certificate in chain]

    @pytest.mark.promises("Connection.get_verified_chain")
    def test_the_verified_chain_goes_from_leaf_to_root(self, ends):
        chain = ends.client.get_verified_chain()
        for lower, upper in itertools.pairwise(chain):
            assert lower.get_issuer() == upper.get_subject()
        assert chain[-1].get_issuer() == chain[-1].get_subject()
        assert len(chain) > len(ends.client.get_peer_cert_chain())
        assert ends.client.get_verify_result() == 0

    def test_nothing_before_the_handshake(self, unconnected):
        assert unconnected.get_certificate() is None
        assert unconnected.get_peer_certificate() is None
        assert unconnected.get_peer_cert_chain() is None
        assert unconnected.get_verified_chain() is None
        assert unconnected.get_client_ca_list() == []

    def test_certificates_outlive_the_connection(self):
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        chain = ends.client.get_verified_chain()
        subjects = common_names(chain)
        del ends
        assert common_names(chain) == subjects

    @pytest.mark.parametrize(
        "name", ["get_certificate", "get_peer_certificate", "get_peer_cert_chain"]
    )
    def test_as_cryptography(self, mutual, name):
        x509 = pytest.importorskip("cryptography.x509")
        ours = getattr(mutual.client, name)()
        theirs = getattr(mutual.client, name)(as_cryptography=True)
        if not isinstance(ours, list):
            ours, theirs = [ours], [theirs]
        assert all(isinstance(item, x509.Certificate) for item in theirs)
        assert [item.get_serial_number() for item in ours] == [
            item.serial_number for item in theirs
        ]

    def test_the_verified_chain_as_cryptography(self, ends):
        x509 = pytest.importorskip("cryptography.x509")
        chain = ends.client.get_verified_chain(as_cryptography=True)
        assert [type(item) for item in chain] == [x509.Certificate] * len(chain)

    def test_none_stays_none_as_cryptography(self, unconnected):
        assert unconnected.get_peer_certificate(as_cryptography=True) is None
        assert unconnected.get_verified_chain(as_cryptography=True) is None

    def test_the_choice_is_keyword_only(self, unconnected):
        with pytest.raises(TypeError):
            unconnected.get_certificate(True)

    def test_a_failed_verification_has_a_number(self):
        client = contexts.blank_context()
        ends = pump.connected(contexts.server_context(), client)
        assert ends.client.get_verify_result() in {18, 19, 20, 21}


class TestClientAuthorities:
    def test_the_client_is_sent_the_servers_list(self, mutual):
        sent = mutual.client.get_client_ca_list()
        asked = mutual.server.get_client_ca_list()
        assert sent == asked
        assert all(isinstance(name, crypto.X509Name) for name in sent)
        assert sent

    def test_as_cryptography(self, mutual):
        x509 = pytest.importorskip("cryptography.x509")
        if not hasattr(x509.Name, "from_bytes"):
            pytest.skip("this cryptography cannot read a name by itself")
        ours = mutual.client.get_client_ca_list()
        theirs = mutual.client.get_client_ca_list(as_cryptography=True)
        assert [name.der() for name in ours] == [name.public_bytes() for name in theirs]


class TestCipher:
    def test_both_ends_say_the_same(self, ends):
        for name in (
            "get_cipher_name",
            "get_cipher_bits",
            "get_cipher_version",
            "get_cipher_standard_name",
        ):
            ours, theirs = getattr(ends.client, name)(), getattr(ends.server, name)()
            assert ours == theirs is not None

    def test_what_they_say(self):
        client = contexts.client_context(version="TLSv1.2")
        client.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
        ends = pump.connected(contexts.server_context(authority.identity("ecdsa")), client)
        assert ends.client.get_cipher_name() == "ECDHE-ECDSA-AES128-GCM-SHA256"
        standard = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        assert ends.client.get_cipher_standard_name() == standard
        assert ends.client.get_cipher_bits() == 128
        assert ends.client.get_cipher_version() == "TLSv1.2"

    def test_none_before_the_handshake(self, unconnected):
        assert unconnected.get_cipher_name() is None
        assert unconnected.get_cipher_standard_name() is None
        assert unconnected.get_cipher_bits() is None
        assert unconnected.get_cipher_version() is None
        assert unconnected.get_shared_ciphers() == []

    def test_a_server_knows_what_was_shared(self, ends):
        shared = ends.server.get_shared_ciphers()
        assert ends.server.get_cipher_name() in shared
        assert set(shared) <= set(ends.server.get_cipher_list())
        assert ends.client.get_shared_ciphers() == []


class TestProof:
    @pytest.mark.parametrize(
        ("kind", "signature"),
        [
            ("rsa", ("RSASSA-PSS", "SHA256")),
            ("ecdsa", ("id-ecPublicKey", "SHA256")),
            ("ed25519", ("ED25519", None)),
        ],
    )
    def test_the_servers_signature(self, version, kind, signature):
        ends = pump.connected(
            contexts.server_context(authority.identity(kind), version=version),
            contexts.client_context(),
        )
        assert ends.client.get_peer_signature() == signature
        assert ends.server.get_peer_signature() is None

    def test_the_clients_signature(self, mutual):
        assert mutual.server.get_peer_signature() == ("id-ecPublicKey", "SHA256")

    @pytest.mark.parametrize(
        ("group", "key"),
        [("P-384", ("EC", 384, "secp384r1")), ("X25519", ("X25519", 253, "X25519"))],
    )
    def test_the_key_of_the_exchange(self, version, group, key):
        client = contexts.client_context(version=version)
        client.set_groups_list(group)
        ends = pump.connected(contexts.server_context(authority.identity("rsa")), client)
        assert ends.client.get_server_tmp_key() == key

    def test_nothing_before_the_handshake(self, unconnected):
        assert unconnected.get_peer_signature() is None
        assert unconnected.get_server_tmp_key() is None


class TestState:
    @pytest.mark.promises("Connection.get_protocol_version", "Connection.get_protocol_version_name")
    def test_the_protocol(self, ends, version):
        number = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}[version]
        for end in ends:
            assert end.get_protocol_version_name() == version
            assert end.get_protocol_version() == number

    @pytest.mark.differs("get_protocol_version_name before")
    @pytest.mark.promises('get_protocol_version_name: "Unknown"')
    def test_before_the_handshake_it_is_the_newest_on_offer(self, unconnected):
        assert unconnected.get_protocol_version_name() == "TLSv1.3"
        assert unconnected.get_protocol_version() == SSL.TLS1_3_VERSION

    @pytest.mark.promises("Connection.get_state_string")
    def test_the_state_in_words(self, ends, unconnected):
        assert unconnected.get_state_string() == b"before SSL initialization"
        assert ends.client.get_state_string() == b"SSL negotiation finished successfully"

    @pytest.mark.promises("renegotiate in general")
    def test_tls13_does_not_renegotiate(self):
        ends = pump.connected(contexts.server_context(version="TLSv1.3"), contexts.client_context())
        with pytest.raises(SSL.Error, match="wrong ssl version"):
            ends.client.renegotiate()
        assert ends.client.renegotiate_pending() is False

    @pytest.mark.promises("Connection.renegotiate, Connection.renegotiate_pending")
    def test_tls12_does(self):
        ends = pump.connected(contexts.server_context(version="TLSv1.2"), contexts.client_context())
        assert ends.server.total_renegotiations() == 0
        assert ends.server.renegotiate() is True
        assert ends.server.renegotiate_pending() is True
        assert ends.server.renegotiate() is False
        ends.server.do_handshake()
        for _ in range(5):
            for end in ends:
                pump.exchange(*ends)
                with pytest.raises(SSL.WantReadError):
                    end.recv(1)
        assert ends.server.renegotiate_pending() is False
        assert ends.server.total_renegotiations() == 1
        assert pump.transfer(ends.client, ends.server, b"after") == b"after"


@pytest.mark.differs("get_protocol_version, TLS 1.0")
@pytest.mark.promises("Connection.get_protocol_version", "get_protocol_version: 0x769 for")
def test_the_number_of_tls_1_0() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    for context in (server, client):
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_max_proto_version(SSL.TLS1_VERSION)
    _, end = pump.connected(server, client)
    assert end.get_protocol_version() == 769 == 0x301
    assert end.get_protocol_version_name() == "TLSv1"


def test_a_connection_knows_its_side_and_whether_it_is_ready(version):
    ends = pump.pair(contexts.server_context(version=version), contexts.client_context())
    assert (ends.server.is_server(), ends.client.is_server()) == (True, False)
    assert not ends.server.is_init_finished()
    pump.handshake(*ends)
    assert ends.server.is_init_finished() and ends.client.is_init_finished()
    assert ends.server.get_compression() is None


def test_what_each_side_signed_with() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    assert ends.server.get_signature() == ends.client.get_peer_signature()
    assert ends.client.get_signature() is None

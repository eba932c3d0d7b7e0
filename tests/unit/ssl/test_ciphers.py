"""Versions, ciphers, groups and signatures."""

import warnings

import pytest

from kit import authority, contexts, pump
from kit.flights import DH_2048
from OpenSSL import SSL, crypto


@pytest.fixture
def context():
    return contexts.blank_context()


@pytest.fixture(params=["context", "connection"])
def subject(request, context):
    """Either kind of object that has versions and ciphers."""
    return context if request.param == "context" else SSL.Connection(context, None)


class TestVersions:
    def test_limits_are_kept(self, subject):
        subject.set_min_proto_version(SSL.TLS1_2_VERSION)
        subject.set_max_proto_version(SSL.TLS1_3_VERSION)
        assert subject.get_min_proto_version() == SSL.TLS1_2_VERSION
        assert subject.get_max_proto_version() == SSL.TLS1_3_VERSION

    def test_zero_takes_a_limit_away(self, subject):
        subject.set_max_proto_version(SSL.TLS1_2_VERSION)
        subject.set_max_proto_version(0)
        assert subject.get_max_proto_version() == 0

    @pytest.mark.differs("set_min_proto_version, set_max_proto_version")
    @pytest.mark.parametrize("name", ["set_min_proto_version", "set_max_proto_version"])
    def test_an_unknown_version_is_an_error_with_words(self, subject, name):
        with pytest.raises(SSL.Error) as caught:
            getattr(subject, name)(12345)
        assert caught.value.args[0]

    @pytest.mark.parametrize("name", ["set_min_proto_version", "set_max_proto_version"])
    @pytest.mark.parametrize("value", ["1", None, 1.0])
    def test_only_integers(self, subject, name, value):
        with pytest.raises(TypeError, match="version must be an integer"):
            getattr(subject, name)(value)

    def test_a_maximum_decides_the_handshake(self):
        server = contexts.server_context()
        server.set_max_proto_version(SSL.TLS1_2_VERSION)
        ends = pump.connected(server, contexts.client_context())
        assert ends.client.get_protocol_version_name() == "TLSv1.2"

    def test_a_connections_own_minimum_decides_too(self):
        ends = pump.pair(contexts.server_context(version="TLSv1.2"), contexts.client_context())
        ends.client.set_min_proto_version(SSL.TLS1_3_VERSION)
        outcome = pump.handshake_outcome(*ends)
        assert isinstance(outcome.client, SSL.Error)
        assert isinstance(outcome.server, SSL.Error)


class TestCipherList:
    def test_what_is_set_is_what_there_is(self, subject):
        subject.set_cipher_list(b"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256")
        older = [name for name in subject.get_cipher_list() if not name.startswith("TLS_")]
        assert older == ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]

    def test_text_is_taken_with_a_warning_at_the_callers_line(self, subject):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            subject.set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384")
        (warning,) = caught
        assert warning.category is DeprecationWarning
        assert str(warning.message) == "str for cipher_list is no longer accepted, use bytes"
        assert warning.filename == __file__
        assert "ECDHE-RSA-AES256-GCM-SHA384" in subject.get_cipher_list()

    @pytest.mark.differs("set_cipher_list with a string")
    @pytest.mark.parametrize("value", [b"no-such-cipher", b"", b"@SECLEVEL=0:no-such-cipher"])
    def test_a_list_that_matches_nothing_changes_nothing(self, subject, value):
        subject.set_cipher_list(b"ECDHE+AESGCM")
        before = subject.get_cipher_list()
        with pytest.raises(SSL.Error) as caught:
            subject.set_cipher_list(value)
        assert caught.value.args[0] == [("SSL routines", "", "no cipher match")]
        assert subject.get_cipher_list() == before

    def test_a_refused_list_leaves_the_security_level_too(self):
        server = contexts.server_context(authority.identity("rsa"))
        with pytest.raises(SSL.Error):
            server.set_cipher_list(b"@SECLEVEL=5:no-such-cipher")
        ends = pump.connected(server, contexts.client_context())
        assert ends.client.get_cipher_name() is not None

    @pytest.mark.parametrize("value", [None, 3, object(), [b"AES"]])
    def test_only_bytes(self, subject, value):
        with pytest.raises(TypeError):
            subject.set_cipher_list(value)

    @pytest.mark.differs("set_cipher_list, set_tls13_ciphersuites")
    def test_nul_is_refused(self, subject):
        with pytest.raises(ValueError, match="NUL"):
            subject.set_cipher_list(b"ECDHE+AESGCM\0junk")

    @pytest.mark.promises("Context.set_cipher_list")
    def test_a_connections_own_list_decides(self):
        rsa = contexts.server_context(authority.identity("rsa"), version="TLSv1.2")
        ends = pump.pair(rsa, contexts.client_context())
        ends.client.set_cipher_list(b"ECDHE-RSA-AES256-GCM-SHA384")
        pump.handshake(*ends)
        assert ends.server.get_cipher_name() == "ECDHE-RSA-AES256-GCM-SHA384"


class TestCiphersuites:
    def test_what_is_set_is_what_is_used(self):
        client = contexts.client_context(version="TLSv1.3")
        client.set_tls13_ciphersuites(b"TLS_CHACHA20_POLY1305_SHA256")
        ends = pump.connected(contexts.server_context(), client)
        assert ends.client.get_cipher_name() == "TLS_CHACHA20_POLY1305_SHA256"

    def test_a_connections_own_suites_decide(self):
        ends = pump.pair(contexts.server_context(), contexts.client_context(version="TLSv1.3"))
        ends.client.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        pump.handshake(*ends)
        assert ends.server.get_cipher_name() == "TLS_AES_128_GCM_SHA256"

    def test_an_unknown_suite_is_an_error(self, subject):
        before = subject.get_cipher_list()
        with pytest.raises(SSL.Error, match="no cipher match"):
            subject.set_tls13_ciphersuites(b"nope")
        assert subject.get_cipher_list() == before

    @pytest.mark.parametrize("value", ["TLS_AES_128_GCM_SHA256", None, 1])
    def test_only_bytes(self, subject, value):
        with pytest.raises(TypeError, match="ciphersuites must be a byte string"):
            subject.set_tls13_ciphersuites(value)

    @pytest.mark.differs("set_cipher_list, set_tls13_ciphersuites")
    def test_nul_is_refused(self, subject):
        with pytest.raises(ValueError, match="NUL"):
            subject.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256\0")


class TestGroups:
    @pytest.mark.parametrize("value", ["P-384", b"P-384"])
    def test_what_is_set_is_what_is_used(self, value):
        client = contexts.client_context()
        client.set_groups_list(value)
        ends = pump.connected(contexts.server_context(), client)
        assert ends.client.get_group_name() == "secp384r1"
        assert ends.server.get_group_name() == "secp384r1"

    def test_a_connections_own_groups_decide(self):
        ends = pump.pair(contexts.server_context(), contexts.client_context())
        ends.client.set_groups_list("P-521")
        pump.handshake(*ends)
        assert ends.client.get_group_name() == "secp521r1"

    @pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
    def test_both_ends_name_the_same_group(self, version):
        ends = pump.connected(contexts.server_context(version=version), contexts.client_context())
        assert ends.client.get_group_name() == ends.server.get_group_name() is not None

    def test_there_is_no_group_before_the_handshake(self, context):
        assert SSL.Connection(context, None).get_group_name() is None

    def test_an_unknown_group_is_an_error_with_words(self, subject):
        with pytest.raises(SSL.Error) as caught:
            subject.set_groups_list("P-256:no-such-group")
        assert caught.value.args[0]

    @pytest.mark.parametrize("value", [None, 3, ["P-256"]])
    def test_only_bytes_and_text(self, subject, value):
        with pytest.raises(TypeError, match="groups must be bytes or str"):
            subject.set_groups_list(value)

    @pytest.mark.differs("set_cipher_list, set_tls13_ciphersuites")
    @pytest.mark.parametrize("value", ["P-256\0", b"P-256\0"])
    def test_nul_is_refused(self, subject, value):
        with pytest.raises(ValueError, match="NUL"):
            subject.set_groups_list(value)


class TestSignatureAlgorithms:
    def test_what_is_set_is_what_is_used(self):
        client = contexts.client_context()
        client.set_sigalgs_list(b"RSA-PSS+SHA512")
        ends = pump.connected(contexts.server_context(authority.identity("rsa")), client)
        assert ends.client.get_peer_signature() == ("RSASSA-PSS", "SHA512")

    def test_a_connections_own_algorithms_decide(self):
        ends = pump.pair(
            contexts.server_context(authority.identity("rsa")), contexts.client_context()
        )
        ends.client.set_sigalgs_list("RSA-PSS+SHA384")
        pump.handshake(*ends)
        assert ends.client.get_peer_signature() == ("RSASSA-PSS", "SHA384")

    def test_an_unknown_algorithm_is_an_error_with_words(self, subject):
        with pytest.raises(SSL.Error) as caught:
            subject.set_sigalgs_list("RSA-PSS+NOHASH")
        assert caught.value.args[0]

    def test_only_bytes_and_text(self, subject):
        with pytest.raises(TypeError, match="algorithms must be bytes or str"):
            subject.set_sigalgs_list(None)


class Named:
    def __init__(self, name):
        self.name = name


class TestEcdh:
    @pytest.mark.promises("Context.set_tmp_ecdh")
    @pytest.mark.parametrize(
        "curve", [Named("secp384r1"), Named("P-384"), crypto.get_elliptic_curve("secp384r1")]
    )
    def test_the_curve_is_used(self, curve):
        server = contexts.server_context(version="TLSv1.2")
        server.set_tmp_ecdh(curve)
        ends = pump.connected(server, contexts.client_context())
        assert ends.client.get_group_name() == "secp384r1"

    @pytest.mark.parametrize("name", ["secp256r1", "prime256v1"])
    def test_both_names_of_the_common_curve(self, name):
        server = contexts.server_context()
        server.set_tmp_ecdh(Named(name))
        ends = pump.connected(server, contexts.client_context())
        assert ends.client.get_group_name() == "secp256r1"

    def test_cryptographys_curves(self, context):
        ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
        for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
            context.set_tmp_ecdh(curve)

    @pytest.mark.differs("set_tmp_ecdh with a curve TLS")
    @pytest.mark.parametrize("name", ["no-such-curve", "", "secp112r1", "rsaEncryption"])
    @pytest.mark.holds("D23")
    def test_a_curve_tls_does_not_have_is_an_error(self, context, name):
        with pytest.raises(SSL.Error) as caught:
            context.set_tmp_ecdh(Named(name))
        assert caught.value.args[0]

    def test_what_has_no_name_is_refused(self, context):
        for value in (object(), None, "prime256v1", b"P-256"):
            with pytest.raises(AttributeError, match="get_elliptic_curve"):
                context.set_tmp_ecdh(value)
        with pytest.raises(TypeError):
            context.set_tmp_ecdh(Named(7))


class TestDiffieHellman:
    def connected(self, path):
        server = contexts.server_context(authority.identity("rsa"), version="TLSv1.2")
        server.set_cipher_list(b"DHE-RSA-AES256-GCM-SHA384")
        server.load_tmp_dh(path)
        client = contexts.client_context()
        client.set_cipher_list(b"DHE-RSA-AES256-GCM-SHA384")
        return pump.connected(server, client)

    @pytest.mark.promises("Context.load_tmp_dh")
    @pytest.mark.parametrize("kind", [str, lambda path: str(path).encode(), lambda path: path])
    def test_the_parameters_are_used(self, tmp_path, kind):
        path = tmp_path / "dh.pem"
        path.write_text(DH_2048)
        ends = self.connected(kind(path))
        assert ends.client.get_server_tmp_key()[:2] == ("DH", 2048)

    def test_parameters_behind_a_certificate_and_a_key(self, tmp_path):
        path = tmp_path / "all.pem"
        files = authority.identity("rsa").files
        path.write_bytes(files.combined.read_bytes() + DH_2048.encode())
        ends = self.connected(path)
        assert ends.client.get_server_tmp_key()[:2] == ("DH", 2048)

    @pytest.mark.parametrize(
        "content", ["", "garbage", DH_2048[:-60], DH_2048.replace("DH PARAM", "EC PARAM")]
    )
    def test_a_file_without_parameters_is_an_error_with_words(self, context, tmp_path, content):
        path = tmp_path / "dh.pem"
        path.write_text(content)
        with pytest.raises(SSL.Error) as caught:
            context.load_tmp_dh(path)
        assert caught.value.args[0]

    def test_an_encrypted_key_is_no_reason_to_ask_for_a_passphrase(self, context):
        with pytest.raises(SSL.Error):
            context.load_tmp_dh(authority.identity("rsa").files.key_encrypted)

    def test_a_missing_file_says_so(self, context):
        with pytest.raises(SSL.Error, match="(?i)no such file"):
            context.load_tmp_dh(b"/no/such/file")

    def test_a_folder_is_an_error(self, context, tmp_path):
        with pytest.raises(SSL.Error):
            context.load_tmp_dh(tmp_path)

    @pytest.mark.parametrize("value", [None, 3, object()])
    def test_only_paths(self, context, value):
        with pytest.raises(TypeError):
            context.load_tmp_dh(value)


def test_the_security_level_is_told():
    context = SSL.Context(SSL.TLS_METHOD)
    for level in (0, 1, 3):
        context.set_cipher_list(f"DEFAULT@SECLEVEL={level}".encode())
        assert context.get_security_level() == level


def test_the_groups_that_there_are() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    if SSL.OPENSSL_VERSION_NUMBER < 0x30500000:
        with pytest.raises(NotImplementedError, match=r"3\.5"):
            context.get_implemented_groups()
        return
    names = context.get_implemented_groups()
    assert {"x25519", "secp256r1", "X25519MLKEM768"} <= set(names)
    assert set(names) <= set(context.get_implemented_groups(all=True))
    for name in names:
        context.set_groups_list(name)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    assert "X25519MLKEM768" not in context.get_implemented_groups()

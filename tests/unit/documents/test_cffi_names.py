"""The private names that real programs use, called as those programs call them."""

from __future__ import annotations

import ipaddress
import subprocess
import sys

import pytest

import OpenSSL
from kit import authority, contexts
from kit.pump import handshake, pair
from OpenSSL import SSL, _util, crypto
from OpenSSL._native.common import constants

LIB = SSL._lib
FFI = SSL._ffi
NAME = b"server.example"


def host_name() -> bytes:
    names = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.identity().pem
    ).get_subject_alt_names()
    return next(value for kind, value in names if kind == "DNS" and "*" not in value).encode()


def ends(client: SSL.Context | None = None) -> tuple[SSL.Connection, SSL.Connection]:
    return pair(contexts.server_context(), client or contexts.client_context())


def test_nothing_of_it_is_imported_before_it_is_asked_for():
    code = "import sys, OpenSSL.SSL; print([name for name in sys.modules if '_cffi_names' in name])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert out.stdout.strip() == "[]"


def test_submodules_are_there_after_a_plain_import():
    code = "import OpenSSL; print(OpenSSL.SSL.Context, OpenSSL.crypto.X509, OpenSSL._util.lib)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    with pytest.raises(AttributeError, match="nowhere"):
        _ = OpenSSL.nowhere


def test_habitual_attributes():
    assert SSL.X509 is crypto.X509
    assert SSL.X509Name is crypto.X509Name
    assert SSL.X509Store is crypto.X509Store
    assert SSL.PKey is crypto.PKey
    assert (SSL.FILETYPE_PEM, SSL.FILETYPE_ASN1) == (1, 2)


def test_pointers_are_the_objects_themselves():
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context)
    curve = crypto.get_elliptic_curve("prime256v1")
    assert context._context is context
    assert connection._ssl is connection
    assert crypto.X509()._x509 is not None
    assert crypto.X509().get_subject()._name != FFI.NULL
    assert SSL.Session()._session is not None
    assert LIB.SSL_CTX_set_tmp_ecdh(context._context, curve._to_EC_KEY()) == 1


@pytest.mark.parametrize("right", [True, False])
def test_host_names_as_mitmproxy_sets_them(right: bool):
    server, client = ends()
    name = host_name() if right else b"elsewhere.example"
    param = LIB.SSL_get0_param(client._ssl)
    flags = LIB.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | LIB.X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    LIB.X509_VERIFY_PARAM_set_hostflags(param, flags)
    SSL._openssl_assert(LIB.X509_VERIFY_PARAM_set1_host(param, name + b"?", len(name)) == 1)
    LIB.SSL_set_verify(client._ssl, SSL.VERIFY_PEER, FFI.NULL)
    if right:
        handshake(server, client)
        assert LIB.SSL_get_verify_result(client._ssl) == 0
    else:
        with pytest.raises(SSL.Error):
            handshake(server, client)
        result = LIB.SSL_get_verify_result(client._ssl)
        assert FFI.string(LIB.X509_verify_cert_error_string(result)) == b"hostname mismatch"
        assert crypto.X509_verify_cert_error_string(result) == "hostname mismatch"


def test_verification_without_a_callback_keeps_the_one_of_before():
    asked = []

    def refuse(connection, certificate, number, depth, ok):
        asked.append(depth)
        return False

    context = contexts.client_context()
    context.set_verify(SSL.VERIFY_NONE, refuse)
    server, client = ends(context)
    LIB.SSL_set_verify(client._ssl, SSL.VERIFY_PEER, FFI.NULL)
    assert client.get_verify_mode() == SSL.VERIFY_PEER
    with pytest.raises(SSL.Error):
        handshake(server, client)
    assert asked


def test_the_length_zero_means_up_to_the_nul_byte():
    server, client = ends()
    param = LIB.SSL_get0_param(client._ssl)
    assert LIB.X509_VERIFY_PARAM_set1_host(param, host_name(), 0) == 1
    handshake(server, client)


@pytest.mark.differs("lib.X509_VERIFY_PARAM_set1_host")
@pytest.mark.parametrize("length", [0, None])
@pytest.mark.holds("S18")
def test_a_name_is_not_cut_at_a_nul_byte(length: int | None):
    _server, client = ends()
    param = LIB.SSL_get0_param(client._ssl)
    evil = host_name() + b"\0.evil.test"
    size = len(evil) if length is None else length
    assert LIB.X509_VERIFY_PARAM_set1_host(param, evil, size) == 0
    assert LIB.X509_VERIFY_PARAM_set1_host(param, b"", 0) == 0


def test_the_end_of_a_text_of_c_is_no_part_of_a_name():
    server, client = ends()
    param = LIB.SSL_get0_param(client._ssl)
    name = host_name() + b"\0"
    assert LIB.X509_VERIFY_PARAM_set1_host(param, name, len(name)) == 1
    handshake(server, client)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7"])
def test_addresses_as_mitmproxy_sets_them(address: str):
    names = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.identity().pem
    ).get_subject_alt_names()
    packed = ipaddress.ip_address(address).packed
    listed = address in [value for _kind, value in names]
    server, client = ends()
    param = LIB.SSL_get0_param(client._ssl)
    assert LIB.X509_VERIFY_PARAM_set1_ip(param, packed, len(packed)) == 1
    if listed:
        handshake(server, client)
    else:
        with pytest.raises(SSL.Error):
            handshake(server, client)
    assert LIB.X509_VERIFY_PARAM_set1_ip(param, b"abc", 3) == 0


def test_a_refusal_is_told_by_the_assertion():
    param = LIB.SSL_get0_param(ends()[1]._ssl)
    ok = LIB.X509_VERIFY_PARAM_set1_host(param, b"a\0b", 3)
    assert ok == 0
    with pytest.raises(SSL.Error, match="NUL"):
        SSL._openssl_assert(ok == 1)
    with pytest.raises(crypto.Error):
        crypto._openssl_assert(False)
    SSL._openssl_assert(True)
    with pytest.raises(KeyError) as caught:
        _util.exception_from_error_queue(KeyError)
    assert caught.value.args[0][0][2]


def test_versions_as_mitmproxy_sets_them():
    context = SSL.Context(SSL.TLS_METHOD)
    ok = LIB.SSL_CTX_set_min_proto_version(context._context, SSL.TLS1_2_VERSION)
    ok += LIB.SSL_CTX_set_max_proto_version(context._context, SSL.TLS1_3_VERSION)
    assert ok == 2
    assert context.get_min_proto_version() == SSL.TLS1_2_VERSION
    assert LIB.SSL_CTX_set_max_proto_version(context._context, 0x999) == 0


def test_diffie_hellman_files_as_mitmproxy_loads_them(tmp_path):
    path = tmp_path / "dh.pem"
    path.write_bytes(b"nothing")
    assert LIB.BIO_new_file(bytes(tmp_path / "none"), b"r") == FFI.NULL
    bio = FFI.gc(LIB.BIO_new_file(bytes(path), b"r"), LIB.BIO_free)
    assert LIB.PEM_read_bio_DHparams(bio, FFI.NULL, FFI.NULL, FFI.NULL) == FFI.NULL
    subprocess.run(
        [
            *("openssl", "genpkey", "-genparam", "-algorithm", "DH"),
            *("-pkeyopt", "group:ffdhe2048", "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    bio = FFI.gc(LIB.BIO_new_file(bytes(path), b"r"), LIB.BIO_free)
    dh = LIB.PEM_read_bio_DHparams(bio, FFI.NULL, FFI.NULL, FFI.NULL)
    assert FFI.gc(dh, LIB.DH_free) != FFI.NULL
    context = SSL.Context(SSL.TLS_METHOD)
    SSL._openssl_assert(LIB.SSL_CTX_set_tmp_dh(context._context, dh) == 1)


def test_modes_and_options():
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context)
    context.set_options(SSL.OP_NO_TICKET)
    assert LIB.SSL_CTX_get_options(context._context) & SSL.OP_NO_TICKET
    left = LIB.SSL_clear_mode(connection._ssl, LIB.SSL_MODE_AUTO_RETRY)
    assert not left & SSL.MODE_AUTO_RETRY
    assert connection.get_mode() == left
    assert context.get_mode() & SSL.MODE_AUTO_RETRY


def test_lists_of_groups_and_signatures():
    context = SSL.Context(SSL.TLS_METHOD)
    assert LIB.SSL_CTX_set1_curves_list(context._context, b"P-256") == 1
    assert LIB.SSL_CTX_set1_curves_list(context._context, b"nonsense") == 0
    assert LIB.SSL_CTX_set1_sigalgs_list(context._context, b"ECDSA+SHA256") == 1
    assert LIB.SSL_CTX_set1_sigalgs_list(context._context, b"nonsense") == 0


@pytest.mark.parametrize(
    "group, said", [("P-256", "ECDH, P-256, 256 bits"), ("X25519", "X25519, 253 bits")]
)
def test_temporary_keys_as_scrapy_shows_them(group: str, said: str):
    context = contexts.client_context()
    context.set_groups_list(group)
    server, client = ends(context)
    pointer = FFI.new("EVP_PKEY **")
    assert not LIB.SSL_get_server_tmp_key(client._ssl, pointer)
    assert pointer[0] == FFI.NULL
    handshake(server, client)
    assert LIB.SSL_get_server_tmp_key(client._ssl, pointer)
    key = FFI.gc(pointer[0], LIB.EVP_PKEY_free)
    info = []
    kind = LIB.EVP_PKEY_id(key)
    assert kind not in {LIB.EVP_PKEY_RSA, LIB.EVP_PKEY_DH}
    if kind == LIB.EVP_PKEY_EC:
        ec_key = FFI.gc(LIB.EVP_PKEY_get1_EC_KEY(key), LIB.EC_KEY_free)
        nid = LIB.EC_GROUP_get_curve_name(LIB.EC_KEY_get0_group(ec_key))
        name = LIB.EC_curve_nid2nist(nid)
        info += ["ECDH", FFI.string(LIB.OBJ_nid2sn(nid) if name == FFI.NULL else name).decode()]
    else:
        info.append(FFI.string(LIB.OBJ_nid2sn(kind)).decode())
    info.append(f"{LIB.EVP_PKEY_bits(key)} bits")
    assert ", ".join(info) == said


def test_names_as_scrapy_shows_them():
    name = crypto.X509().get_subject()
    name.CN = "somebody"
    space = _util.ffi.new("char[]", 512)
    _util.lib.X509_NAME_oneline(name._name, space, len(space))
    assert _util.ffi.string(space) == b"/CN=somebody"
    small = _util.ffi.new("char[]", 5)
    _util.lib.X509_NAME_oneline(name._name, small, len(small))
    assert bytes(small) == b"/CN=\0"
    assert FFI.string(LIB.X509_NAME_oneline(name._name, FFI.NULL, 0)) == b"/CN=somebody"


def test_memory():
    assert not FFI.NULL
    assert FFI.string(FFI.new("char[]", b"ab\0cd")) == b"ab"
    assert FFI.buffer(FFI.new("char[]", b"abc"), 2)[:] == b"ab"
    cell = FFI.new("long *")
    assert cell[0] == 0
    cell[0] = 4
    assert cell[0] == 4
    with pytest.raises(IndexError):
        cell[1] = 4
    with pytest.raises(NotImplementedError, match="bytes"):
        FFI.new("SSL_CTX")
    with pytest.raises(TypeError):
        FFI.string(7)
    with pytest.raises(AttributeError, match="ffi.cast"):
        FFI.cast("int", 1)


def test_text_is_warned_about():
    with pytest.warns(DeprecationWarning, match="str for buf is no longer accepted, use bytes"):
        assert SSL._text_to_bytes_and_warn("buf", "a\u00e9") == b"a\xc3\xa9"
    assert SSL._text_to_bytes_and_warn("buf", b"x") == b"x"
    assert _util.path_bytes("x") == _util.byte_string("x") == b"x"
    assert (_util.text(FFI.NULL), _util.text(b"x")) == ("", "x")


@pytest.mark.parametrize(
    "function, instead",
    [
        ("SSL_CTX_set_verify", "OpenSSL.SSL.Context.set_verify"),
        ("SSL_set1_host", "OpenSSL.SSL.Connection.set_host"),
        ("SSL_get_peer_certificate", "OpenSSL.SSL.Connection.get_peer_certificate"),
        ("X509_get_serialNumber", "OpenSSL.crypto.X509.get_serial_number"),
        ("ENGINE_by_id", "no public method"),
    ],
)
def test_other_functions_say_what_to_use_instead(function: str, instead: str):
    assert not hasattr(LIB, function)
    with pytest.raises(AttributeError, match=instead):
        getattr(LIB, function)


def test_constants_have_the_prefix_of_c_or_not():
    assert LIB.SSL_OP_NO_TICKET == SSL.OP_NO_TICKET
    assert LIB.TLS1_3_VERSION == SSL.TLS1_3_VERSION
    assert LIB.OpenSSL_version_num() == constants.OPENSSL_VERSION_NUMBER
    assert LIB.TLS_server_method() == SSL.TLS_SERVER_METHOD
    assert "SSL_get0_param" in dir(LIB)


@pytest.mark.parametrize("module", [SSL, crypto])
def test_other_private_names_are_refused(module):
    with pytest.raises(AttributeError, match="_nothing"):
        _ = module._nothing


def test_versions_compare_as_pyopenssls():
    release = tuple(int(part) for part in OpenSSL.__version__.split(".")[:2])
    assert release >= (26, 0)
    assert int(OpenSSL.__version__.split(".")[0]) >= 26


def test_post_handshake_authentication_is_offered():
    for offered in (True, False):
        context = contexts.client_context(authority.client_identity(), version="TLSv1.3")
        context.set_post_handshake_auth(offered)
        client = SSL.Connection(context)
        client.set_connect_state()
        # Extension 49, empty: RFC 8446, 4.2.6.
        assert (b"\x00\x31\x00\x00" in _hello(client)) is offered
        client = SSL.Connection(context)
        client.set_connect_state()
        client.set_post_handshake_auth(not offered)
        assert (b"\x00\x31\x00\x00" in _hello(client)) is not offered
    LIB.SSL_CTX_set_post_handshake_auth(context._context, 1)
    client = SSL.Connection(context)
    client.set_connect_state()
    assert b"\x00\x31\x00\x00" in _hello(client)


def _hello(client: SSL.Connection) -> bytes:
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(65536)

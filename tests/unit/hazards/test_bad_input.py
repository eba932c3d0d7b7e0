"""Wrong types and values out of range, for every public call of the reference.

After each the object works: the context makes a connection, the connection
carries data.
"""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump, reference
from OpenSSL import SSL

HUGE = 2**70
TOO_LARGE = (OverflowError, ValueError)
REFUSED = (SSL.Error, ValueError)


def row(name, *arguments, expect):
    """One call and the exceptions of which it must raise one."""
    shown = ", ".join(repr(each)[:20] for each in arguments)
    return pytest.param(name, arguments, expect, id=f"{name}({shown})")


def no_numbers(name, *after):
    return [row(name, each, *after, expect=TypeError) for each in (None, "1", b"1", 1.5, [], ())]


def no_hooks(name):
    return [row(name, each, expect=TypeError) for each in (42, "text", b"bytes", [])]


def no_bytes(name, *after):
    return [row(name, each, *after, expect=TypeError) for each in (None, 7, 1.5, ["a"], {})]


def no_protocols():
    name = "set_alpn_protos"
    return [
        row(name, [], expect=ValueError),
        row(name, [b""], expect=REFUSED),
        row(name, [b"x" * 256], expect=ValueError),
        row(name, [b"h2", "text"], expect=TypeError),
        row(name, [7], expect=TypeError),
        row(name, [None], expect=TypeError),
        row(name, None, expect=(TypeError, ValueError)),
        row(name, 7, expect=TypeError),
        row(name, [b"x" * 255] * 300, expect=REFUSED),
    ]


CONTEXT = [
    *[
        row(name, each, expect=TypeError)
        for name in ("add_client_ca", "add_extra_chain_cert", "use_certificate", "use_privatekey")
        for each in (None, "text", b"bytes", 7, object())
    ],
    row("check_privatekey", expect=SSL.Error),
    *no_bytes("load_client_ca"),
    row("load_client_ca", b"/no/such/file", expect=SSL.Error),
    *no_bytes("load_tmp_dh"),
    row("load_tmp_dh", b"/no/such/file", expect=SSL.Error),
    row("load_verify_locations", 7, expect=TypeError),
    row("load_verify_locations", None, 7, expect=TypeError),
    row("load_verify_locations", None, expect=SSL.Error),
    row("load_verify_locations", "/no/such/file", expect=SSL.Error),
    *no_protocols(),
    *no_hooks("set_alpn_select_callback"),
    row("set_app_data", expect=TypeError),
    *no_bytes("set_cipher_list"),
    row("set_cipher_list", b"nonsense", expect=SSL.Error),
    row("set_cipher_list", b"ECDHE+AESGCM:\0nonsense", expect=REFUSED),
    row("set_client_ca_list", None, expect=TypeError),
    row("set_client_ca_list", 7, expect=TypeError),
    row("set_client_ca_list", ["text"], expect=TypeError),
    row("set_client_ca_list", [None], expect=TypeError),
    *no_hooks("set_info_callback"),
    *no_hooks("set_keylog_callback"),
    *no_numbers("set_mode"),
    row("set_mode", HUGE, expect=TOO_LARGE),
    *no_hooks("set_ocsp_client_callback"),
    *no_hooks("set_ocsp_server_callback"),
    *no_numbers("set_options"),
    row("set_options", HUGE, expect=TOO_LARGE),
    *no_hooks("set_passwd_cb"),
    *no_numbers("set_session_cache_mode"),
    row("set_session_cache_mode", HUGE, expect=TOO_LARGE),
    *no_bytes("set_session_id"),
    row("set_session_id", b"x" * 33, expect=REFUSED),
    row("set_session_id", b"x" * 100000, expect=REFUSED),
    *no_numbers("set_timeout"),
    row("set_timeout", HUGE, expect=TOO_LARGE),
    *no_hooks("set_tlsext_servername_callback"),
    *no_bytes("set_tlsext_use_srtp"),
    row("set_tlsext_use_srtp", b"nonsense", expect=SSL.Error),
    row("set_tlsext_use_srtp", b"", expect=REFUSED),
    *[
        row("set_tmp_ecdh", each, expect=(TypeError, AttributeError))
        for each in (None, "text", 7, object())
    ],
    *no_numbers("set_verify"),
    row("set_verify", HUGE, expect=TOO_LARGE),
    row("set_verify", SSL.VERIFY_PEER, 42, expect=TypeError),
    row("set_verify", SSL.VERIFY_PEER, "text", expect=TypeError),
    *no_numbers("set_verify_depth"),
    row("set_verify_depth", HUGE, expect=TOO_LARGE),
    *no_bytes("use_certificate_chain_file"),
    *no_bytes("use_certificate_file"),
    row("use_certificate_file", "/no/such/file", "PEM", expect=TypeError),
    row("use_certificate_file", "/no/such/file", None, expect=TypeError),
    row("use_certificate_file", "/no/such/file", HUGE, expect=(*TOO_LARGE, SSL.Error)),
    *no_bytes("use_privatekey_file"),
    row("use_privatekey_file", "/no/such/file", "PEM", expect=TypeError),
    row("use_privatekey_file", "/no/such/file", HUGE, expect=(*TOO_LARGE, SSL.Error)),
    # Later than the reference.
    *no_numbers("set_min_proto_version"),
    row("set_min_proto_version", 12345, expect=REFUSED),
    row("set_min_proto_version", HUGE, expect=(*TOO_LARGE, SSL.Error)),
    *no_numbers("set_max_proto_version"),
    row("set_max_proto_version", 12345, expect=REFUSED),
    *no_bytes("set_tls13_ciphersuites"),
    row("set_tls13_ciphersuites", b"nonsense", expect=SSL.Error),
    *no_numbers("clear_mode"),
    *no_hooks("set_cookie_generate_callback"),
    *no_hooks("set_cookie_verify_callback"),
]

#: Calls on a client in memory, after its handshake.
CONNECTION = [
    row("accept", expect=AttributeError),
    row("connect", ("127.0.0.1", 1), expect=AttributeError),
    row("connect_ex", ("127.0.0.1", 1), expect=AttributeError),
    row("sock_shutdown", 1, expect=AttributeError),
    row("makefile", expect=NotImplementedError),
    *no_numbers("bio_read"),
    row("bio_read", -1, expect=ValueError),
    *no_bytes("bio_write"),
    *no_bytes("export_keying_material", 32),
    row("export_keying_material", b"label", "32", expect=TypeError),
    row("export_keying_material", b"label", None, expect=TypeError),
    row("export_keying_material", b"label", -1, expect=TOO_LARGE),
    row("export_keying_material", b"label", HUGE, expect=(*TOO_LARGE, MemoryError)),
    row("export_keying_material", b"label", 32, 7, expect=TypeError),
    *[
        line
        for name in ("recv", "read")
        for line in (
            *no_numbers(name),
            row(name, -1, expect=ValueError),
            row(name, HUGE, expect=TOO_LARGE),
            row(name, 10, "flags", expect=TypeError),
        )
    ],
    *[row("recv_into", each, expect=TypeError) for each in (None, 7, "text", [])],
    row("recv_into", b"read only", expect=(TypeError, BufferError, ValueError)),
    row("recv_into", bytearray(5), "5", expect=TypeError),
    row("recv_into", bytearray(5), 1.5, expect=TypeError),
    row("recv_into", bytearray(5), -1, expect=ValueError),
    row("recv_into", bytearray(5), 5, "flags", expect=TypeError),
    *[
        line
        for name in ("send", "sendall", "write")
        for line in (*no_bytes(name), row(name, [1, 2, 3], expect=TypeError))
    ],
    *no_protocols(),
    row("set_app_data", expect=TypeError),
    row("set_context", None, expect=TypeError),
    row("set_context", "text", expect=TypeError),
    row("set_session", None, expect=TypeError),
    row("set_session", "text", expect=TypeError),
    row("shutdown", "text", expect=TypeError),
    *no_numbers("set_shutdown"),
    row("set_shutdown", HUGE, expect=TOO_LARGE),
    *no_bytes("set_tlsext_host_name"),
    row("set_tlsext_host_name", "text", expect=TypeError),
    row("set_tlsext_host_name", b"a\0b", expect=(TypeError, ValueError)),
    row("set_tlsext_host_name", b"x" * 256, expect=REFUSED),
    # Later than the reference.
    *no_numbers("set_verify"),
    row("set_verify", SSL.VERIFY_PEER, 42, expect=TypeError),
    *no_numbers("set_options"),
    *no_numbers("set_ciphertext_mtu"),
    *no_hooks("set_info_callback"),
    row("use_certificate", "text", expect=TypeError),
    row("use_privatekey", "text", expect=TypeError),
]

#: Methods that take nothing: one argument is one too many.
TAKE_NOTHING = {
    "Context": "check_privatekey get_app_data get_cert_store get_session_cache_mode get_timeout "
    "get_verify_depth get_verify_mode set_default_verify_paths",
    "Connection": "accept bio_shutdown client_random do_handshake "
    "get_alpn_proto_negotiated get_app_data get_certificate get_cipher_bits get_cipher_list "
    "get_cipher_name get_cipher_version get_client_ca_list get_context get_finished "
    "get_peer_cert_chain get_peer_certificate get_peer_finished get_protocol_version "
    "get_protocol_version_name get_servername get_session get_shutdown get_state_string "
    "get_verified_chain master_key pending renegotiate renegotiate_pending request_ocsp "
    "server_random set_accept_state set_connect_state total_renegotiations want_read "
    "want_write get_verify_mode get_group_name get_cleartext_mtu get_selected_srtp_profile",
}


def message_of(error):
    """What an exception says; every failure must say something."""
    if isinstance(error, SSL.Error):
        assert error.args, "an Error without arguments"
        assert error.args[0], "an Error with an empty list says nothing"
    return str(error)


def call(target, name, arguments, expect):
    with pytest.raises(expect) as caught:
        getattr(target, name)(*arguments)
    assert message_of(caught.value)


@pytest.mark.parametrize(("name", "arguments", "expect"), CONTEXT)
def test_context(name, arguments, expect):
    context = contexts.blank_context()
    call(context, name, arguments, expect)
    contexts.use_identity(context, authority.identity())
    context.load_verify_locations(str(authority.trust_file()))
    context.set_verify(SSL.VERIFY_NONE)
    ends = pump.connected(context, contexts.client_context())
    assert pump.transfer(ends.server, ends.client, b"fine") == b"fine"


@pytest.fixture(scope="module")
def both():
    return contexts.server_context(), contexts.client_context()


@pytest.mark.parametrize(("name", "arguments", "expect"), CONNECTION)
def test_connection(name, arguments, expect, both):
    ends = pump.connected(*both)
    assert pump.drain(ends.client) == b""
    call(ends.client, name, arguments, expect)
    assert pump.transfer(ends.server, ends.client, b"fine") == b"fine"
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"
    pump.shutdown(ends.client, ends.server)


@pytest.mark.parametrize(
    ("name", "arguments", "expect"),
    [
        row("export_keying_material", b"label", 32, expect=SSL.Error),
        row("shutdown", expect=SSL.Error),
        row("recv", 10, expect=SSL.WantReadError),
        row("send", b"early", expect=SSL.WantReadError),
    ],
)
def test_too_early(name, arguments, expect, both):
    ends = pump.pair(*both)
    with pytest.raises(expect):
        getattr(ends.client, name)(*arguments)
    pump.handshake(*ends)
    assert pump.transfer(ends.server, ends.client, b"fine") == b"fine"


def test_neither_client_nor_server(both):
    connection = SSL.Connection(both[1], None)
    for name, arguments in [("do_handshake", ()), ("recv", (1,)), ("send", (b"x",))]:
        call(connection, name, arguments, SSL.Error)
    connection.set_connect_state()
    server = SSL.Connection(both[0], None)
    server.set_accept_state()
    pump.handshake(server, connection)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in TAKE_NOTHING for name in TAKE_NOTHING[kind].split()]
)
def test_one_argument_too_many(kind, name, both):
    target = both[1] if kind == "Context" else SSL.Connection(both[1], None)
    call(target, name, (None,), TypeError)


A_CONTEXT = object()


@pytest.mark.parametrize(
    ("name", "arguments", "expect"),
    [
        row("Context", expect=TypeError),
        row("Context", "text", expect=TypeError),
        row("Context", None, expect=TypeError),
        row("Context", 99, expect=ValueError),
        row("Context", -1, expect=ValueError),
        row("Context", HUGE, expect=TOO_LARGE),
        row("Connection", expect=TypeError),
        row("Connection", None, expect=TypeError),
        row("Connection", 1, expect=TypeError),
        row("Connection", "text", None, expect=TypeError),
        row("Connection", A_CONTEXT, "text", expect=TypeError),
        row("Connection", A_CONTEXT, 1.5, expect=TypeError),
        row("Connection", A_CONTEXT, -1, expect=ValueError),
        row("Connection", A_CONTEXT, HUGE, expect=TOO_LARGE),
        row("SSLeay_version", "text", expect=TypeError),
        row("SSLeay_version", None, expect=TypeError),
    ],
)
def test_making_things(name, arguments, expect, both):
    call(SSL, name, [both[1] if each is A_CONTEXT else each for each in arguments], expect)


@pytest.mark.parametrize(
    ("kind", "table", "names"),
    [
        ("Context", CONTEXT, reference.CONTEXT),
        ("Connection", CONNECTION, reference.CONNECTION),
    ],
)
def test_the_tables_are_complete(kind, table, names):
    """No method of the reference is left untried; later ones have their own tests."""
    tried = {each.values[0] for each in table} | set(TAKE_NOTHING[kind].split())
    assert set(names) - tried == set()

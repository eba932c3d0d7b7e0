"""What the storm (chaos.py) asks of connections and changes in their Contexts."""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable

from kit import authority, contexts
from OpenSSL import SSL, crypto

#: For each Context another that allows the same.
TWINS: dict[SSL.Context, SSL.Context] = {}


@functools.cache
def renewed() -> authority.Identity:
    """What takes the place of `authority.identity`, and the reverse."""
    return authority.authority().issue("renewed")


def read_certificate(end: SSL.Connection) -> None:
    certificate = end.get_peer_certificate()
    if certificate is not None:
        assert certificate.get_subject().CN in ("server", "renewed")
        certificate.digest("sha256")


def copy_session(end: SSL.Connection) -> None:
    session = end.get_session()
    if session is not None and session.is_resumable():
        SSL.Session.from_bytes(session.to_bytes(), end.get_context())


#: What may be asked of any connection, or told it, at any time.
ASKING: list[Callable[[SSL.Connection], object]] = [
    lambda end: end.pending(),
    lambda end: end.want_read() or end.want_write(),
    lambda end: end.get_shutdown(),
    lambda end: end.get_state_string(),
    lambda end: end.get_cipher_name(),
    lambda end: end.get_peer_certificate(),
    lambda end: end.get_peer_cert_chain(),
    lambda end: end.get_session(),
    lambda end: end.get_finished(),
    lambda end: end.master_key(),
    lambda end: end.client_random(),
    lambda end: end.export_keying_material(b"EXPORTER-x", 32),
    lambda end: end.get_servername(),
    lambda end: end.get_alpn_proto_negotiated(),
    lambda end: end.get_protocol_version_name(),
    lambda end: end.get_context(),
    lambda end: end.ktls_send or end.ktls_recv,
    lambda end: end.set_app_data(object()),
    lambda end: end.get_app_data(),
    lambda end: end.total_renegotiations(),
    lambda end: end.do_handshake(),
    lambda end: end.get_verified_chain(),
    lambda end: end.get_verify_result(),
    lambda end: end.get_certificate(),
    lambda end: end.get_cipher_list(),
    lambda end: end.get_client_ca_list(),
    lambda end: end.get_shared_ciphers(),
    lambda end: end.get_group_name(),
    lambda end: end.get_server_tmp_key(),
    lambda end: end.get_peer_signature(),
    lambda end: end.session_reused(),
    lambda end: end.set_cipher_list(b"ECDHE+AESGCM"),
    lambda end: end.set_info_callback(lambda *_: None),
    lambda end: end.set_context(TWINS[end.get_context()]),
    lambda end: end.set_security_callback(lambda *_: True),
    lambda end: end.set_host("localhost"),
    lambda end: end.request_ocsp(),
    lambda end: end.get_tlsext_status_ocsp_resp(),
    lambda end: end.get_verify_depth(),
    lambda end: end.new_session_ticket(),
    lambda end: end.set_num_tickets(1),
    read_certificate,
    copy_session,
]
#: Sessions that callbacks were told of, by their names; the oldest go.
KEPT: dict[bytes, SSL.Session] = {}
MOST_KEPT = 50
NAMES = [bytes([number]) * 16 for number in range(4)]
_chance = random.Random(7)


def keep(_: SSL.Connection, session: SSL.Session) -> None:
    KEPT[session.get_id()] = session
    for name in list(KEPT)[:-MOST_KEPT]:
        KEPT.pop(name, None)


def forget(_: SSL.Context, session: SSL.Session) -> None:
    KEPT.pop(session.get_id(), None)


def some_session(what: Callable[[SSL.Session], object]) -> None:
    """Do something to one that was kept; those of clients over TLS 1.3 have no name."""
    found = list(KEPT.values())
    if found:
        with contextlib.suppress(ValueError):
            what(_chance.choice(found))


def rotated() -> list[bytes]:
    return [name + bytes(64) for name in _chance.sample(NAMES, 2)]


#: What decides about sessions and tickets, given and taken back.
SESSIONS: list[Callable[[SSL.Context], object]] = [
    lambda context: context.set_session_new_callback(keep),
    lambda context: context.set_session_new_callback(None),
    lambda context: context.set_session_get_callback(lambda _, name: KEPT.get(name)),
    lambda context: context.set_session_get_callback(None),
    lambda context: context.set_session_remove_callback(forget),
    lambda context: context.set_session_remove_callback(lambda *_: None),
    lambda context: context.set_session_remove_callback(None),
    lambda context: context.get_session_remove_callback(),
    lambda context: context.set_session_cache_size(10),
    lambda context: context.set_session_cache_size(1),
    lambda context: context.flush_sessions(),
    lambda context: context.flush_sessions(0),
    lambda context: some_session(context.add_session),
    lambda context: some_session(context.remove_session),
    lambda context: context.set_ticket_keys(rotated()),
    lambda context: context.set_ticket_keys([]),
    lambda context: context.set_ticket_keys(None),
    lambda context: context.set_session_ticket_callback(None, None),
    lambda context: context.set_num_tickets(_chance.randrange(4)),
]
#: Callbacks that are taken away while others may be running them.
TAKING_BACK: list[Callable[[SSL.Context], object]] = [
    lambda context: context.set_info_callback(None),
    lambda context: context.set_keylog_callback(None),
    lambda context: context.set_message_callback(None),
    lambda context: context.set_tlsext_servername_callback(None),
    lambda context: context.set_alpn_select_callback(None),
    lambda context: context.set_client_hello_callback(None),
    lambda context: context.set_cert_callback(None),
    lambda context: context.set_psk_find_session_callback(None),
    lambda context: context.set_psk_use_session_callback(None),
    lambda context: context.set_allow_early_data_callback(None),
    lambda context: context.set_security_callback(None),
    lambda context: context.set_ocsp_server_callback(lambda *_: contexts.STAPLE),
    lambda context: context.set_ocsp_server_callback(None),
    lambda context: context.set_ocsp_client_callback(lambda *_: True),
    lambda context: context.set_ocsp_client_callback(None),
]


def add_to_store(context: SSL.Context) -> None:
    store = context.get_cert_store()
    assert store is not None
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, authority.stranger().pem))
    store.set_flags(crypto.X509StoreFlags.TRUSTED_FIRST)
    store.load_locations(str(authority.identity().files.authority))


#: Whom to believe, and what a store has, while others verify by it.
STORES: list[Callable[[SSL.Context], object]] = [
    add_to_store,
    lambda context: context.load_verify_data(authority.identity().root_pem),
    lambda context: context.set_default_verify_paths(),
    lambda context: context.set_verify_depth(9),
    lambda context: context.set_verify_flags(crypto.X509StoreFlags.TRUSTED_FIRST),
    lambda context: context.set_verify_policies(["1.2.3.4"]),
    lambda context: context.add_client_ca(
        crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    ),
    lambda context: context.get_cipher_list(),
]
#: The same of a Context that others are using.
CHANGING: list[Callable[[SSL.Context], object]] = [
    lambda context: context.set_options(SSL.OP_NO_TICKET),
    lambda context: context.clear_options(SSL.OP_NO_TICKET),
    lambda context: context.set_cipher_list(b"ECDHE+AESGCM"),
    lambda context: context.set_timeout(300),
    lambda context: context.set_session_cache_mode(SSL.SESS_CACHE_OFF),
    lambda context: context.set_session_cache_mode(SSL.SESS_CACHE_BOTH),
    lambda context: context.set_session_id(b"chaos"),
    lambda context: context.set_info_callback(lambda *_: None),
    lambda context: context.set_keylog_callback(lambda *_: None),
    lambda context: context.set_verify(SSL.VERIFY_NONE, lambda *_: True),
    lambda context: context.set_tlsext_servername_callback(lambda end: None),
    lambda context: context.set_alpn_select_callback(lambda *_: SSL.NO_OVERLAPPING_PROTOCOLS),
    lambda context: context.set_client_hello_callback(lambda *_: True),
    lambda context: context.set_cert_callback(lambda _: None),
    lambda context: context.set_cert_verify_callback(lambda *_: True),
    lambda context: context.set_cert_verify_callback(None),
    lambda context: context.set_message_callback(lambda *_: None),
    lambda context: context.set_session_ticket_callback(
        lambda _: b"data",
        lambda _end, session, *_: (
            SSL.TICKET_RETURN_USE if session is not None else SSL.TICKET_RETURN_IGNORE_RENEW
        ),
    ),
    lambda context: context.set_psk_find_session_callback(lambda *_: None),
    lambda context: context.set_psk_use_session_callback(lambda _: None),
    lambda context: context.set_allow_early_data_callback(lambda _: True),
    lambda context: context.set_max_early_data(1000),
    lambda context: context.set_max_records_without_data(2000),
    lambda context: context.set_security_callback(lambda *_: True),
    lambda context: context.set_passwd_cb(lambda *_: b"secret"),
    lambda context: context.set_client_ca_list([crypto.X509().get_subject()] * 3),
    lambda context: context.load_verify_locations(str(authority.identity().files.authority)),
    lambda context: context.use_certificate_chain_file(authority.identity().files.chain),
    lambda context: context.use_certificate_chain_file(renewed().files.chain),
    lambda context: context.use_privatekey_file(authority.identity().files.key),
    lambda context: context.use_privatekey_file(renewed().files.key),
    lambda context: context.check_privatekey(),
    lambda context: context.get_info_callback(),
    lambda context: context.get_keylog_callback(),
    lambda context: context.get_verify_mode(),
    lambda context: context.get_cert_store(),
    lambda context: context.get_session_stats(),
    lambda context: context.get_options(),
    lambda context: context.set_app_data(object()),
    lambda context: context.get_app_data(),
    *SESSIONS,
    *TAKING_BACK,
    *STORES,
]

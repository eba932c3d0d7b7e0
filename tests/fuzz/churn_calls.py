"""All that may be done to a connection and to its Contexts, at any time, for `churn.py`."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit import authority, scenes
from OpenSSL import SSL, crypto

if TYPE_CHECKING:
    from churn import Life

#: What calls may raise that are made at the wrong time.
REFUSALS = (ValueError, TypeError, IndexError, NotImplementedError, OSError, AttributeError)
KINDS = tuple(authority.identity(kind) for kind in ("rsa", "ecdsa"))
CERTIFICATES = [crypto.X509.from_cryptography(who.certificate) for who in KINDS]
KEYS = [crypto.PKey.from_cryptography_key(who.private_key) for who in KINDS]  # type: ignore[arg-type]
ROOT = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
TRUST = str(authority.trust_file())
CIPHERS = (b"ALL", b"ECDHE+AESGCM", b"PSK", b"nonsense")
OPTIONS = (SSL.OP_NO_TICKET, 0, SSL.OP_NO_RENEGOTIATION)


def use_identity(target: SSL.Context | SSL.Connection, chance: random.Random) -> None:
    number = chance.randrange(len(KINDS))
    target.use_certificate(CERTIFICATES[number])
    target.use_privatekey(KEYS[number])


def use_signer(target: SSL.Context | SSL.Connection, life: Life) -> None:
    target.use_certificate(scenes.vault()[0])
    target.use_privatekey(scenes.sign_by(life.hook("sign", True), life.an_end))


def asking(end: SSL.Connection) -> dict[str, Callable[[], Any]]:
    """Questions, which change nothing."""
    names = (
        *("get_peer_signature", "get_server_tmp_key", "get_certificate", "get_peer_certificate"),
        *("get_peer_cert_chain", "get_verified_chain", "get_client_ca_list", "get_cipher_name"),
        *("get_cipher_list", "get_shared_ciphers", "get_servername", "get_peername", "pending"),
        *("get_alpn_proto_negotiated", "master_key", "client_random", "server_random"),
        *("get_finished", "get_peer_finished", "get_tlsext_status_ocsp_resp", "get_shutdown"),
        *("renegotiate_pending", "total_renegotiations", "get_state_string", "want_read"),
        *("get_group_name", "get_verify_result", "session_reused", "get_psk_identity"),
        *("get_psk_identity_hint", "get_early_data_status", "get_protocol_version_name"),
        *("get_context", "get_cipher_bits", "get_selected_srtp_profile"),
    )
    return {name: getattr(end, name) for name in names}


def changing(end: SSL.Connection, life: Life) -> dict[str, Callable[[], Any]]:
    """Settings of the connection itself."""
    chance = life.chance
    verify = (None, life.hook("own verify", True))
    return {
        "set_context": lambda: end.set_context(life.a_context()),
        "set_verify": lambda: end.set_verify(chance.choice((0, 1, 3, 5)), chance.choice(verify)),
        "use_identity": lambda: use_identity(end, chance),
        "use_signer": lambda: use_signer(end, life),
        "set_cert_callback": lambda: end.set_cert_callback(life.hook("own certificate", None)),
        "no_cert_callback": lambda: end.set_cert_callback(None),
        "set_cipher_list": lambda: end.set_cipher_list(chance.choice(CIPHERS)),
        "set_groups": lambda: end.set_groups_list(chance.choice((b"X25519", b"P-256", b"P-384"))),
        "set_sigalgs": lambda: end.set_sigalgs_list(b"ECDSA+SHA256:RSA+SHA256"),
        "max version": lambda: end.set_max_proto_version(chance.choice((0, SSL.TLS1_2_VERSION))),
        "set_host": lambda: end.set_host(chance.choice((b"brisk.test", b"other.test"))),
        "name": lambda: end.set_tlsext_host_name(chance.choice((b"brisk.test", b"other.test"))),
        "set_options": lambda: end.set_options(chance.choice(OPTIONS)),
        "set_info": lambda: end.set_info_callback(
            chance.choice((None, life.hook("own info", None)))
        ),
        "set_timer": lambda: end.set_timer_callback(
            chance.choice((None, life.hook("own timer", 0.02)))
        ),
        "request_ocsp": end.request_ocsp,
        "post handshake": lambda: end.set_post_handshake_auth(True),
        "ask late": end.verify_client_post_handshake,
        "renegotiate": end.renegotiate,
        "new ticket": end.new_session_ticket,
        "app_data": lambda: end.set_app_data(end if chance.random() < 0.3 else None),
        "again": end.set_accept_state if end.is_server() else end.set_connect_state,
        "get_session": lambda: life.keep(end.get_session()),
        "set_session": lambda: end.set_session(life.a_session()),
        "bytes": lambda: life.keep(
            SSL.Session.from_bytes(life.a_session().to_bytes(b"key"), life.a_context(), b"key")
        ),
        "read_early": lambda: end.read_early_data(chance.choice((1, 100))),
        "write_early": lambda: end.write_early_data(b"early"),
        "do_handshake": end.do_handshake,
        "send": lambda: end.send(b"x"),
        "recv": lambda: end.recv(10),
        "shutdown": end.shutdown,
        "timer": end.DTLSv1_handle_timeout,
        "listen": end.DTLSv1_listen,
    }


def changing_contexts(end: SSL.Connection, life: Life) -> dict[str, Callable[[], Any]]:
    chance = life.chance
    context = end.get_context() if chance.random() < 0.5 else life.a_context()
    return {
        "context: identity": lambda: use_identity(context, chance),
        "context: certificate": lambda: context.use_certificate(chance.choice(CERTIFICATES)),
        "context: signer": lambda: use_signer(context, life),
        "context: chain": lambda: context.add_extra_chain_cert(ROOT),
        "context: trust": lambda: context.load_verify_locations(TRUST),
        "context: store": lambda: context.get_cert_store(),
        "context: verify": lambda: context.set_verify(chance.choice((0, 1, 3))),
        "context: authorities": lambda: context.set_client_ca_list([ROOT.get_subject()]),
        "context: certificates": lambda: context.set_max_cert_list(chance.choice((100, 100_000))),
        "context: ciphers": lambda: context.set_cipher_list(chance.choice(CIPHERS)),
        "context: groups": lambda: context.set_groups_list(b"P-256:X25519"),
        "context: timeout": lambda: context.set_timeout(chance.randrange(100)),
        "context: cache": lambda: context.set_session_cache_mode(chance.choice((0, 1, 2, 3))),
        "context: cache size": lambda: context.set_session_cache_size(chance.choice((1, 100))),
        "context: add session": lambda: context.add_session(life.a_session()),
        "context: remove session": lambda: context.remove_session(life.a_session()),
        "context: flush": lambda: context.flush_sessions(),
        "context: early": lambda: context.set_max_early_data(chance.choice((0, 1000))),
        "context: ticket keys": lambda: context.set_ticket_keys([bytes(80)]),
        "context: hook": lambda: life.set_some(context),
        "context: no hook": lambda: life.drop_some(context),
    }


def of(end: SSL.Connection, life: Life) -> dict[str, Callable[[], Any]]:
    """Everything, by name."""
    return {
        **asking(end),
        **changing(end, life),
        **changing_contexts(end, life),
        "forget contexts": life.known.clear,
        "forget sessions": life.sessions.clear,
        "collect": lambda: gc.collect(0),
    }

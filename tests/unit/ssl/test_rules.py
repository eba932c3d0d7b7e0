"""Rules: every setting is one that a session is stamped with, or said to be none."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from kit import authority, contexts
from kit.resuming import (
    VERSIONS,
    nothing,
    resumes,
    session_of,
    strict_server,
    visit,
    visitor,
)
from OpenSSL import SSL, crypto

#: What narrows whom a side believes, or what it agrees to: by method, something narrower.
NARROWER: dict[str, tuple[Any, ...]] = {
    "set_cipher_list": (b"ECDHE+AESGCM",),
    "set_client_certificate_types": (["ecdsa_sign"],),
    "set_client_sigalgs_list": (b"ECDSA+SHA384",),
    "set_groups_list": (b"P-384",),
    "set_max_cert_list": (50_000,),
    "set_purpose": ("any",),
    "set_security_level": (3,),
    "set_sigalgs_list": (b"ECDSA+SHA256:RSA-PSS+SHA256",),
    "set_tls13_ciphersuites": (b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",),
    "set_trust": ("ssl_client",),
    "set_verify_auth_level": (2,),
    "set_verify_depth": (3,),
    "set_verify_flags": (crypto.X509StoreFlags.X509_STRICT,),
    "set_verify_policies": (["1.2.3.4"],),
    "set_verify_time": (datetime.datetime.now(datetime.timezone.utc),),
}
#: What says nothing about whom to believe, or is no rule that a session could pass by.
OTHERS = """
    add_chain_cert add_extra_chain_cert clear_certificates clear_chain use_certificate
    use_certificate_and_key use_certificate_chain_file use_certificate_file
    use_certificate_pem use_certificate_uri use_pkcs12 use_privatekey use_privatekey_file
    check_privatekey
    add_client_ca load_client_ca set_ca_list set_client_ca_list
    set_alpn_protos set_app_data set_bio_limit set_block_padding set_ciphertext_mtu
    set_record_padding_callback check_chain
    set_default_read_buffer_len set_max_records_without_data set_max_send_fragment
    set_split_send_fragment set_tlsext_max_fragment_length set_tlsext_use_srtp
    set_mode clear_mode set_options clear_options set_max_proto_version
    set_min_proto_version load_tmp_dh set_tmp_ecdh
    set_accept_state set_connect_state set_session set_shutdown set_context
    set_num_tickets set_session_cache_mode set_session_id set_ticket_keys set_timeout
    set_session_cache_size set_session_new_callback set_session_remove_callback
    add_custom_ext set_info_callback set_keylog_callback set_message_callback set_passwd_cb
    set_max_early_data set_recv_max_early_data set_allow_early_data_callback
    set_psk_client_callback set_psk_server_callback
    set_psk_find_session_callback set_psk_use_session_callback use_psk_identity_hint
    set_cert_callback set_cookie_generate_callback set_cookie_verify_callback
    set_ocsp_server_callback set_timer_callback
    set_post_handshake_auth set_cert_comp_preference compress_certs
    set_echstore set_ech_config_list set_ech_outer_server_name set_ech_outer_alpn_protos
    set_ech_grease_suite
"""
#: What is tried in test_stamps.py, in ``tests/fuzz/rules.py`` or with its topic.
ELSEWHERE = """
    add_host set_email set_host set_hostflags set_ip_asc set_tlsext_host_name check_hostname
    set_client_cert_type set_server_cert_type add_expected_rpk
    add_tlsa dane_enable dane_clear_flags dane_mtype_set dane_set_flags
    enable_ct disable_ct set_ctlog_list_file set_default_ctlog_list_file
    set_cert_verify_callback set_client_hello_callback
    set_alpn_select_callback set_tlsext_servername_callback set_ocsp_client_callback
    set_ocsp_verify set_verify clear_verify_flags configure configure_file
    load_verify_data load_verify_locations load_verify_uri set_cert_store
    set_default_verify_paths
    add_session set_session_get_callback set_session_ticket_callback
    set_security_callback
"""


@pytest.mark.parametrize("where", [SSL.Context, SSL.Connection])
def test_every_setting_is_a_rule_or_said_to_be_none(where: type) -> None:
    kinds = (
        "set_",
        "add_",
        "load_",
        "use_",
        "clear_",
        "enable_",
        "disable_",
        "dane_",
        "conf",
        "check_",
    )
    known = {*NARROWER, *OTHERS.split(), *ELSEWHERE.split()}
    found = {name for name in dir(where) if name.startswith(kinds)}
    assert found - known == set(), "does a session made before still stand for it?"


@VERSIONS
@pytest.mark.parametrize("place", ["context", "connection"])
@pytest.mark.parametrize("setter", sorted(NARROWER))
def test_a_session_stands_for_no_narrower_rule(setter: str, place: str, version: str) -> None:
    server, client = strict_server(version), visitor(version)
    session = session_of(*visit(server, client))
    assert resumes(*visit(server, client, session))

    def narrow(target: Any) -> None:
        getattr(target, setter)(*NARROWER[setter])

    if place == "context":
        narrow(server)
    ends, outcome = visit(
        server, client, session, server=narrow if place == "connection" else nothing
    )
    assert outcome.server is not None or not ends.server.session_reused(), setter


#: What libssl copies into a connection when it is made; it looks for suites in the Context.
COPIED = sorted(set(NARROWER) - {"set_cipher_list", "set_tls13_ciphersuites"})


@VERSIONS
@pytest.mark.parametrize("setter", COPIED)
def test_a_connection_that_is_there_stands_for_no_narrower_rule(setter: str, version: str) -> None:
    server, client = strict_server(version), visitor(version)

    def narrow(_end: SSL.Connection) -> None:
        getattr(server, setter)(*NARROWER[setter])

    # The rule comes when the connection has its copy of the one before it.
    session = session_of(*visit(server, client, server=narrow))
    ends, outcome = visit(server, client, session)
    assert outcome.server is not None or not ends.server.session_reused(), setter


def bare(version: str) -> SSL.Context:
    """A Context that was only made to bring another certificate, and says what to trust."""
    context = contexts.server_context(version=version)
    context.load_verify_locations(str(authority.trust_file()))
    return context


@VERSIONS
@pytest.mark.parametrize("between", [0, 1, 2])
def test_what_a_context_left_behind_is_no_rule_of_the_next(version: str, between: int) -> None:
    """A Context that brings no rules leaves those of the one before it in force."""
    client, lax, first = visitor(version), strict_server(version), strict_server(version)
    first.set_verify_policies(["1.2.3.4"])
    first.set_verify_flags(crypto.X509StoreFlags.EXPLICIT_POLICY)
    bares = [bare(version) for _ in range(between + 1)]

    def move(end: SSL.Connection) -> None:
        for context in bares:
            end.set_context(context)

    session = session_of(*visit(lax, client, server=move))
    assert resumes(*visit(lax, client, session, server=move))
    assert visit(first, client, server=move)[1].server is not None, "the policy is asked for"
    assert visit(first, client, session, server=move)[1].server is not None


@VERSIONS
def test_a_context_with_rules_of_its_own_ends_what_was_left_behind(version: str) -> None:
    first, between, last = strict_server(version), bare(version), strict_server(version)
    first.set_verify_policies(["1.2.3.4"])

    def move(end: SSL.Connection) -> None:
        end.set_context(between)
        end.set_context(last)

    client = visitor(version)
    session = session_of(*visit(first, client, server=move))
    assert resumes(*visit(first, client, session, server=move))

"""What the reference says of Context's methods.

Where another test holds a sentence already, docs/inside/reference.md names it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, pump, verdicts
from OpenSSL import SSL, crypto


@pytest.fixture
def context() -> SSL.Context:
    return contexts.blank_context()


def our(certificate: object) -> crypto.X509:
    return crypto.X509.from_cryptography(certificate)  # type: ignore[arg-type]


@pytest.mark.differs("Context.get_timeout at first")
def test_timeouts_begin_at_300_seconds(context: SSL.Context) -> None:
    assert context.get_timeout() == 300


@pytest.mark.promises("Context.set_timeout")
def test_a_timeout_is_for_sessions_made_afterwards() -> None:
    client = contexts.client_context(version="TLSv1.2")
    before = pump.connected(contexts.server_context(), client).client.get_session()
    client.set_timeout(77)
    after = pump.connected(contexts.server_context(), client).client.get_session()
    assert before is not None
    assert after is not None
    assert before.get_timeout() != 77 == after.get_timeout()


@pytest.mark.promises("Context.set_passwd_cb")
def test_a_passphrase_too_long_is_cut(context: SSL.Context, tmp_path: Path) -> None:
    asked: list[int] = []
    context.set_passwd_cb(lambda maximum, *_: asked.append(maximum) or b"x")
    with pytest.raises(SSL.Error):
        context.use_privatekey_file(authority.identity().files.key_encrypted)
    (maximum, *_) = asked
    key = crypto.load_privatekey(crypto.FILETYPE_PEM, authority.identity().key_pem)
    path = tmp_path / "key.pem"
    path.write_bytes(
        crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes-256-cbc", b"p" * maximum)
    )
    context.set_passwd_cb(lambda size, *_: b"p" * size + b" and what is beyond the limit")
    context.use_privatekey_file(path)
    context.set_passwd_cb(lambda size, *_: b"p" * (size - 1))
    with pytest.raises(SSL.Error):
        context.use_privatekey_file(path)


@pytest.mark.promises("Context.set_passwd_cb")
def test_userdata_is_none_unless_given(context: SSL.Context) -> None:
    asked: list[tuple[object, ...]] = []
    context.set_passwd_cb(lambda *told: asked.append(told) or authority.PASSPHRASE)
    context.use_privatekey_file(authority.identity().files.key_encrypted)
    assert asked[0][1:] == (False, None)


@pytest.mark.promises(
    "Context.check_privatekey",
    "Context.set_tlsext_use_srtp",
    "Context.use_certificate, Context.use_privatekey",
)
def test_what_returns_nothing_returns_none(context: SSL.Context) -> None:
    hook: Any = print
    who = authority.identity("rsa")
    root = our(who.root)
    calls: list[Callable[[], object]] = [
        lambda: context.use_certificate(our(who.certificate)),
        lambda: context.use_privatekey(crypto.PKey.from_cryptography_key(who.private_key)),
        context.check_privatekey,
        lambda: context.use_certificate_file(who.files.certificate),
        lambda: context.use_privatekey_file(who.files.key),
        lambda: context.use_certificate_chain_file(who.files.chain),
        lambda: context.add_extra_chain_cert(root),
        lambda: context.add_client_ca(root),
        lambda: context.load_client_ca(str(authority.trust_file()).encode()),
        lambda: context.set_client_ca_list([root.get_subject()]),
        lambda: context.load_verify_locations(authority.trust_file()),
        context.set_default_verify_paths,
        lambda: context.set_app_data(1),
        lambda: context.set_cipher_list(b"DEFAULT"),
        lambda: context.set_info_callback(hook),
        lambda: context.set_keylog_callback(hook),
        lambda: context.set_passwd_cb(hook),
        lambda: context.set_session_id(b"id"),
        lambda: context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80"),
        lambda: context.set_verify(SSL.VERIFY_PEER),
        lambda: context.set_verify_depth(3),
        lambda: context.set_alpn_protos([b"h2"]),
        lambda: context.set_alpn_select_callback(hook),
        lambda: context.set_ocsp_client_callback(hook),
        lambda: context.set_ocsp_server_callback(hook),
        lambda: context.set_tlsext_servername_callback(hook),
    ]
    assert [call() for call in calls] == [None] * len(calls)


@pytest.mark.promises("Context.set_ocsp_client_callback", "Context.set_ocsp_server_callback")
def test_ocsp_data_is_none_unless_given() -> None:
    told: list[object] = []
    server, client = contexts.server_context(), contexts.client_context()
    server.set_ocsp_server_callback(lambda _, data: told.append(data) or contexts.STAPLE)
    client.set_ocsp_client_callback(lambda _, staple, data: told.append(data) or True)
    ends = pump.pair(server, client)
    ends.client.request_ocsp()
    pump.handshake(*ends)
    assert told == [None, None]


@pytest.mark.promises("Context.add_client_ca", "Context.load_client_ca")
def test_told_authorities_are_not_trusted() -> None:
    who = authority.client_identity()
    client = contexts.client_context(who)
    server = contexts.server_context()
    server.load_client_ca(str(authority.trust_file()).encode())
    server.add_client_ca(our(who.root))
    server.set_verify(SSL.VERIFY_PEER)
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert verdicts.is_protocol_error(outcome.server, "certificate verify failed")
    server.load_verify_locations(authority.trust_file())
    assert pump.handshake_outcome(*pump.pair(server, client)) == (None, None)


@pytest.mark.promises("Context.load_verify_locations")
def test_locations_may_be_given_both(tmp_path: Path) -> None:
    root = our(authority.stranger().root)
    stranger = crypto.dump_certificate(crypto.FILETYPE_PEM, root)
    (tmp_path / f"{root.subject_name_hash():08x}.0").write_bytes(stranger)
    client = contexts.client_context(verify=False)
    client.set_verify(SSL.VERIFY_PEER)
    client.load_verify_locations(authority.trust_file(), tmp_path)
    for who in (authority.identity(), authority.stranger()):
        ends = pump.pair(contexts.server_context(who), client)
        assert pump.handshake_outcome(*ends) == (None, None)


@pytest.mark.promises("Context.load_verify_locations", "Context.use_certificate_chain_file")
@pytest.mark.parametrize("call", ["load_verify_locations", "use_certificate_chain_file"])
def test_only_pem_is_read_there(context: SSL.Context, call: str) -> None:
    files = authority.self_signed().files
    getattr(context, call)(files.certificate)
    with pytest.raises(SSL.Error):
        getattr(context, call)(files.certificate_der)


@pytest.mark.promises(
    "VERIFY_NONE, VERIFY_PEER, VERIFY_FAIL_IF_NO_PEER_CERT",
    "Context.get_verify_mode",
    "Context.set_verify",
)
def test_verify_modes_decide_what_a_client_must_show() -> None:
    require = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    for mode, shown, accepted in (
        (SSL.VERIFY_NONE, None, True),
        (SSL.VERIFY_NONE, authority.client_stranger(), True),
        (SSL.VERIFY_PEER, None, True),
        (SSL.VERIFY_PEER, authority.client_identity(), True),
        (SSL.VERIFY_PEER, authority.client_stranger(), False),
        (require, None, False),
        (require, authority.client_identity(), True),
        (require, authority.client_stranger(), False),
    ):
        server = contexts.server_context(ask_client=True)
        server.set_verify(mode)
        assert server.get_verify_mode() == mode
        outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context(shown)))
        assert (outcome.server is None) == accepted, (mode, shown)


@pytest.mark.promises("Context.set_verify")
def test_a_verify_callbacks_answer_decides() -> None:
    told: list[tuple[object, ...]] = []
    for answer in (True, False):
        client = contexts.client_context()
        client.set_verify(SSL.VERIFY_PEER, lambda *args, a=answer: told.append(args) or a)
        ends = pump.pair(contexts.server_context(), client)
        outcome = pump.handshake_outcome(*ends)
        assert (outcome.client is None) is answer
        connection, certificate, error, depth, ok = told[-1]
        assert connection is ends.client
        assert isinstance(certificate, crypto.X509)
        assert [type(number) for number in (error, depth, ok)] == [int, int, int]
    assert verdicts.is_protocol_error(outcome.client, "certificate verify failed")


@pytest.mark.promises("Context.set_info_callback")
def test_an_info_callback_is_told_its_connection_and_two_integers() -> None:
    told: list[tuple[object, ...]] = []
    client = contexts.client_context()
    client.set_info_callback(lambda *args: told.append(args))
    ends = pump.connected(contexts.server_context(), client)
    assert {args[0] for args in told} == {ends.client}
    assert {tuple(type(each) for each in args[1:]) for args in told} == {(int, int)}


@pytest.mark.promises("Context.set_keylog_callback")
def test_a_key_log_is_told_its_connection_and_bytes() -> None:
    told: list[tuple[object, ...]] = []
    client = contexts.client_context()
    client.set_keylog_callback(lambda *args: told.append(args))
    ends = pump.connected(contexts.server_context(), client)
    assert {(args[0], type(args[1])) for args in told} == {(ends.client, bytes)}


@pytest.mark.promises("Context.set_mode", "Context.set_options")
@pytest.mark.parametrize(("setter", "unit"), [("set_options", "OP"), ("set_mode", "MODE")])
def test_what_was_set_before_is_not_cleared(context: SSL.Context, setter: str, unit: str) -> None:
    names = {"OP": ("NO_TICKET", "NO_TLSv1_2"), "MODE": ("RELEASE_BUFFERS", "SEND_FALLBACK_SCSV")}
    first, second = (getattr(SSL, f"{unit}_{name}") for name in names[unit])
    assert first != second
    getattr(context, setter)(first)
    assert getattr(context, setter)(second) & (first | second) == first | second


@pytest.mark.promises("Context.set_session_id")
def test_a_session_id_separates_contexts() -> None:
    """A session is used again only where the id is the one it was made under."""
    client = contexts.client_context(version="TLSv1.2")
    server = contexts.server_context()
    server.set_session_id(b"one")
    session = pump.connected(server, client).client.get_session()
    assert session is not None
    for name, reused in ((b"two", False), (b"one", True)):
        server.set_session_id(name)
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        pump.handshake(*ends)
        assert ends.client.session_reused() is reused


@pytest.mark.promises("Context.set_cipher_list", "Connection.get_cipher_list")
def test_a_cipher_list_is_what_connections_offer(context: SSL.Context) -> None:
    context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")
    names = SSL.Connection(context).get_cipher_list()
    assert names[-2:] == ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
    assert all(type(name) is str for name in names)


@pytest.mark.promises("Context.set_tmp_ecdh")
def test_a_curve_of_the_crypto_module_is_used() -> None:
    server = contexts.server_context()
    assert server.set_tmp_ecdh(crypto.get_elliptic_curve("secp384r1")) is None
    ends = pump.connected(server, contexts.client_context())
    assert ends.client.get_group_name() == "secp384r1"


@pytest.mark.promises("Context.add_extra_chain_cert", "Connection.get_peer_cert_chain")
def test_chain_certificates_are_sent_behind_the_leaf() -> None:
    who = authority.identity()
    server = contexts.blank_context()
    server.use_certificate_file(who.files.certificate)
    server.use_privatekey_file(who.files.key)
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context()))
    assert verdicts.is_protocol_error(outcome.client, "certificate verify failed")
    server.add_extra_chain_cert(our(who.intermediates[0]))
    _, client = pump.connected(server, contexts.client_context())
    chain = client.get_peer_cert_chain()
    assert chain is not None
    assert [each.to_cryptography() for each in chain] == [who.certificate, *who.intermediates]

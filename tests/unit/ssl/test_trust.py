"""Authorities, verification, and the names a peer must have."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from kit import authority, contexts, pump, verdicts
from OpenSSL import SSL, crypto
from OpenSSL._face.ssl import places


def client_outcome(client: SSL.Context, who: authority.Identity | None = None) -> Exception | None:
    server = contexts.server_context(who)
    return pump.handshake_outcome(*pump.pair(server, client)).client


def is_refusal(outcome: Exception | None) -> bool:
    return verdicts.is_protocol_error(outcome, "certificate verify failed")


@pytest.mark.promises("Context.load_verify_locations")
@pytest.mark.parametrize("path_type", [str, Path, lambda path: str(path).encode()])
def test_a_trusted_file(path_type: type) -> None:
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    assert is_refusal(client_outcome(client))
    client.load_verify_locations(path_type(authority.trust_file()))
    assert client_outcome(client) is None


@pytest.mark.promises("Context.load_verify_locations")
def test_a_trusted_folder(tmp_path: Path) -> None:
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    (tmp_path / f"{root.subject_name_hash():08x}.0").write_bytes(authority.identity().root_pem)
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    client.load_verify_locations(None, str(tmp_path))
    assert client_outcome(client) is None


@pytest.mark.promises("Context.set_default_verify_paths")
def test_the_platforms_places_are_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trust_file()))
    client.set_default_verify_paths()
    assert client_outcome(client) is None


@pytest.mark.differs("set_default_verify_paths() where")
def test_where_the_platform_has_none_a_warning_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "root.pem").write_bytes(authority.identity().root_pem)  # not hashed
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "empty"))
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    with pytest.warns(RuntimeWarning, match=r"not found.*nowhere\.pem.*empty") as told:
        client.set_default_verify_paths()
    assert told[0].filename == __file__
    assert is_refusal(client_outcome(client))
    with pytest.warns(RuntimeWarning, match="not found"):
        client.as_ssl_context().set_default_verify_paths()


def test_one_of_several_folders_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    (tmp_path / f"{root.subject_name_hash():08x}.0").write_bytes(authority.identity().root_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(("/nowhere", str(tmp_path))))
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    client.set_default_verify_paths()  # a warning would be an error
    assert client_outcome(client) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a store of its own")
def test_a_build_with_its_own_openssl_looks_where_systems_have_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    folder = tmp_path / "hashed"
    folder.mkdir()
    (folder / f"{root.subject_name_hash():08x}.0").write_bytes(authority.identity().root_pem)
    nowhere = os.fsencode(tmp_path / "nowhere")
    monkeypatch.setattr(places.library, "is_bundled", lambda: True)
    monkeypatch.setattr(places.anchors, "platform_places", lambda: (nowhere, nowhere, False))
    for name, there in (("FILES", authority.trust_file()), ("FOLDERS", folder)):
        monkeypatch.setattr(places, "FILES", (nowhere,))
        monkeypatch.setattr(places, "FOLDERS", (nowhere,))
        client = SSL.Context(SSL.TLS_METHOD)
        client.set_verify(SSL.VERIFY_PEER)
        with pytest.warns(RuntimeWarning, match="not found"):
            client.set_default_verify_paths()
        monkeypatch.setattr(places, name, (nowhere, os.fsencode(there)))
        client.set_default_verify_paths()
        assert client_outcome(client) is None


def test_nothing_to_load_is_an_error() -> None:
    with pytest.raises(SSL.Error) as caught:
        SSL.Context(SSL.TLS_METHOD).load_verify_locations(None)
    assert caught.value.args[0]


@pytest.mark.promises("Context.get_cert_store")
@pytest.mark.holds("D1")
def test_a_store_outlives_its_context() -> None:
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    store = client.get_cert_store()
    assert store is not None
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem))
    assert client_outcome(client) is None
    del client
    store.add_cert(crypto.X509.from_cryptography(authority.stranger().certificate))


@pytest.mark.promises("Context.set_verify")
@pytest.mark.parametrize(
    ("who", "code"),
    [
        (authority.expired, SSL.X509VerificationCodes.ERR_CERT_HAS_EXPIRED),
        (authority.not_yet_valid, SSL.X509VerificationCodes.ERR_CERT_NOT_YET_VALID),
        (authority.self_signed, SSL.X509VerificationCodes.ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
        (authority.stranger, SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
    ],
)
def test_a_refusal_says_why(who: object, code: int) -> None:
    outcome = client_outcome(contexts.client_context(), who())  # type: ignore[operator]
    assert is_refusal(outcome)
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == code
    assert outcome.verify_message


def test_the_hook_sees_the_chain_from_the_root_down() -> None:
    seen: list[tuple[str | None, int, int, int]] = []

    def verify(
        connection: SSL.Connection, x509: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        seen.append((x509.get_subject().CN, error, depth, ok))
        return bool(ok)

    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, verify)
    assert client_outcome(client) is None
    assert [(error, ok) for _, error, _, ok in seen] == [(0, 1)] * len(seen)
    assert [depth for _, _, depth, _ in seen] == sorted({d for *_, d, _ in seen}, reverse=True)


def test_a_hook_can_overrule_a_refusal() -> None:
    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    assert client_outcome(client, authority.expired()) is None


@pytest.mark.holds("C9", "CVE-2018-1000807")
def test_certificates_kept_from_a_hook_stay_valid() -> None:
    kept: list[crypto.X509] = []

    def verify(connection: SSL.Connection, x509: crypto.X509, *_: int) -> bool:
        kept.append(x509)
        return True

    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, verify)
    assert client_outcome(client) is None
    del client
    assert all(crypto.dump_certificate(crypto.FILETYPE_PEM, each) for each in kept)


@pytest.mark.promises("Context.get_verify_depth, Context.set_verify_depth")
def test_depth() -> None:
    client = contexts.client_context()
    client.set_verify_depth(0)
    assert client.get_verify_depth() == 0
    assert is_refusal(client_outcome(client))
    client.set_verify_depth(5)
    assert client_outcome(client) is None
    with pytest.raises(TypeError):
        client.set_verify_depth(None)  # type: ignore[arg-type]


@pytest.mark.promises(
    "VERIFY_NONE, VERIFY_PEER, VERIFY_FAIL_IF_NO_PEER_CERT", "Context.get_verify_mode"
)
def test_modes() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    assert context.get_verify_mode() == SSL.VERIFY_NONE
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE)
    assert context.get_verify_mode() == SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE
    connection = SSL.Connection(context)
    assert connection.get_verify_mode() == SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE
    connection.set_verify(SSL.VERIFY_NONE)
    assert connection.get_verify_mode() == SSL.VERIFY_NONE
    assert context.get_verify_mode() == SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE
    for call in (context.set_verify, connection.set_verify):
        with pytest.raises(TypeError, match="mode must be an integer"):
            call("peer")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="callable"):
            call(SSL.VERIFY_PEER, 1)  # type: ignore[arg-type]


def test_a_client_certificate_that_is_required_and_missing() -> None:
    server = contexts.server_context(require_client=True)
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context()))
    assert verdicts.is_protocol_error(outcome.server, "peer did not return a certificate")
    assert isinstance(outcome.client, SSL.Error)


@pytest.mark.promises(
    "Context.add_client_ca",
    "Context.load_client_ca",
    "Context.set_client_ca_list",
    "Connection.get_client_ca_list",
)
def test_authorities_are_told_to_clients() -> None:
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    stranger = crypto.X509.from_cryptography(authority.stranger().root)
    server = contexts.server_context(ask_client=True)
    server.load_client_ca(str(authority.trust_file()).encode())
    server.add_client_ca(stranger)
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [root.get_subject(), stranger.get_subject()]
    server.set_client_ca_list([stranger.get_subject()])
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [stranger.get_subject()]
    with pytest.raises(TypeError, match="X509Name"):
        server.set_client_ca_list([stranger.get_subject(), "x"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        server.set_client_ca_list(1)  # type: ignore[arg-type]
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_client_ca_list() == [stranger.get_subject()]


@pytest.mark.differs("set_client_ca_list, add_client_ca")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.holds("A7")
def test_authorities_that_no_handshake_has_room_for(version: str, serving: bool) -> None:
    """As many as are taken can be told; more are refused, and those before them stay."""

    def named(number: int) -> crypto.X509Name:
        name = crypto.X509().get_subject()
        name.CN, name.O = f"{number:04}", "x" * 53
        return name

    one = 2 + len(named(0).der())
    most = [named(number) for number in range(64_512 // one)]
    server = contexts.server_context(version=version, ask_client=True)
    client = contexts.client_context(version=version)
    telling = server if serving else client
    telling.set_client_ca_list(most)
    ends = pump.connected(server, client)
    if serving:
        assert ends.client.get_client_ca_list() == most
    root = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().root_pem)
    assert 64_512 % one < 2 + len(root.get_subject().der())
    with pytest.raises(ValueError, match="64512 bytes"):
        telling.set_client_ca_list([*most, named(9999)])
    with pytest.raises(ValueError, match="64512 bytes"):
        telling.add_client_ca(root)
    for each in (telling, SSL.Connection(telling)):
        with pytest.raises(ValueError, match="64512 bytes"):
            each.set_ca_list([*most, named(9999)])
    with pytest.raises(ValueError, match="64512 bytes"):
        SSL.Connection(telling).set_client_ca_list([*most, named(9999)])
    ends = pump.connected(server, client)
    if serving:
        assert ends.client.get_client_ca_list() == most
    telling.set_client_ca_list(most[1:])
    telling.add_client_ca(root)
    pump.connected(server, client)


def outcome_for(prepare: object, who: authority.Identity | None = None) -> Exception | None:
    server, client = pump.pair(contexts.server_context(who), contexts.client_context())
    prepare(client)  # type: ignore[operator]
    return pump.handshake_outcome(server, client).client


@pytest.mark.holds("C23")
def test_host_names_are_checked_inside_the_handshake() -> None:
    name = authority.NAMES[0]
    assert outcome_for(lambda client: client.set_host(name)) is None
    assert outcome_for(lambda client: client.set_host(name.encode())) is None
    outcome = outcome_for(lambda client: client.set_host("other.example"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_HOSTNAME_MISMATCH
    assert is_refusal(outcome_for(lambda client: client.set_host(name), authority.wrong_host()))


def test_the_matching_name_is_told() -> None:
    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    client.set_host(authority.NAMES[0])
    assert client.get_peername() is None
    pump.handshake(server, client)
    assert client.get_peername()


def test_a_host_that_is_an_address_is_taken_for_one() -> None:
    assert outcome_for(lambda client: client.set_host("127.0.0.1")) is None
    outcome = outcome_for(lambda client: client.set_host("127.0.0.2"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_IP_ADDRESS_MISMATCH


def test_addresses_are_checked_inside_the_handshake() -> None:
    address = str(authority.ADDRESSES[0])
    assert outcome_for(lambda client: client.set_ip_asc(address)) is None
    outcome = outcome_for(lambda client: client.set_ip_asc("192.0.2.1"))
    assert isinstance(outcome, SSL.Error)
    assert outcome.verify_code == SSL.X509VerificationCodes.ERR_IP_ADDRESS_MISMATCH
    with pytest.raises(SSL.Error):
        SSL.Connection(contexts.client_context()).set_ip_asc("not an address")


@pytest.mark.parametrize("name", ["", b"", "a\0b", b"\0", "x" * 256, "münchen.example"])
@pytest.mark.holds("C11")
def test_names_that_would_be_cut_short_are_refused(name: str | bytes) -> None:
    connection = SSL.Connection(contexts.client_context())
    with pytest.raises(ValueError, match="name must"):
        connection.set_host(name)


def test_names_of_the_wrong_kind() -> None:
    connection = SSL.Connection(contexts.client_context())
    for value in (None, 1, ["a"]):
        with pytest.raises(TypeError):
            connection.set_host(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        connection.set_hostflags("x")  # type: ignore[arg-type]
    connection.set_hostflags(0x4)  # X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS


@pytest.mark.promises("Connection.set_context")
@pytest.mark.holds("D21")
def test_another_context_brings_its_verification() -> None:
    """A strict virtual host is strict, whatever the Context it was reached through."""
    strict = contexts.server_context(require_client=True)
    lax = contexts.server_context()
    lax.set_tlsext_servername_callback(lambda connection: connection.set_context(strict))
    outcome = pump.handshake_outcome(
        *pump.pair(lax, contexts.client_context(), authority.NAMES[0].encode())
    )
    assert verdicts.is_protocol_error(outcome.server, "peer did not return a certificate")


@pytest.mark.parametrize("how", ["minimum", "option"])
@pytest.mark.holds("D21")
def test_another_contexts_versions_hold(how: str) -> None:
    strict = contexts.server_context()
    if how == "minimum":
        strict.set_min_proto_version(SSL.TLS1_3_VERSION)
    else:
        strict.set_options(SSL.OP_NO_TLSv1 | SSL.OP_NO_TLSv1_1 | SSL.OP_NO_TLSv1_2)
    lax = contexts.server_context()
    lax.set_tlsext_servername_callback(lambda connection: connection.set_context(strict))
    name = authority.NAMES[0].encode()
    old = contexts.client_context(version="TLSv1.2")
    outcome = pump.handshake_outcome(*pump.pair(lax, old, name))
    assert isinstance(outcome.server, SSL.Error)
    assert verdicts.is_protocol_error(outcome.client, "protocol version")
    assert pump.handshake_outcome(*pump.pair(lax, contexts.client_context(), name)).client is None


def test_another_context_brings_its_hooks_and_leaves_ones_own() -> None:
    calls: list[str] = []
    second = contexts.server_context()
    second.set_info_callback(lambda *_: calls.append("second"))
    first = contexts.server_context()
    first.set_info_callback(lambda *_: calls.append("first"))
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(second))
    pump.connected(first, contexts.client_context())
    assert calls[0] == "first"
    assert calls[-1] == "second"
    calls.clear()
    ends = pump.pair(first, contexts.client_context())
    ends.server.set_info_callback(lambda *_: calls.append("own"))
    pump.handshake(*ends)
    assert set(calls) == {"own"}


def test_set_context_wants_a_context() -> None:
    connection = SSL.Connection(contexts.client_context())
    for value in (None, 1, connection):
        with pytest.raises(TypeError, match="Context instance"):
            connection.set_context(value)  # type: ignore[arg-type]
    other = contexts.client_context()
    connection.set_context(other)
    assert connection.get_context() is other


def aged(path: Path) -> None:
    """Wait until a change of the file can no longer be mistaken for none."""
    changed = path.stat().st_ctime
    while time.time() < changed + 2.1:
        time.sleep(0.05)


def trusting(path: Path) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.load_verify_locations(path)
    context.set_verify(SSL.VERIFY_PEER)
    return context


def accepts(context: SSL.Context, who: authority.Identity) -> bool:
    return client_outcome(context, who) is None


def test_contexts_share_what_a_file_holds_until_it_changes(tmp_path: Path) -> None:
    known, other = authority.identity(), authority.stranger()
    path = tmp_path / "trusted.pem"
    path.write_bytes(known.root_pem)
    aged(path)
    first, second = trusting(path), trusting(path)
    assert accepts(first, known) and accepts(second, known)
    path.write_bytes(other.root_pem)
    third = trusting(path)
    assert not accepts(third, known)
    assert accepts(third, other)
    assert accepts(first, known)
    path.unlink()
    with pytest.raises(SSL.Error):
        trusting(path)


def test_what_is_added_to_one_store_is_trusted_by_no_other(tmp_path: Path) -> None:
    known, other = authority.identity(), authority.stranger()
    path = tmp_path / "trusted.pem"
    path.write_bytes(known.root_pem)
    aged(path)
    first, second = trusting(path), trusting(path)
    store = first.get_cert_store()
    assert store is not None
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, other.root_pem))
    assert accepts(first, other) and accepts(first, known)
    assert not accepts(second, other)
    assert not accepts(trusting(path), other)
    more = tmp_path / "more.pem"
    more.write_bytes(other.root_pem)
    second.load_verify_locations(more)
    assert accepts(second, other) and accepts(second, known)
    assert not accepts(trusting(path), other)


def test_what_a_folder_gave_to_one_context_is_not_kept_for_the_next(tmp_path: Path) -> None:
    """libssl keeps what it found in a folder; a certificate taken away must be gone."""
    known = authority.identity()
    root = crypto.load_certificate(crypto.FILETYPE_PEM, known.root_pem)
    link = tmp_path / f"{root.subject_name_hash():08x}.0"
    link.write_bytes(known.root_pem)
    aged(link)

    def by_folder() -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.load_verify_locations(None, tmp_path)
        context.set_verify(SSL.VERIFY_PEER)
        return context

    assert accepts(by_folder(), known)
    # In place: the folder itself looks as before.
    link.write_bytes(b"")
    assert not accepts(by_folder(), known)


def weak_server() -> SSL.Context:
    """Its certificate has a key too weak for most, which is told before the chain is built."""
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 1024)
    weak = crypto.X509()
    weak.get_subject().CN = "weak"
    weak.set_issuer(weak.get_subject())
    weak.set_pubkey(key)
    weak.gmtime_adj_notBefore(0)
    weak.gmtime_adj_notAfter(3600)
    weak.sign(key, "sha256")
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.use_certificate(weak)
    context.use_privatekey(key)
    return context


@pytest.mark.holds("C25")
def test_a_hook_may_replace_the_store_that_is_being_verified_by() -> None:
    aged(authority.trust_file())
    server_context = weak_server()
    for _ in range(3):
        client_context = SSL.Context(SSL.TLS_METHOD)
        client_context.set_cipher_list(b"DEFAULT:@SECLEVEL=2")
        errors: list[int] = []
        filling: list[bytes] = []

        def judge(
            connection: SSL.Connection, _certificate: crypto.X509, error: int, *_: int,
            errors: list[int] = errors, filling: list[bytes] = filling,
        ) -> bool:  # fmt: skip
            errors.append(error)
            if len(errors) == 1:
                connection.get_context().load_verify_locations(authority.trust_file())
                connection.get_context().get_cert_store()
                filling.extend(b"\xff" * size for size in range(16, 600) for _ in range(9))
            return True

        client_context.set_verify(SSL.VERIFY_PEER, judge)
        assert pump.handshake_outcome(*pump.pair(server_context, client_context)) == (None, None)
        assert errors[0] == 66 and len(errors) > 1


@pytest.mark.differs("set_verify with bits")
@pytest.mark.parametrize("mode", [-1, 16, 0xFF, 1 << 31, 1 << 40, -(1 << 40)])
@pytest.mark.holds("S11")
def test_modes_that_are_none_are_refused(mode: int) -> None:
    """-1, as "all there is", would have a server of TLS 1.3 ask nobody for a certificate."""
    server = contexts.server_context(require_client=True, version="TLSv1.3")
    ends = pump.pair(server, contexts.client_context(version="TLSv1.3"))
    for target in (server, ends.server):
        before = target.get_verify_mode()
        with pytest.raises(ValueError, match="bits"):
            target.set_verify(mode)
        assert target.get_verify_mode() == before
    assert pump.handshake_outcome(*ends).server is not None


def test_verify_flags_are_added_and_taken_away():
    context = contexts.client_context()
    before = context.get_verify_flags()
    flags = crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.X509_STRICT
    context.set_verify_flags(flags)
    assert context.get_verify_flags() == before | flags
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(), context))
    assert outcome.client.verify_message == "unable to get certificate CRL"
    context.clear_verify_flags(flags)
    assert context.get_verify_flags() == before
    pump.connected(contexts.server_context(), context)
    # Another Context of the same file, whose store is shared, was never stricter.
    for wrong, error in (("x", TypeError), (None, TypeError), (-1, OverflowError)):
        for call in (context.set_verify_flags, context.clear_verify_flags):
            with pytest.raises(error):
                call(wrong)


def test_verify_flags_of_one_context_are_not_anothers():
    strict, lax = contexts.client_context(), contexts.client_context()
    strict.set_verify_flags(crypto.X509StoreFlags.CRL_CHECK)
    pump.connected(contexts.server_context(), lax)
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(), strict))
    assert outcome.client.verify_code == 3

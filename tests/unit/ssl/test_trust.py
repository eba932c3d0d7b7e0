"""Authorities, and how peers are verified by them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kit import authority, contexts, pump, verdicts
from kit.trusting import client_outcome, is_refusal
from OpenSSL import SSL, crypto
from OpenSSL._face.ssl import places


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
    monkeypatch.setattr(places.shared_stores, "platform_places", lambda: (nowhere, nowhere, False))
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
        (
            authority.self_signed,
            SSL.X509VerificationCodes.ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        ),
        (
            authority.stranger,
            SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        ),
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

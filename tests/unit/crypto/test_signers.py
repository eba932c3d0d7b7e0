"""Keys whose private half is elsewhere: a function signs, in TLS and for documents."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, elsewhere, peers, pump, sockets
from kit.programs import need
from OpenSSL import SSL, crypto

VERSIONS = ("TLSv1.2", "TLSv1.3")
#: TLS 1.2 has no ML-DSA.
KINDS_IN = [
    (kind, version)
    for kind in elsewhere.KINDS
    for version in VERSIONS
    if (kind, version) != ("mldsa65", "TLSv1.2")
]


def made(kind: str = "p256", sign: Any = None) -> tuple[crypto.PKey, elsewhere.Vault]:
    vault = elsewhere.Vault(kind)
    return crypto.PKey.from_signer(elsewhere.certificate(kind), sign or vault.sign), vault


def context_with(kind: str, key: crypto.PKey, version: str | None = None) -> SSL.Context:
    context = contexts.blank_context(version)
    context.use_certificate(elsewhere.certificate(kind))
    context.use_privatekey(key)
    context.check_privatekey()
    return context


def trusting(kind: str, version: str | None = None) -> SSL.Context:
    context = contexts.blank_context(version)
    context.load_verify_locations(str(elsewhere.files(kind).certificate))
    context.set_verify(SSL.VERIFY_PEER)
    return context


def name_of(kind: str, version: str) -> str:
    """Only TLS 1.3 has a digest for each curve."""
    if (kind, version) == ("p384", "TLSv1.2"):
        return "ecdsa_sha256"
    return elsewhere.NAMES[kind]


# ---- TLS


@pytest.mark.parametrize(("kind", "version"), KINDS_IN)
def test_a_server_shakes_hands(kind: str, version: str) -> None:
    key, vault = made(kind)
    server, client = pump.connected(context_with(kind, key, version), trusting(kind, version))
    assert [each.name for each in vault.asked] == [name_of(kind, version)]
    assert pump.transfer(server, client, b"hello") == b"hello"


@pytest.mark.parametrize(("kind", "version"), KINDS_IN)
def test_a_client_shakes_hands(kind: str, version: str) -> None:
    key, vault = made(kind)
    server = contexts.server_context(version=version)
    server.load_verify_locations(str(elsewhere.files(kind).certificate))
    server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    accepted, _ = pump.connected(server, context_with(kind, key, version))
    assert [each.name for each in vault.asked] == [name_of(kind, version)]
    peer = accepted.get_peer_certificate()
    assert peer is not None
    assert peer.digest("sha256") == elsewhere.certificate(kind).digest("sha256")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["rsa", "rsa-pss", "p384", "ed25519"])
def test_the_key_is_in_another_process(kind: str, version: str) -> None:
    key, _ = made(kind, lambda *asked: elsewhere.signed_by_program(kind, *asked))
    pump.connected(context_with(kind, key, version), trusting(kind, version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_client_of_our_server(version: str) -> None:
    who = authority.identity("rsa")
    key = crypto.PKey.from_signer(
        who.certificate, lambda algorithm, message: signed(who.private_key, algorithm, message)
    )
    context = contexts.blank_context(version)
    context.use_certificate_chain_file(str(who.files.chain))
    context.use_privatekey(key)
    with (
        sockets.ThreadedServer(context, sockets.echo) as server,
        peers.openssl_client(server.port, version=version) as client,
    ):
        assert client.told().version == version


def signed(key: Any, algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
    vault = elsewhere.Vault.__new__(elsewhere.Vault)
    vault.key, vault.asked, vault.messages = key, [], []
    return vault.sign(algorithm, message)


def test_what_the_function_is_told() -> None:
    key, vault = made("rsa")
    pump.connected(context_with("rsa", key, "TLSv1.3"), trusting("rsa"))
    (algorithm,) = vault.asked
    assert str(algorithm) == "rsa_pss_rsae_sha256"
    assert repr(algorithm) == "<SigningAlgorithm rsa_pss_rsae_sha256>"
    assert (algorithm.key_type, algorithm.padding, algorithm.digest) == ("RSA", "pss", "sha256")
    assert (algorithm.salt_length, algorithm.curve) == (32, None)
    assert algorithm.hash(b"abc") == hashlib.sha256(b"abc").digest()
    assert b"TLS 1.3, server CertificateVerify" in vault.messages[0]
    assert algorithm == crypto.SigningAlgorithm("RSA", "pss", "SHA2-256", 32)
    assert algorithm != crypto.SigningAlgorithm("RSA", "pss", "SHA2-256", 20)
    assert algorithm != "rsa_pss_rsae_sha256"
    assert len({algorithm, crypto.SigningAlgorithm("RSA", "pss", "SHA2-256", 32)}) == 1


@pytest.mark.parametrize(
    ("given", "name", "digest"),
    [
        (("EC", None, "SHA2-512", None, "prime256v1"), "ecdsa_sha512", "sha512"),
        (("EC", None, "SHA2-512", None, "secp521r1"), "ecdsa_secp521r1_sha512", "sha512"),
        (("EC", None, "SHA1", None, "prime256v1"), "ecdsa_sha1", "sha1"),
        (("RSA", "pkcs1", "SHA3-256"), "rsa_pkcs1_sha3_256", "sha3_256"),
        (("RSA", "pkcs1", "SHA2-512/256"), "rsa_pkcs1_sha512_256", "sha512_256"),
        (("RSA", "pkcs1", "MD5-SHA1"), "rsa_pkcs1_md5_sha1", "md5-sha1"),
        (("ED448",), "ed448", None),
    ],
)
def test_names_of_algorithms(given: Any, name: str, digest: str | None) -> None:
    algorithm = crypto.SigningAlgorithm(*given)
    assert (algorithm.name, algorithm.digest) == (name, digest)
    if digest is None:
        with pytest.raises(ValueError, match="signs the message itself"):
            algorithm.hash(b"")
    elif digest == "md5-sha1":
        assert algorithm.hash(b"a") == hashlib.md5(b"a").digest() + hashlib.sha1(b"a").digest()
    else:
        assert algorithm.hash(b"a") == hashlib.new(digest, b"a").digest()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["p256", "p384"])
def test_two_numbers_instead_of_der(kind: str, version: str) -> None:
    """PKCS #11, Azure and JOSE have ECDSA's signatures in this form."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    vault = elsewhere.Vault(kind)
    size = 48 if kind == "p384" else 32

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytearray:
        r, s = decode_dss_signature(vault.sign(algorithm, message))
        return bytearray(r.to_bytes(size, "big") + s.to_bytes(size, "big"))

    key, _ = made(kind, sign)
    pump.connected(context_with(kind, key, version), trusting(kind, version))


def test_a_resumed_session_needs_no_signature() -> None:
    key, vault = made()
    server, client = context_with("p256", key), trusting("p256")
    _, first = pump.connected(server, client)
    pump.drain(first)
    session = first.get_session()
    assert session is not None
    pair = pump.pair(server, client)
    pair.client.set_session(session)
    pump.handshake(*pair)
    assert pair.client.session_reused()
    assert len(vault.asked) == 1


def test_only_one_connection_is_given_it() -> None:
    key, vault = made()
    server, client = pump.pair(contexts.server_context(), trusting("p256"))
    server.use_certificate(elsewhere.certificate("p256"))
    server.use_privatekey(key)
    server.check_privatekey()
    pump.handshake(server, client)
    assert len(vault.asked) == 1


def test_a_server_name_chooses_it() -> None:
    key, vault = made()
    chosen = context_with("p256", key)
    outer = contexts.server_context()
    outer.set_tlsext_servername_callback(lambda connection: connection.set_context(chosen))
    server, client = pump.pair(outer, trusting("p256"), b"localhost")
    pump.handshake(server, client)
    assert len(vault.asked) == 1


def test_a_context_in_use_is_given_it() -> None:
    """Certificate and key come into force together."""
    context = contexts.server_context(authority.identity("rsa"))
    pump.connected(context, contexts.client_context())
    key, vault = made()
    context.use_certificate(elsewhere.certificate("p256"))
    context.use_privatekey(key)
    pump.connected(context, trusting("p256"))
    assert len(vault.asked) == 1
    context.use_certificate_pem(authority.identity().pem, authority.identity().key_pem)


# ---- what such a key cannot do

ONLY_RSA = b"AES128-SHA256:AES128-GCM-SHA256"


def test_a_server_does_not_let_clients_encrypt_to_it() -> None:
    """A client that would rather have RSA key exchange is given another."""
    key, _ = made("rsa")
    client = trusting("rsa", "TLSv1.2")
    client.set_cipher_list(ONLY_RSA + b":ECDHE-RSA-AES128-GCM-SHA256")
    accepted, _ = pump.connected(context_with("rsa", key, "TLSv1.2"), client)
    assert accepted.get_cipher_name() == "ECDHE-RSA-AES128-GCM-SHA256"
    # A key that is here decrypts, as ever.
    here = contexts.blank_context("TLSv1.2")
    here.use_certificate_file(str(elsewhere.files("rsa").certificate))
    here.use_privatekey_file(str(elsewhere.files("rsa").key))
    accepted, _ = pump.connected(here, client)
    assert accepted.get_cipher_name() == "AES128-SHA256"


def test_a_key_that_comes_in_the_handshake_does_not_decrypt_either() -> None:
    key, vault = made("rsa")
    server = contexts.blank_context("TLSv1.2")

    def choose(connection: SSL.Connection) -> None:
        connection.use_certificate(elsewhere.certificate("rsa"))
        connection.use_privatekey(key)

    server.set_cert_callback(choose)
    client = trusting("rsa", "TLSv1.2")
    client.set_cipher_list(ONLY_RSA + b":ECDHE-RSA-AES128-GCM-SHA256")
    accepted, _ = pump.connected(server, client)
    assert accepted.get_cipher_name() == "ECDHE-RSA-AES128-GCM-SHA256"
    assert len(vault.asked) == 1


@pytest.mark.parametrize("ours", [ONLY_RSA, None])
def test_nothing_but_rsa_key_exchange_fails(ours: bytes | None) -> None:
    key, vault = made("rsa")
    server = context_with("rsa", key, "TLSv1.2")
    if ours is not None:
        server.set_cipher_list(ours)
    client = trusting("rsa", "TLSv1.2")
    client.set_cipher_list(ONLY_RSA)
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert isinstance(outcome.server, SSL.Error)
    assert isinstance(outcome.client, SSL.Error)
    assert vault.asked == []
    words = "no shared cipher" if ours is None else "decrypt"
    assert words in str(outcome.server)


def test_it_cannot_be_exported() -> None:
    key, _ = made("rsa")
    archive = crypto.PKCS12()
    archive.set_privatekey(key)
    for call in (
        lambda: crypto.dump_privatekey(crypto.FILETYPE_PEM, key),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes-256-cbc", b"phrase"),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_ASN1, key),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_TEXT, key),
        lambda: archive.export(b"phrase"),
        key.to_cryptography_key,
        key.check,
    ):
        with pytest.raises(crypto.Error, match="cannot be exported"):
            call()


@pytest.mark.parametrize("kind", elsewhere.KINDS)
def test_its_public_half_is_an_ordinary_key(kind: str) -> None:
    key, vault = made(kind)
    public = elsewhere.certificate(kind).get_pubkey()
    for form in (crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1):
        assert crypto.dump_publickey(form, key) == crypto.dump_publickey(form, public)
    assert (key.bits(), key.type_name()) == (public.bits(), public.type_name())
    assert vault.asked == []
    again = crypto.PKey.from_signer(key, vault.sign)
    digest = elsewhere.digest_of(kind)
    crypto.verify(elsewhere.certificate(kind), crypto.sign(again, b"x", digest), b"x", digest)


def test_it_does_not_fit_another_certificate() -> None:
    key, _ = made("p256")
    context = contexts.blank_context()
    context.use_certificate(authority.identity().certificate)
    with pytest.raises(SSL.Error, match="mismatch"):
        context.use_privatekey(key)


def test_what_no_key_can_be_made_of() -> None:
    here = crypto.PKey()
    with pytest.raises(TypeError, match="callable"):
        crypto.PKey.from_signer(elsewhere.certificate("p256"), b"no function")  # type: ignore[arg-type]

    async def sign(_algorithm: object, _message: bytes) -> bytes:
        return b""

    with pytest.raises(TypeError, match="ordinary function: a signature cannot wait"):
        crypto.PKey.from_signer(elsewhere.certificate("p256"), sign)  # type: ignore[arg-type]
    for junk in (None, 1, "text", b"bytes", object(), crypto.PKey):
        with pytest.raises(TypeError, match="public_key must be"):
            crypto.PKey.from_signer(junk, print)  # type: ignore[arg-type]
    with pytest.raises(crypto.Error):
        crypto.PKey.from_signer(here, print)  # type: ignore[arg-type]
    for kind in ("X25519", "DSA"):
        if kind == "DSA":
            here.generate_key(crypto.TYPE_DSA, 1024)
        else:
            here.generate_key(kind)
        with pytest.raises(crypto.Error):
            crypto.PKey.from_signer(here, print)  # type: ignore[arg-type]


# ---- documents


@pytest.mark.parametrize("kind", elsewhere.KINDS)
def test_it_signs_what_others_verify(kind: str, tmp_path: Path) -> None:
    key, vault = made(kind)
    digest = elsewhere.digest_of(kind)
    certificate = crypto.X509()
    certificate.set_version(2)
    certificate.set_serial_number(7)
    certificate.get_subject().CN = certificate.get_issuer().CN = "elsewhere"
    certificate.gmtime_adj_notBefore(0)
    certificate.gmtime_adj_notAfter(3600)
    certificate.set_pubkey(key)
    certificate.sign(key, digest)
    path = tmp_path / "root.pem"
    path.write_bytes(crypto.dump_certificate(crypto.FILETYPE_PEM, certificate))
    assert subprocess.run(
        [need("openssl"), "verify", "-check_ss_sig", "-CAfile", path, path], capture_output=True
    ).stdout.endswith(b"OK\n")
    # The object itself verifies too, though its key was given by one that signs elsewhere.
    store = crypto.X509Store()
    store.add_cert(certificate)
    store.set_flags(crypto.X509StoreFlags.CHECK_SS_SIGNATURE)
    crypto.X509StoreContext(store, certificate).verify_certificate()

    request = crypto.X509Req()
    request.set_pubkey(key)
    request.sign(key, digest)
    assert request.verify(key)
    assert request.verify(certificate.get_pubkey())
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(key)
    spki.sign(key, digest)
    assert spki.verify(key)
    crl = crypto.CRL()
    crl.export(certificate, key, days=1, digest=b"sha256" if digest else None)
    assert len(vault.asked) == 4
    signature = crypto.sign(key, b"data", digest)
    crypto.verify(certificate, signature, b"data", digest)
    assert vault.messages[-1] == b"data"

"""Certificates with key and chain in one call, of several kinds, and what is set."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import authority, contexts, peers, pump, sockets
from OpenSSL import SSL, crypto

PASSPHRASE = authority.PASSPHRASE
Target = SSL.Context | SSL.Connection


def archive(
    who: authority.Identity, folder: Path, password: str = "secret", options: str = ""
) -> bytes:
    path = folder / "archive.p12"
    subprocess.run(
        [
            *("openssl", "pkcs12", "-export", "-passout", f"pass:{password}", "-out", path),
            *("-inkey", who.files.key, "-in", who.files.certificate),
            *("-certfile", who.files.intermediates),
            *options.split(),
        ],
        check=True,
        capture_output=True,
    )
    return path.read_bytes()


def ways(who: authority.Identity, folder: Path) -> dict[str, Callable[[Target], None]]:
    certificate = crypto.X509.from_cryptography(who.certificate)
    key = crypto.PKey.from_cryptography_key(who.private_key)
    return {
        "pem": lambda it: it.use_certificate_pem(who.chain_pem, who.key_pem),
        "text": lambda it: it.use_certificate_pem(who.chain_pem.decode(), who.key_pem.decode()),
        "one file": lambda it: it.use_certificate_pem(who.key_pem + who.chain_pem),
        "encrypted": lambda it: it.use_certificate_pem(
            who.chain_pem, who.key_pem_encrypted, PASSPHRASE
        ),
        "in words": lambda it: it.use_certificate_pem(
            who.chain_pem, who.key_pem_encrypted, PASSPHRASE.decode()
        ),
        "asked": lambda it: it.use_certificate_pem(
            who.chain_pem, who.key_pem_encrypted, lambda _twice: PASSPHRASE
        ),
        "objects": lambda it: it.use_certificate_and_key(certificate, key, who.intermediates),
        "foreign": lambda it: it.use_certificate_and_key(
            who.certificate, who.private_key, who.intermediates
        ),
        "archive": lambda it: it.use_pkcs12(archive(who, folder), "secret"),
    }


def accepted(server: SSL.Context, prepare: Callable[[Target], None] | None = None) -> bool:
    """Whether a client finds its way from the root to what the server shows."""
    ends = pump.pair(server, contexts.client_context())
    if prepare:
        prepare(ends.server)
    return pump.handshake_outcome(*ends) == (None, None)


@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.parametrize("way", list(ways(authority.identity(), Path())))
def test_in_one_call(way: str, where: str, tmp_path: Path) -> None:
    use = ways(authority.identity(), tmp_path)[way]
    server = contexts.blank_context()
    assert not accepted(server)
    if where == "context":
        use(server)
    assert accepted(server, use if where == "connection" else None)


def test_der(tmp_path: Path) -> None:
    who = authority.self_signed()
    server = contexts.blank_context()
    server.use_certificate_pem(who.der, who.key_der)
    client = contexts.client_context(verify=False)
    ends = pump.connected(server, client)
    shown = ends.client.get_peer_certificate()
    assert shown is not None
    assert shown.to_cryptography() == who.certificate


def test_the_contexts_callback_knows_the_password() -> None:
    who = authority.identity()
    server = contexts.blank_context()
    server.set_passwd_cb(lambda *_: PASSPHRASE)
    server.use_certificate_pem(who.chain_pem, who.key_pem_encrypted)
    assert accepted(server)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((b"", b""), crypto.Error),
        ((b"nothing", b"nothing"), crypto.Error),
        ((authority.identity().chain_pem,), crypto.Error),
        ((authority.identity().chain_pem, authority.stranger().key_pem), SSL.Error),
        ((authority.identity().chain_pem, authority.identity("rsa").key_pem), SSL.Error),
        ((authority.identity().chain_pem, authority.identity().key_pem_encrypted), crypto.Error),
        (
            (authority.identity().chain_pem, authority.identity().key_pem_encrypted, "wrong"),
            crypto.Error,
        ),
        ((authority.identity().chain_pem + b"-----BEGIN CERTIFICATE-----\nx",), crypto.Error),
        ((None, None), TypeError),
        ((authority.identity().chain_pem, 5), TypeError),
        ((authority.identity().chain_pem, authority.identity().key_pem_encrypted, 5), TypeError),
    ],
)
@pytest.mark.parametrize("where", ["context", "connection"])
def test_what_is_refused_changes_nothing(
    arguments: tuple[object, ...], kind: type[Exception], where: str
) -> None:
    server = contexts.server_context()

    def attempt(target: Target) -> None:
        with pytest.raises(kind):
            target.use_certificate_pem(*arguments)  # type: ignore[arg-type]

    if where == "context":
        attempt(server)
    assert accepted(server, attempt if where == "connection" else None)


@pytest.mark.parametrize("password", [None, "wrong", b"wrong"])
def test_an_archive_that_cannot_be_opened(password: str | bytes | None, tmp_path: Path) -> None:
    server = contexts.server_context()
    data = archive(authority.stranger(), tmp_path)
    with pytest.raises(crypto.Error):
        server.use_pkcs12(data, password)
    with pytest.raises(crypto.Error):
        server.use_pkcs12(data[:-5], "secret")
    with pytest.raises(ValueError, match="NUL"):
        server.use_pkcs12(data, "sec\0ret")
    assert accepted(server)


@pytest.mark.parametrize("password", ["secret", "", "\N{SNOWMAN}"])
@pytest.mark.parametrize("kind", ["AES-256-CBC", "PBE-SHA1-3DES", "NONE"])
@pytest.mark.parametrize("given", [str.encode, lambda _: b"wrong", lambda _: None])
@pytest.mark.holds("A6")
def test_an_archive_without_a_mac(
    given: Callable[[str], bytes | None], kind: str, password: str, tmp_path: Path
) -> None:
    """What is encrypted opens by its passphrase alone; to what is not, none may be given.

    Else whoever can write the file could leave out the MAC that the passphrase is asked for.
    """
    options = f"-nomac -keypbe {kind} -certpbe {kind}"
    data = archive(authority.identity(), tmp_path, password, options)
    phrase = given(password)
    if not phrase if kind == "NONE" else (phrase or b"") == password.encode():
        loaded = crypto.load_pkcs12(data, phrase)
        assert loaded.get_privatekey() is not None
        assert loaded.get_certificate() is not None
        server = contexts.blank_context()
        server.use_pkcs12(data, phrase)
        assert accepted(server)
    else:
        with pytest.raises(crypto.Error):
            crypto.load_pkcs12(data, phrase)
        with pytest.raises(crypto.Error):
            contexts.blank_context().use_pkcs12(data, phrase)


def test_an_archive_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "no key.p12"
    subprocess.run(
        [
            *("openssl", "pkcs12", "-export", "-nokeys", "-passout", "pass:secret", "-out", path),
            *("-in", authority.identity().files.certificate),
        ],
        check=True,
        capture_output=True,
    )
    with pytest.raises(crypto.Error, match="not both"):
        contexts.blank_context().use_pkcs12(path.read_bytes(), "secret")


def test_a_context_in_use_is_renewed_at_one_moment() -> None:
    server = contexts.server_context()
    client = contexts.client_context(verify=False)
    first = pump.connected(server, client)
    who = authority.expired()
    server.use_certificate_pem(who.chain_pem, who.key_pem)
    second = pump.connected(server, client)
    names = []
    for ends in (first, second):
        shown = ends.client.get_peer_certificate()
        assert shown is not None
        names.append(shown.get_subject().CN)
    assert names == ["server", "expired"]
    server.check_privatekey()


# ---- several kinds

KINDS: list[authority.Kind] = ["rsa", "ecdsa"]


def several() -> SSL.Context:
    server = contexts.blank_context("TLSv1.2")
    for kind in KINDS:
        who = authority.identity(kind)
        server.use_certificate_pem(who.chain_pem, who.key_pem)
    return server


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_chain(kind: authority.Kind) -> None:
    server = several()
    client = contexts.client_context(version="TLSv1.2")
    client.set_cipher_list(b"ECDHE+aRSA" if kind == "rsa" else b"ECDHE+aECDSA")
    ends = pump.connected(server, client)
    shown = ends.client.get_peer_certificate()
    assert shown is not None
    assert shown.to_cryptography() == authority.identity(kind).certificate
    assert len(ends.client.get_peer_cert_chain() or []) == 2


def test_what_is_set_can_be_read_back() -> None:
    blank = contexts.blank_context()
    assert blank.get_certificate() is None
    assert blank.get_privatekey() is None
    assert blank.get_chain() == []
    assert blank.get_certificates() == []
    server = several()
    names = {
        authority.identity(kind).certificate for kind in authority.KINDS[:0] or ("rsa", "ecdsa")
    }
    found = server.get_certificates()
    assert {leaf.to_cryptography() for leaf, _chain in found} == names
    assert [len(chain) for _leaf, chain in found] == [1, 1]
    for kind in KINDS:
        who = authority.identity(kind)
        server.select_certificate(who.certificate)
        current = server.get_certificate()
        assert current is not None
        assert current.to_cryptography() == who.certificate
        key = server.get_privatekey()
        assert key is not None
        assert crypto.dump_privatekey(crypto.FILETYPE_ASN1, key)
        assert key.to_cryptography_key().public_key() == who.private_key.public_key()
        (chain,) = server.get_chain()
        assert chain.to_cryptography() == who.intermediates[0]
        server.get_certificates()
        again = server.get_certificate()
        assert again is not None
        assert again.to_cryptography() == who.certificate
    with pytest.raises(ValueError, match="not set"):
        server.select_certificate(authority.stranger().certificate)
    with pytest.raises(TypeError):
        server.select_certificate(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["context", "connection"])
def test_a_chain_is_cleared_and_added_to(where: str) -> None:
    who = authority.identity()
    server = contexts.blank_context()
    server.use_certificate_pem(who.chain_pem, who.key_pem)
    assert accepted(server)

    def clear(target: Target) -> None:
        target.clear_chain()

    def add(target: Target) -> None:
        target.clear_chain()
        target.add_chain_cert(who.intermediates[0])

    for change, good in ((clear, False), (add, True)):
        if where == "context":
            change(server)
        assert accepted(server, change if where == "connection" else None) is good


def test_extra_certificates_are_cleared_too() -> None:
    who = authority.identity()
    server = contexts.blank_context()
    server.use_certificate(who.certificate)
    server.use_privatekey(who.private_key)
    server.add_extra_chain_cert(who.intermediates[0])
    assert len(server.get_chain()) == 1
    assert accepted(server)
    server.clear_chain()
    assert server.get_chain() == []
    assert not accepted(server)


def test_a_chain_without_a_certificate() -> None:
    with pytest.raises(SSL.Error):
        contexts.blank_context().add_chain_cert(authority.identity().intermediates[0])


def test_a_client_without_its_contexts_certificate() -> None:
    server = contexts.server_context(ask_client=True)
    client = contexts.client_context(authority.client_identity())
    ends = pump.pair(server, client)
    ends.client.clear_certificates()
    pump.handshake(*ends)
    assert ends.server.get_peer_certificate() is None
    other = pump.connected(server, client)
    assert other.server.get_peer_certificate() is not None


def test_another_program_sees_the_whole_chain(tmp_path: Path) -> None:
    server = contexts.blank_context()
    server.use_pkcs12(archive(authority.identity(), tmp_path), "secret")
    with (
        sockets.ThreadedServer(server, sockets.echo) as running,
        peers.openssl_client(running.port) as client,
    ):
        client.say(b"over the wire\n")
        client.expect("over the wire")
        assert client.finish() == 0


# ---- new keys


@pytest.mark.parametrize(
    ("arguments", "name", "bits"),
    [
        (("EC",), "EC", 256),
        (("EC", "P-384"), "EC", 384),
        (("EC", 521), "EC", 521),
        (("ec", "secp256k1"), "EC", 256),
        (("ED25519",), "ED25519", 256),
        (("Ed448",), "ED448", 456),
        (("X25519",), "X25519", 253),
        (("RSA", 2048), "RSA", 2048),
    ],
)
def test_keys_of_every_kind(arguments: tuple[object, ...], name: str, bits: int) -> None:
    key = crypto.PKey()
    key.generate_key(*arguments)  # type: ignore[call-overload]
    assert key.type_name() == name
    assert key.bits() == bits
    other = crypto.PKey()
    other.generate_key(*arguments)  # type: ignore[call-overload]
    dumps = [crypto.dump_privatekey(crypto.FILETYPE_ASN1, each) for each in (key, other)]
    assert dumps[0] != dumps[1]


def test_post_quantum_keys() -> None:
    key = crypto.PKey()
    if SSL.OPENSSL_VERSION_NUMBER < 0x30500000:
        with pytest.raises(NotImplementedError, match="3.5"):
            key.generate_key("ML-DSA-65")
        return
    key.generate_key("ML-DSA-65")
    assert key.type_name() == "ML-DSA-65"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("no such kind",), crypto.Error),
        (("EC", "no such curve"), crypto.Error),
        (("EC", 5), ValueError),
        (("ED25519", 256), ValueError),
        (("RSA",), TypeError),
        (("EC", "P-256\0"), ValueError),
        (("ED25519\0",), ValueError),
        ((None, 5), TypeError),
    ],
)
def test_a_key_stays_what_it_was(arguments: tuple[object, ...], kind: type[Exception]) -> None:
    key = crypto.PKey()
    key.generate_key("EC")
    before = crypto.dump_privatekey(crypto.FILETYPE_ASN1, key)
    with pytest.raises(kind):
        key.generate_key(*arguments)  # type: ignore[call-overload]
    assert crypto.dump_privatekey(crypto.FILETYPE_ASN1, key) == before


def test_a_new_key_serves() -> None:
    for kind in ("EC", "ED25519"):
        key = crypto.PKey()
        key.generate_key(kind)
        certificate = crypto.X509()
        certificate.get_subject().CN = "new"
        certificate.set_issuer(certificate.get_subject())
        certificate.set_serial_number(1)
        certificate.gmtime_adj_notBefore(0)
        certificate.gmtime_adj_notAfter(3600)
        certificate.set_pubkey(key)
        certificate.sign(key, None if kind == "ED25519" else "sha256")
        server = contexts.blank_context()
        server.use_certificate_and_key(certificate, key)
        client = contexts.blank_context()
        client.load_verify_data(crypto.dump_certificate(crypto.FILETYPE_PEM, certificate))
        client.set_verify(SSL.VERIFY_PEER)
        assert pump.handshake_outcome(*pump.pair(server, client)) == (None, None)


# ---- asking what a peer would take


def test_the_peer_says_what_it_takes() -> None:
    found: list[int] = []
    who, other = authority.identity(), authority.identity("rsa")

    def choose(end: SSL.Connection) -> None:
        for each in (who, other):
            certificate = crypto.X509.from_cryptography(each.certificate)
            key = crypto.PKey.from_cryptography_key(each.private_key)
            found.append(end.check_chain(certificate, key))

    server = contexts.server_context()
    server.set_cert_callback(choose)
    client = contexts.client_context()
    client.set_sigalgs_list("ECDSA+SHA256")
    ends = pump.pair(server, client)
    pump.handshake(*ends)
    assert found[0] & SSL.CERT_PKEY_VALID
    assert not found[1] & SSL.CERT_PKEY_VALID

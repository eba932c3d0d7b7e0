"""Keys and certificates by URI: files here, and a token of SoftHSM in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit import apart, authority, contexts, elsewhere, pump, tokens
from OpenSSL import SSL, crypto


def uri_of(path: Path) -> str:
    return f"file:{path}"


# ---- files


@pytest.mark.parametrize("kind", authority.KINDS)
def test_a_key_in_a_file(kind: authority.Kind) -> None:
    who = authority.identity(kind)
    for path in (who.files.key, who.files.key_der, who.files.combined):
        key = crypto.PKey.from_uri(uri_of(path))
        assert crypto.dump_privatekey(crypto.FILETYPE_ASN1, key) == crypto.dump_privatekey(
            crypto.FILETYPE_ASN1, crypto.load_privatekey(crypto.FILETYPE_PEM, who.key_pem)
        )


@pytest.mark.parametrize("phrase", [authority.PASSPHRASE, lambda twice: authority.PASSPHRASE])
def test_an_encrypted_key(phrase: Any) -> None:
    uri = uri_of(authority.identity().files.key_encrypted)
    assert crypto.PKey.from_uri(uri, phrase).bits() == 256


def test_a_passphrase_that_is_wrong_missing_or_fails() -> None:
    uri = uri_of(authority.identity().files.key_encrypted)
    with pytest.raises(crypto.Error):
        crypto.PKey.from_uri(uri, b"wrong")
    with pytest.raises(crypto.Error):
        crypto.PKey.from_uri(uri)  # and nobody is prompted

    def forgotten(twice: bool) -> bytes:
        raise LookupError("forgotten")

    with pytest.raises(LookupError, match="forgotten"):
        crypto.PKey.from_uri(uri, forgotten)
    with pytest.raises(TypeError):
        crypto.PKey.from_uri(uri, 7)  # type: ignore[arg-type]


def test_places_without_one_key(tmp_path: Path) -> None:
    who = authority.identity()
    with pytest.raises(crypto.Error, match="no private keys"):
        crypto.PKey.from_uri(uri_of(who.files.certificate))
    several = tmp_path / "several.pem"
    several.write_bytes(who.key_pem + authority.identity("rsa").key_pem)
    with pytest.raises(crypto.Error, match="2 private keys"):
        crypto.PKey.from_uri(uri_of(several))
    # A provider that has made a copy for its own use shows both.
    several.write_bytes(who.key_pem * 2)
    assert crypto.PKey.from_uri(uri_of(several)).bits() == 256
    junk = tmp_path / "junk.pem"
    junk.write_bytes(b"-----BEGIN PRIVATE KEY-----\nMIG2AgEA\n-----END PRIVATE KEY-----\n")
    for uri in (uri_of(junk), uri_of(tmp_path / "nothing"), "nobody:knows", "", "\xff"):
        with pytest.raises(crypto.Error):
            crypto.PKey.from_uri(uri)
    for wrong in (None, 1, b"file:x", who.files.key):
        with pytest.raises(TypeError, match="must be text"):
            crypto.PKey.from_uri(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NUL"):
        crypto.PKey.from_uri("file:\0")


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("on", ["context", "connection"])
def test_a_certificate_with_its_key_and_chain(on: str, together: bool) -> None:
    files = authority.identity().files
    uris = [uri_of(files.combined)] if together else [uri_of(files.chain), uri_of(files.key)]
    context = contexts.blank_context()
    server, client = pump.pair(context, contexts.client_context(), b"brisk.test")
    if on == "context":
        context.use_certificate_uri(*uris)
        server, client = pump.pair(context, contexts.client_context(), b"brisk.test")
    else:
        server.use_certificate_uri(*uris)
    pump.handshake(server, client)
    chain = client.get_peer_cert_chain()
    assert chain is not None
    assert len(chain) == 2


def test_a_context_asks_its_own_callback() -> None:
    files = authority.identity().files
    context = contexts.blank_context()
    asked = []

    def phrase(size: int, twice: bool, data: object) -> bytes:
        asked.append(data)
        return authority.PASSPHRASE

    context.set_passwd_cb(phrase, "data")
    context.use_certificate_uri(uri_of(files.chain), uri_of(files.key_encrypted))
    assert set(asked) == {"data"}
    context.use_certificate_uri(
        uri_of(files.chain), uri_of(files.key_encrypted), authority.PASSPHRASE.decode()
    )
    context.check_privatekey()


def test_the_certificate_that_the_key_belongs_to(tmp_path: Path) -> None:
    """A token may hold several of both, in any order."""
    one, other = authority.identity("rsa"), authority.identity()
    path = tmp_path / "all.pem"
    path.write_bytes(other.intermediates_pem + other.pem + one.pem + other.key_pem)
    context = contexts.blank_context()
    context.use_certificate_uri(uri_of(path))
    _, client = pump.connected(context, contexts.client_context())
    chain = client.get_peer_cert_chain()
    assert chain is not None
    assert [each.get_subject().CN for each in chain[:2]] == ["server", "trusted intermediate"]


def test_what_is_not_a_pair() -> None:
    files, stranger = authority.identity().files, authority.stranger().files
    context = contexts.server_context()
    for uris, words in (
        ((uri_of(files.key),), "no certificate"),
        ((uri_of(files.certificate),), "no private key"),
        ((uri_of(files.chain), uri_of(stranger.key)), "belongs to"),
        (("nobody:knows",), "unsupported|unregistered"),
        ((uri_of(files.chain), "nobody:knows"), "unsupported|unregistered"),
    ):
        with pytest.raises((SSL.Error, crypto.Error), match=words):
            context.use_certificate_uri(*uris)
    with pytest.raises(TypeError, match="uri must be text"):
        context.use_certificate_uri(b"file:x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key_uri must be text"):
        context.use_certificate_uri("file:x", b"file:x")  # type: ignore[arg-type]
    # Nothing has changed.
    pump.connected(context, contexts.client_context())


# ---- a token


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> tokens.Token:
    return tokens.make_token(tmp_path_factory.mktemp("token"))


PRELUDE = """
    import json, os, sys
    from pathlib import Path

    surroundings, uri, certificate = json.loads(sys.argv[1])
    os.environ.update(surroundings)     # before anything starts OpenSSL

    from OpenSSL import SSL, crypto
    from kit import contexts, pump

    def refused(place, pin, error):
        # A provider that is refused a PIN may ask at the terminal for itself.
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            crypto.PKey.from_uri(place, pin)
        except error as raised:
            return raised
        finally:
            os.dup2(kept, 2)
        raise AssertionError(place)
"""


@pytest.mark.parametrize("kind", tokens.KEYS)
def test_a_key_in_a_token(token: tokens.Token, kind: str) -> None:
    given = json.dumps(
        [token.surroundings, token.uri(kind), str(elsewhere.files(kind).certificate)]
    )
    apart.run(
        PRELUDE
        + """
    asked = []
    def pin(twice):
        asked.append(twice)
        return b"1234"

    def forgotten(twice):
        raise LookupError("forgotten")

    refused(uri, forgotten, LookupError)
    key = crypto.PKey.from_uri(uri, pin)
    assert asked
    file = crypto.load_certificate(crypto.FILETYPE_PEM, Path(certificate).read_bytes())
    crypto.verify(file, crypto.sign(key, b"data", "sha256"), b"data", "sha256")
    for version in ("TLSv1.2", "TLSv1.3"):
        context = contexts.blank_context(version)
        context.use_certificate(file)
        context.use_privatekey(key)
        client = contexts.blank_context()
        client.load_verify_locations(certificate)
        client.set_verify(SSL.VERIFY_PEER)
        pump.connected(context, client)
        again = contexts.blank_context(version)
        again.use_certificate_uri("file:" + certificate, uri, "1234")
        pump.connected(again, client)
    # The provider has made copies of what was used.
    crypto.verify(
        file, crypto.sign(crypto.PKey.from_uri(uri, pin), b"more", "sha256"), b"more", "sha256")
    archive = crypto.PKCS12()
    archive.set_privatekey(key)
    for call in (
        lambda: crypto.dump_privatekey(crypto.FILETYPE_PEM, key),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes-256-cbc", b"phrase"),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_ASN1, key),
        key.to_cryptography_key,
    ):
        try:
            call()
        except crypto.Error as raised:
            assert "cannot be exported: the provider pkcs11 keeps it" in str(raised), raised
        else:
            raise AssertionError("exported")
    """,
        given,
    )


def test_a_token_that_refuses(token: tokens.Token) -> None:
    given = json.dumps([token.surroundings, token.uri("rsa"), ""])
    apart.run(
        PRELUDE
        + """
    for place, pin in (
        (uri, b"wrong"), (uri, None), (uri.replace("rsa", "nobody"), b"1234"),
        (uri.replace("brisk", "other"), b"1234"),
    ):
        error = refused(place, pin, crypto.Error)
        words = " ".join([str(error), *getattr(error, "__notes__", ())])
        assert place in words, words
        assert "does it name one object" in words or pin is None, words
    many = refused(uri.replace("object=rsa;", ""), b"1234", crypto.Error)
    assert "there are 2 private keys" in str(many)
    dumped = crypto.PKey.from_uri(uri, "1234")
    try:
        crypto.dump_privatekey(crypto.FILETYPE_PEM, dumped)
    except crypto.Error as error:
        assert "the provider pkcs11 keeps it" in str(error), error
    else:
        raise AssertionError("a key left its token")
    """,
        given,
    )

"""What people get wrong: each error says what was given, and what it is instead."""

from __future__ import annotations

import os
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import authority
from OpenSSL import SSL, crypto
from OpenSSL._face.common import contents

FILES = authority.identity().files
RSA = authority.identity("rsa").files
PEM, DER = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1


def client() -> SSL.Context:
    return SSL.Context(SSL.TLS_CLIENT_METHOD)


def memory() -> SSL.Connection:
    return SSL.Connection(client(), None)


def told(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def private_key() -> crypto.PKey:
    return crypto.load_privatekey(PEM, FILES.key.read_bytes())


def certificate() -> crypto.X509:
    return crypto.load_certificate(PEM, authority.identity().pem)


def request() -> bytes:
    made = crypto.X509Req()
    made.get_subject().CN = "somebody"
    made.set_pubkey(private_key())
    made.sign(private_key(), "sha256")
    return crypto.dump_certificate_request(PEM, made)


def archive() -> bytes:
    made = crypto.PKCS12()
    made.set_certificate(certificate())
    made.set_privatekey(private_key())
    return made.export(b"secret")


#: What people have in files, and the words for it.
CONTENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "holds nothing at all"),
    "blanks": (lambda: b"\n \n", "nothing but white space"),
    "a name": (lambda: b"server.pem", "one line of text, as the name of a file would be"),
    "certificate": (lambda: authority.identity().pem, "holds PEM: certificate"),
    "key": (lambda: FILES.key.read_bytes(), "holds PEM: private key"),
    "public key": (lambda: crypto.dump_publickey(PEM, private_key()), "holds PEM: public key"),
    "request": (request, "holds PEM: certificate request"),
    "certificate in DER": (lambda: crypto.dump_certificate(DER, certificate()), "holds DER"),
    "key in DER": (lambda: crypto.dump_privatekey(DER, private_key()), "a private key in DER"),
    "archive": (archive, "a PKCS #12 archive (load_pkcs12)"),
    "noise": (lambda: bytes(range(128, 256)) * 9, "neither PEM nor DER"),
    "curve": (
        lambda: b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
        "set of curve parameters, without a key",
    ),
}
#: What asks for a file or its content, and which of them are right there.
FILE_LOADERS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "certificate": (lambda path: client().use_certificate_file(path), {"certificate"}),
    "chain": (lambda path: client().use_certificate_chain_file(path), {"certificate"}),
    "key": (lambda path: client().use_privatekey_file(path), {"key"}),
    "trust": (lambda path: client().load_verify_locations(path), {"certificate"}),
    "store": (lambda path: crypto.X509Store().load_locations(path), {"certificate"}),
    "authorities": (lambda path: client().load_client_ca(path), {"certificate"}),
    "parameters": (lambda path: client().load_tmp_dh(path), set()),
}
CONTENT_LOADERS: dict[str, tuple[Callable[[bytes], object], set[str]]] = {
    "certificate": (lambda data: crypto.load_certificate(PEM, data), {"certificate"}),
    "certificates": (lambda data: crypto.load_certificates(PEM, data), {"certificate"}),
    "key": (lambda data: crypto.load_privatekey(PEM, data), {"key"}),
    "public key": (lambda data: crypto.load_publickey(PEM, data), {"public key"}),
    "request": (lambda data: crypto.load_certificate_request(PEM, data), {"request"}),
    "revocation list": (lambda data: crypto.load_crl(PEM, data), set()),
    "message": (lambda data: crypto.load_pkcs7_data(PEM, data), set()),
    "archive": (lambda data: crypto.load_pkcs12(data, b"secret"), {"archive"}),
    "archive in use": (lambda data: not client().use_pkcs12(data, b"secret"), {"archive"}),
}


@pytest.mark.parametrize("loader", FILE_LOADERS)
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_file_of_another_kind_is_called_what_it_is(
    loader: str, kind: str, tmp_path: Path
) -> None:
    load, right = FILE_LOADERS[loader]
    make, words = CONTENTS[kind]
    if kind in right:
        return
    path = tmp_path / "that.file"
    path.write_bytes(make())
    with pytest.raises(SSL.Error if loader != "store" else crypto.Error) as caught:
        load(path)
    assert f"the file: {path}, which" in told(caught.value), told(caught.value)
    assert words in told(caught.value), told(caught.value)


@pytest.mark.parametrize("loader", CONTENT_LOADERS)
@pytest.mark.parametrize("kind", CONTENTS)
def test_content_of_another_kind_is_called_what_it_is(loader: str, kind: str) -> None:
    load, right = CONTENT_LOADERS[loader]
    make, words = CONTENTS[kind]
    if kind in right:
        assert load(make())
        return
    with pytest.raises(crypto.Error) as caught:
        load(make())
    assert "what was given holds" in told(caught.value), told(caught.value)
    assert words in told(caught.value), told(caught.value)


def test_a_passphrase_is_not_taken_for_another_kind_of_content(tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    locked.write_bytes(crypto.dump_privatekey(PEM, private_key(), "aes128", b"right"))
    for call in (
        lambda: crypto.load_privatekey(PEM, locked.read_bytes(), b"wrong"),
        lambda: crypto.load_privatekey(PEM, locked.read_bytes()),
        lambda: client().use_privatekey_file(locked),
        lambda: crypto.load_pkcs12(archive(), b"wrong"),
    ):
        with pytest.raises((SSL.Error, crypto.Error)) as caught:
            call()
        assert "pass" in told(caught.value)
        assert "holds" not in told(caught.value), told(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_regular_file_is_not_read_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert contents._beginning(str(pipe)) is None
    assert contents._beginning("/dev/zero") is None
    assert contents._beginning(str(tmp_path)) is None


@pytest.mark.parametrize("loader", FILE_LOADERS)
def test_content_in_the_place_of_a_name_is_not_repeated(loader: str) -> None:
    secret = FILES.key.read_bytes()
    load, _ = FILE_LOADERS[loader]
    with pytest.raises((SSL.Error, crypto.Error)) as caught:
        load(secret)  # type: ignore[arg-type]  # that is the point
    shown = told(caught.value) + repr(caught.value.errors)
    assert secret.splitlines()[1].decode() not in shown
    assert "the content of a file was given where its name is asked for" in shown


@pytest.mark.differs("load_verify_locations(None, capath)")
@pytest.mark.parametrize("kind", ["missing", "file", "unprepared"])
def test_a_folder_of_authorities_that_is_none_is_told(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_bytes(b"")
    if kind == "unprepared":
        place.mkdir()
        (place / "ca.pem").write_bytes(authority.identity().pem)
    words = f"openssl rehash {place}" if kind == "unprepared" else f"is not a folder: {place}"
    for load in (client().load_verify_locations, crypto.X509Store().load_locations):
        with pytest.warns(RuntimeWarning, match=words) as caught:
            load(None, place)
        assert caught[0].filename == __file__


@pytest.mark.parametrize("name", ["01234567.0", "01234567.r0"])
def test_a_folder_that_is_prepared_is_quiet(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(authority.identity().pem)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client().load_verify_locations(None, tmp_path)
        client().load_verify_locations(None, f"{tmp_path}{os.pathsep}{tmp_path}")
    with pytest.warns(RuntimeWarning, match="nope"):
        client().load_verify_locations(None, f"{tmp_path}{os.pathsep}{tmp_path}/nope")


#: Words that are wrong in themselves, and what of them has to be named.
WORDS: dict[str, tuple[Callable[[], object], str]] = {
    "cipher": (lambda: client().set_cipher_list(b"NOPE"), "given: 'NOPE'"),
    "cipher of 1.3": (
        lambda: client().set_cipher_list(b"TLS_AES_128_GCM_SHA256"),
        "given: 'TLS_AES_128_GCM_SHA256'",
    ),
    "suite": (lambda: client().set_tls13_ciphersuites(b"AES"), "given: 'AES'"),
    "cipher of a connection": (lambda: memory().set_cipher_list(b"NOPE"), "given: 'NOPE'"),
    "suite of a connection": (lambda: memory().set_tls13_ciphersuites(b"AES"), "given: 'AES'"),
    "group": (lambda: client().set_groups_list("X25519:NOPE"), "NOPE"),
    "signature": (lambda: client().set_sigalgs_list("rsa_pss_rsae_sha256:NOPE"), "twice: NOPE"),
    "version": (lambda: client().set_min_proto_version(12), "version 12; SSL.TLS1_2_VERSION"),
    "URL": (lambda: memory().set_host("http://x/"), "'http://x/' (of a URL the host alone"),
    "port": (lambda: memory().set_host("host:443"), "'host:443' (without the port)"),
    "brackets": (lambda: memory().set_host("[::1]:443"), "without brackets and port"),
    "number": (lambda: memory().set_host("256.1.1.1"), "'256.1.1.1'"),
    "beyond ASCII": (lambda: memory().set_host("bücher.test"), "IDNA first: 'bücher.test'"),
}


@pytest.mark.parametrize("name", WORDS)
def test_what_was_given_is_named(name: str) -> None:
    call, words = WORDS[name]
    with pytest.raises((SSL.Error, ValueError)) as caught:
        call()
    assert words in told(caught.value), told(caught.value)


#: Objects of the wrong kind, most of them in each other's place.
KINDS: dict[str, tuple[Callable[[], object], str]] = {
    "mode": (lambda: client().set_verify("PEER"), "not str"),  # type: ignore[arg-type]
    "hook": (lambda: client().set_info_callback(5), "not int"),  # type: ignore[arg-type]
    "context": (lambda: SSL.Connection("x"), "Context instance, not str"),  # type: ignore[arg-type]
    "context of ssl": (
        lambda: SSL.Connection(ssl.create_default_context()),  # type: ignore[arg-type]
        "not SSLContext",
    ),
    "session": (lambda: memory().set_session(b"x"), "Session instance, not bytes"),  # type: ignore[arg-type]
    "path to a store": (
        lambda: crypto.X509Store().add_cert("ca.pem"),  # type: ignore[arg-type]
        "not str; load_certificate makes one",
    ),
    "content to dump": (
        lambda: crypto.dump_certificate(PEM, b"x"),  # type: ignore[arg-type]
        "not bytes; load_certificate makes one",
    ),
    "URI": (lambda: crypto.PKey.from_uri(b"file:x"), "text, not bytes"),  # type: ignore[arg-type]
    "URI of a pair": (lambda: client().use_certificate_uri(5), "text, not int"),  # type: ignore[arg-type]
    "signer": (lambda: crypto.PKey.from_signer(certificate(), 5), "not int"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", KINDS)
def test_a_wrong_kind_is_called_by_its_name(name: str) -> None:
    call, words = KINDS[name]
    with pytest.raises(TypeError) as caught:
        call()
    assert words in str(caught.value)


def test_a_signer_is_no_coroutine_function() -> None:
    async def sign(algorithm: object, message: bytes) -> bytes:
        return b""

    with pytest.raises(TypeError, match="cannot wait for a coroutine$"):
        crypto.PKey.from_signer(certificate(), sign)  # type: ignore[arg-type]


def test_uris_are_named_and_pins_are_not(tmp_path: Path) -> None:
    with pytest.raises(crypto.Error, match="no private keys") as caught:
        crypto.PKey.from_uri(str(FILES.certificate))
    assert f"the URI: '{FILES.certificate}'" in told(caught.value)
    with pytest.raises(crypto.Error, match="belongs to a certificate") as caught:
        client().use_certificate_uri(str(FILES.certificate), str(RSA.key))
    assert str(FILES.certificate) in told(caught.value)
    assert str(RSA.key) in told(caught.value)
    error = contents.of_uris("nothing", b"pkcs11:token=x?pin-value=1234")
    assert "pin-value=..." in told(error)
    assert "1234" not in told(error)
    assert "Where a PIN is wrong" in told(error)
    with pytest.raises(crypto.Error) as caught:
        crypto.PKey.from_uri("pkcs11:token=x?pin-value=1234")
    assert "1234" not in told(caught.value) + repr(caught.value.errors)
    assert "OPENSSL_CONF" in told(caught.value)


def test_a_path_after_the_scheme_of_files_is_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FILES.key.parent)
    assert crypto.PKey.from_uri(FILES.key.name).bits()
    try:
        crypto.PKey.from_uri(f"file:{FILES.key.name}")
    except crypto.Error as error:
        assert "without file:" in told(error)
    else:
        assert SSL.OPENSSL_VERSION_NUMBER >= 0x40000000  # it takes any path


def test_a_passphrase_for_a_uri_may_be_text() -> None:
    phrase = authority.PASSPHRASE.decode()
    assert crypto.PKey.from_uri(f"file:{FILES.key_encrypted}", phrase).bits()

"""Keys: making, files, passphrases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit import authority
from OpenSSL import SSL, crypto

PEM, DER, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT


@pytest.fixture(scope="module")
def key() -> crypto.PKey:
    made = crypto.PKey()
    made.generate_key(crypto.TYPE_RSA, 2048)
    return made


@pytest.fixture(scope="module")
def locked(key: crypto.PKey) -> bytes:
    return crypto.dump_privatekey(PEM, key, "aes-256-cbc", b"secret\0tail")


def test_a_passphrase_counts_beyond_its_nul_byte(locked: bytes) -> None:
    assert crypto.load_privatekey(PEM, locked, b"secret\0tail").bits() == 2048
    with pytest.raises(crypto.Error):
        crypto.load_privatekey(PEM, locked, b"secret")


def test_a_callable_is_asked_once_and_told_the_direction(key: crypto.PKey) -> None:
    asked: list[bool] = []

    def phrase(writing: bool) -> bytes:
        asked.append(writing)
        return b"word"

    pem = crypto.dump_privatekey(PEM, key, "aes-128-cbc", phrase)
    crypto.load_privatekey(PEM, pem, phrase)
    assert asked == [True, False]


@pytest.mark.differs("a passphrase callback's BaseException")
@pytest.mark.parametrize("kind", [ArithmeticError, KeyboardInterrupt, SystemExit])
def test_what_a_callable_raises_comes_out(locked: bytes, kind: type[BaseException]) -> None:
    def phrase(writing: bool) -> bytes:
        raise kind

    with pytest.raises(kind):
        crypto.load_privatekey(PEM, locked, phrase)


@pytest.mark.parametrize("given", [b"x" * 1025, lambda writing: b"x" * 1025, lambda writing: "no"])
def test_bad_passphrases_are_refused(
    key: crypto.PKey, locked: bytes, given: bytes | Callable[[bool], bytes]
) -> None:
    with pytest.raises(ValueError, match="too long|Bytes expected"):
        crypto.load_privatekey(PEM, locked, given)
    with pytest.raises(ValueError, match="too long|Bytes expected"):
        crypto.dump_privatekey(PEM, key, "aes-128-cbc", given)


@pytest.mark.differs("PKey.generate_key that fails")
def test_a_failed_generation_leaves_the_key(key: crypto.PKey) -> None:
    before = crypto.dump_publickey(DER, key)
    with pytest.raises(crypto.Error) as caught:
        key.generate_key(crypto.TYPE_RSA, 2**30)
    assert caught.value.args[0]
    assert crypto.dump_publickey(DER, key) == before


def test_an_empty_or_public_key_is_not_written(key: crypto.PKey) -> None:
    public = crypto.load_publickey(DER, crypto.dump_publickey(DER, key))
    for one in (crypto.PKey(), public):
        for filetype in (PEM, DER):
            with pytest.raises(crypto.Error):
                crypto.dump_privatekey(filetype, one)
    with pytest.raises(crypto.Error):
        crypto.dump_publickey(PEM, crypto.PKey())


@pytest.mark.differs("algorithm names with a NUL byte")
def test_a_cipher_name_with_a_nul_byte_is_refused(key: crypto.PKey) -> None:
    with pytest.raises(ValueError, match="Invalid cipher name"):
        crypto.dump_privatekey(PEM, key, "aes-128-cbc\0x", b"word")


@pytest.mark.differs("errors")
@pytest.mark.parametrize("buffer", [b"", b"\0", b"-----BEGIN PRIVATE KEY-----\n", b"\x30\x80"])
@pytest.mark.parametrize("filetype", [PEM, DER])
def test_rubbish_is_an_error_that_says_something(filetype: int, buffer: bytes) -> None:
    for load in (crypto.load_privatekey, crypto.load_publickey, crypto.load_certificate):
        with pytest.raises(crypto.Error) as caught:
            load(filetype, buffer)
        assert caught.value.args[0]


def test_signatures_hold_and_fail(key: crypto.PKey) -> None:
    certificate = crypto.X509()
    certificate.set_pubkey(key)
    signature = crypto.sign(key, b"data", "sha256")
    crypto.verify(certificate, signature, b"data", "sha256")
    for wrong in ((signature, b"date"), (signature[:-1], b"data"), (b"", b"data")):
        with pytest.raises(crypto.Error) as caught:
            crypto.verify(certificate, *wrong, "sha256")
        assert caught.value.args[0]
    with pytest.raises(ValueError, match="No such digest method"):
        crypto.sign(key, b"data", "monkeys")


def test_a_signed_public_key_proves_itself(key: crypto.PKey) -> None:
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(key)
    spki.sign(key, "sha256")
    assert spki.verify(spki.get_pubkey())
    assert len(spki.b64_encode()) > 300


@pytest.mark.differs("load_privatekey of an encrypted")
def test_nobody_is_prompted() -> None:
    with pytest.raises(crypto.Error):
        crypto.load_privatekey(crypto.FILETYPE_PEM, authority.identity().key_pem_encrypted)


LOADERS = {
    "CERTIFICATE": crypto.load_certificate,
    "CERTIFICATE REQUEST": crypto.load_certificate_request,
    "X509 CRL": crypto.load_crl,
    "PUBLIC KEY": crypto.load_publickey,
    "PKCS7": crypto.load_pkcs7_data,
}


@pytest.mark.parametrize("kind", LOADERS)
def test_nobody_is_prompted_for_what_says_that_it_is_encrypted(kind: str) -> None:
    locked = (
        f"-----BEGIN {kind}-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        f"AAAAAAAAAAAAAAAAAAAAAA==\n-----END {kind}-----\n"
    ).encode()
    with pytest.raises(crypto.Error, match="bad password read"):
        LOADERS[kind](crypto.FILETYPE_PEM, locked)


def test_nobody_is_prompted_for_authorities(tmp_path: Path) -> None:
    locked = tmp_path / "locked.pem"
    locked.write_text(
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n"
    )
    with pytest.raises(SSL.Error, match="bad password read"):
        SSL.Context(SSL.TLS_METHOD).load_client_ca(locked)

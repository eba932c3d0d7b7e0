"""Requests, extensions and PKCS #12 archives."""

from __future__ import annotations

import pytest

from OpenSSL import crypto


@pytest.fixture(scope="module")
def key() -> crypto.PKey:
    made = crypto.PKey()
    made.generate_key(crypto.TYPE_RSA, 2048)
    return made


def self_signed(key: crypto.PKey) -> crypto.X509:
    made = crypto.X509()
    made.get_subject().CN = "example"
    made.set_issuer(made.get_subject())
    made.gmtime_adj_notBefore(0)
    made.gmtime_adj_notAfter(3600)
    made.set_pubkey(key)
    made.sign(key, "sha256")
    return made


@pytest.mark.differs("X509Req.add_extensions twice")
@pytest.mark.parametrize("filetype", [crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1])
def test_a_request_survives_its_file(key: crypto.PKey, filetype: int) -> None:
    made = crypto.X509Req()
    made.get_subject().CN = "example"
    made.set_pubkey(key)
    assert made.get_extensions() == []
    made.add_extensions([crypto.X509Extension(b"basicConstraints", True, b"CA:FALSE")])
    made.add_extensions([crypto.X509Extension(b"subjectAltName", False, b"DNS:a.example")])
    made.sign(key, "sha256")
    again = crypto.load_certificate_request(
        filetype, crypto.dump_certificate_request(filetype, made)
    )
    assert again.verify(again.get_pubkey())
    found = [(one.get_short_name(), str(one)) for one in again.get_extensions()]
    assert found == [(b"basicConstraints", "CA:FALSE"), (b"subjectAltName", "DNS:a.example")]
    again.get_subject().CN = "changed"
    with pytest.raises(crypto.Error):
        again.verify(again.get_pubkey())


@pytest.mark.differs("X509Extension and PKCS12 with")
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        (b"no such name", b"x", crypto.Error),
        (b"basicConstraints", b"rubbish", crypto.Error),
        (b"subjectAltName", b"DNS:a\0b", ValueError),
        (b"subjectAltName\0", b"DNS:a", ValueError),
        ("subjectAltName", b"DNS:a", TypeError),
        (b"subjectAltName", b"@section", crypto.Error),
    ],
)
def test_bad_extensions_are_refused(name: bytes, value: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        crypto.X509Extension(name, False, value)


@pytest.mark.differs("X509Extension and PKCS12 with")
def test_an_archive_gives_back_what_it_was_given(key: crypto.PKey) -> None:
    archive = crypto.PKCS12()
    certificate = self_signed(key)
    archive.set_privatekey(key)
    archive.set_certificate(certificate)
    archive.set_ca_certificates([certificate])
    archive.set_friendlyname(b"friend")
    data = archive.export(b"word")
    again = crypto.load_pkcs12(data, b"word")
    found, loaded, others = (
        again.get_privatekey(),
        again.get_certificate(),
        again.get_ca_certificates(),
    )
    assert found is not None
    assert loaded is not None
    assert others is not None
    assert crypto.dump_publickey(2, found) == crypto.dump_publickey(2, key)
    assert [one.digest("sha256") for one in (loaded, *others)] == [certificate.digest("sha256")] * 2
    assert again.get_friendlyname() == b"friend"
    with pytest.raises(crypto.Error):
        crypto.load_pkcs12(data, b"wrong")
    with pytest.raises(ValueError, match="NUL"):
        crypto.load_pkcs12(data, b"word\0")
    with pytest.raises(ValueError, match="NUL"):
        archive.export(b"word\0")


def archive_without_a_leaf(key: crypto.PKey, other: crypto.X509) -> bytes:
    archive = crypto.PKCS12()
    archive.set_privatekey(key)
    archive.set_ca_certificates([other])
    return archive.export(b"word")


def test_an_archive_may_have_no_certificate_for_its_key(key: crypto.PKey) -> None:
    stranger = crypto.PKey()
    stranger.generate_key(crypto.TYPE_RSA, 2048)
    again = crypto.load_pkcs12(archive_without_a_leaf(stranger, self_signed(key)), b"word")
    assert again.get_privatekey() is not None
    assert again.get_certificate() is None
    assert len(again.get_ca_certificates() or ()) == 1


def test_a_certificate_that_may_be_the_keys_is_not_passed_over(key: crypto.PKey) -> None:
    rsa, unknown = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017f")
    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, self_signed(key))
    # As it is when there was no memory to read the certificate's key.
    illegible = crypto.load_certificate(crypto.FILETYPE_ASN1, der.replace(rsa, unknown, 1))
    data = archive_without_a_leaf(key, illegible)
    with pytest.raises(crypto.Error, match="cannot be told from the others"):
        crypto.load_pkcs12(data, b"word")


def test_an_archive_of_strangers_is_refused(key: crypto.PKey) -> None:
    stranger = crypto.PKey()
    stranger.generate_key(crypto.TYPE_RSA, 2048)
    archive = crypto.PKCS12()
    archive.set_privatekey(stranger)
    archive.set_certificate(self_signed(key))
    with pytest.raises(crypto.Error):
        archive.export(b"word")


def test_an_extension_request_that_is_no_list_is_not_an_empty_one(key: crypto.PKey) -> None:
    request = crypto.X509Req()
    request.get_subject().CN = "brisk.test"
    request.set_pubkey(key)
    request.add_extensions([crypto.X509Extension(b"basicConstraints", False, b"CA:FALSE")])
    request.sign(key, "sha256")
    data = crypto.dump_certificate_request(crypto.FILETYPE_ASN1, request)
    # The attribute's only value becomes a SET where there was a SEQUENCE.
    place = data.index(bytes.fromhex("06092a864886f70d01090e")) + 11
    spoilt = bytearray(data)
    assert spoilt[place] == 0x31
    assert spoilt[place + 2] == 0x30
    spoilt[place + 2] = 0x31
    loaded = crypto.load_certificate_request(crypto.FILETYPE_ASN1, bytes(spoilt))
    with pytest.raises(crypto.Error, match="malformed extensions|wrong type"):
        loaded.get_extensions()
    with pytest.raises(crypto.Error, match="malformed extensions|wrong type"):
        loaded.add_extensions([])


def test_extensions_are_added_all_or_none() -> None:
    made = crypto.X509()
    good = crypto.X509Extension(b"basicConstraints", True, b"CA:false")
    never = crypto.X509Extension.__new__(crypto.X509Extension)
    with pytest.raises(ValueError):
        made.add_extensions([good, never])
    assert made.get_extension_count() == 0

"""Certificates: fields, times, files; right or refused."""

from __future__ import annotations

import gc
import sys

import pytest

from kit import apart, authority
from OpenSSL import crypto


@pytest.fixture(scope="module")
def key() -> crypto.PKey:
    made = crypto.PKey()
    made.generate_key(crypto.TYPE_RSA, 2048)
    return made


def self_signed(key: crypto.PKey, common_name: str = "example.org") -> crypto.X509:
    made = crypto.X509()
    made.set_version(2)
    made.set_serial_number(1)
    made.get_subject().CN = common_name
    made.set_issuer(made.get_subject())
    made.gmtime_adj_notBefore(0)
    made.gmtime_adj_notAfter(3600)
    made.set_pubkey(key)
    made.sign(key, "sha256")
    return made


@pytest.mark.parametrize("filetype", [crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1])
def test_a_certificate_survives_its_file(key: crypto.PKey, filetype: int) -> None:
    made = self_signed(key)
    again = crypto.load_certificate(filetype, crypto.dump_certificate(filetype, made))
    assert again.get_subject().CN == "example.org"
    assert again.digest("sha256") == made.digest("sha256")


@pytest.mark.differs("X509.set_serial_number(-1)")
@pytest.mark.parametrize("serial", [0, 1, -1, -128, -129, 2**64, -(2**70), 2**159 + 3])
def test_serial_numbers_of_any_sign_survive(key: crypto.PKey, serial: int) -> None:
    made = self_signed(key)
    made.set_serial_number(serial)
    made.sign(key, "sha256")
    data = crypto.dump_certificate(crypto.FILETYPE_ASN1, made)
    assert crypto.load_certificate(crypto.FILETYPE_ASN1, data).get_serial_number() == serial


@pytest.mark.differs("X509, X509Name, ... attributes")
def test_a_name_writes_through_to_a_loaded_certificate(key: crypto.PKey) -> None:
    data = crypto.dump_certificate(crypto.FILETYPE_ASN1, self_signed(key))
    loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, data)
    loaded.get_subject().CN = "changed.example"
    changed = crypto.dump_certificate(crypto.FILETYPE_ASN1, loaded)
    assert b"changed.example" in changed
    assert loaded.digest("sha1") != crypto.load_certificate(2, data).digest("sha1")


def test_a_name_keeps_its_certificate_alive(key: crypto.PKey) -> None:
    name = self_signed(key, "kept.example").get_subject()
    gc.collect()
    assert name.CN == "kept.example"


@pytest.mark.differs("X509.set_subject, set_issuer")
def test_a_borrowed_name_follows_its_replacement(key: crypto.PKey) -> None:
    made = self_signed(key, "before.example")
    borrowed = made.get_subject()
    made.set_subject(self_signed(key, "after.example").get_subject())
    assert borrowed.CN == "after.example"
    borrowed.CN = "third.example"
    assert made.get_subject().CN == "third.example"


@pytest.mark.parametrize(
    "when", [b"20490101000000Z", b"20500101000000Z", b"99991231235959Z", b"20200101000000+0530"]
)
def test_times_survive_as_given(key: crypto.PKey, when: bytes) -> None:
    made = self_signed(key)
    made.set_notAfter(when)
    made.sign(key, "sha256")
    data = crypto.dump_certificate(crypto.FILETYPE_ASN1, made)
    assert crypto.load_certificate(crypto.FILETYPE_ASN1, data).get_notAfter() == when


@pytest.mark.differs("set_notBefore, set_notAfter before")
def test_times_before_2050_are_encoded_as_the_standard_wants(key: crypto.PKey) -> None:
    made = self_signed(key)
    made.set_notAfter(b"20490101000000Z")
    made.sign(key, "sha256")
    assert b"\x17\x0d490101000000Z" in crypto.dump_certificate(crypto.FILETYPE_ASN1, made)


@pytest.mark.differs("the same with a NUL byte")
@pytest.mark.parametrize(
    "when", [b"", b"20200101000000Z\0", b"20201301000000Z", b"2020", b"20200101000000Z "]
)
def test_malformed_times_are_refused(when: bytes) -> None:
    made = crypto.X509()
    with pytest.raises(ValueError, match="Invalid string"):
        made.set_notBefore(when)
    assert made.get_notBefore() is None


@pytest.mark.differs("gmtime_adj_* out of the calendar")
@pytest.mark.parametrize("amount", [10**12, -(10**12), 2**200])
def test_times_outside_the_calendar_are_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        crypto.X509().gmtime_adj_notAfter(amount)


@pytest.mark.differs("X509.has_expired with an offset")
def test_expiry_counts_the_time_zone() -> None:
    made = crypto.X509()
    made.set_notAfter(b"20371231235959+0530")
    assert not made.has_expired()
    made.set_notAfter(b"20000101000000-0115")
    assert made.has_expired()


def test_a_bundle_gives_all_its_certificates(key: crypto.PKey) -> None:
    names = ["one.example", "two.example", "three.example"]
    pem = b"words between\n".join(
        crypto.dump_certificate(crypto.FILETYPE_PEM, self_signed(key, name)) for name in names
    )
    found = crypto.load_certificates(crypto.FILETYPE_PEM, pem)
    assert [one.get_subject().CN for one in found] == names
    with pytest.raises(crypto.Error):
        crypto.load_certificates(crypto.FILETYPE_PEM, b"no certificate")
    with pytest.raises(crypto.Error):
        crypto.load_certificates(crypto.FILETYPE_PEM, pem.replace(b"MII", b"M\0I"))


def test_an_object_that_was_never_made_is_refused() -> None:
    with pytest.raises(ValueError, match="__init__"):
        crypto.X509.__new__(crypto.X509).get_version()


@pytest.mark.holds("CVE-2013-4314", "C11")
def test_alternative_names_are_never_cut(key: crypto.PKey) -> None:
    made = self_signed(key)
    value = b"DNS:a.example,IP:127.0.0.1,IP:::1,email:x@example.org,URI:http://x/,RID:1.2.3"
    made.add_extensions([crypto.X509Extension(b"subjectAltName", False, value)])
    assert made.get_subject_alt_names() == [
        ("DNS", "a.example"),
        ("IP Address", "127.0.0.1"),
        ("IP Address", "::1"),
        ("email", "x@example.org"),
        ("URI", "http://x/"),
        ("Registered ID", "1.2.3"),
    ]
    made.sign(key, "sha256")
    data = crypto.dump_certificate(2, made).replace(b"a.example", b"a\0example")
    evil = crypto.load_certificate(2, data)
    assert evil.get_subject_alt_names()[0] == ("DNS", "a\0example")
    assert str(evil.get_extension(0)).startswith("DNS:a\0example, ")


def test_cryptography_is_named_when_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ImportError, match="pip install cryptography"):
        crypto.X509().to_cryptography()


@pytest.mark.differs("X509.sign(key, None) and the")
def test_keys_without_a_digest_sign() -> None:
    key = crypto.PKey.from_cryptography_key(authority.identity("ed25519").private_key)
    certificate = crypto.X509()
    certificate.set_version(2)
    certificate.get_subject().CN = "ed25519"
    certificate.set_issuer(certificate.get_subject())
    certificate.set_notBefore(b"20200101000000Z")
    certificate.set_notAfter(b"20990101000000Z")
    certificate.set_pubkey(key)
    certificate.sign(key, None)
    assert certificate.get_signature_algorithm() == b"ED25519"
    signature = crypto.sign(key, b"data", None)
    crypto.verify(certificate, signature, b"data", None)
    with pytest.raises(crypto.Error):
        crypto.verify(certificate, signature, b"other data", None)


@pytest.mark.differs("dumping functions given the wrong")
@pytest.mark.parametrize("value", [None, 1, b"PEM", object()])
def test_dumping_the_wrong_object(value: object) -> None:
    for dump in (crypto.dump_certificate, crypto.dump_privatekey, crypto.dump_publickey):
        with pytest.raises(TypeError):
            dump(crypto.FILETYPE_PEM, value)  # type: ignore[operator]


def test_a_finaliser_may_change_the_certificate_an_extension_is_taken_from() -> None:
    """Before CPython 3.12 the collector runs in the middle of making an object."""
    assert (
        apart.run("""
            import gc
            from kit import authority
            from OpenSSL import crypto

            class Ring:
                def __del__(self):
                    cert.set_serial_number(1)

            pem = authority.identity().pem
            for _ in range(200):
                cert = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
                wanted = cert.get_extension(0).get_data()
                ring = Ring()
                ring.itself = ring
                del ring
                gc.set_threshold(1)
                found = cert.get_extension(0)
                gc.set_threshold(0)
                assert found.get_data() == wanted
            print("whole")
        """)
        == "whole\n"
    )

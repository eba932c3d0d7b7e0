"""The dictionary of a certificate is what the standard module makes of it, byte for byte."""

from __future__ import annotations

import datetime
import ipaddress
import random
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from OpenSSL import crypto
from OpenSSL._native.crypto import descriptions

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime.datetime(2026, 5, 5, 7, 8, 9)
SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")


def name(*values: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in values])


ALICE = name((NameOID.COUNTRY_NAME, "DE"), (NameOID.COMMON_NAME, "alice"))


def made(
    *extensions: x509.ExtensionType, subject: x509.Name = ALICE, **fields: Any
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(fields.get("issuer", name((NameOID.COMMON_NAME, "me"))))
        .public_key(KEY.public_key())
        .serial_number(fields.get("serial", 1))
        .not_valid_before(fields.get("start", NOW))
        .not_valid_after(fields.get("end", NOW + datetime.timedelta(days=9000)))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, hashes.SHA256())


def names(*values: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(values)


def point(full: list[x509.GeneralName] | None, **fields: Any) -> x509.DistributionPoint:
    return x509.DistributionPoint(
        full, fields.get("relative"), fields.get("reasons"), fields.get("issuer")
    )


def access(*pairs: tuple[ObjectIdentifier, x509.GeneralName]) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess([x509.AccessDescription(*pair) for pair in pairs])


UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
OCSP, ISSUERS = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS
URI = x509.UniformResourceIdentifier

CRAFTED: dict[str, x509.Certificate] = {
    "plain": made(),
    "no subject": made(subject=x509.Name([])),
    "several values in one relative name": made(
        subject=x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [
                        x509.NameAttribute(NameOID.COMMON_NAME, "a"),
                        x509.NameAttribute(NameOID.SERIAL_NUMBER, "b"),
                    ]
                ),
                x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "c")]),
            ]
        )
    ),
    "other alphabets": made(
        subject=x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "Zoë 語 😀"),
                x509.NameAttribute(NameOID.LOCALITY_NAME, "Zürich", _ASN1Type.BMPString),
                x509.NameAttribute(NameOID.TITLE, "語", _ASN1Type.UniversalString),
                x509.NameAttribute(NameOID.SURNAME, "Müller", _ASN1Type.T61String),
            ]
        )
    ),
    "unknown kinds": made(subject=name((ObjectIdentifier("1.2.3.4.5.6.7"), "x"))),
    "a long identifier": made(
        subject=name((ObjectIdentifier("1.2." + ".".join(["12345"] * 18)), "x"))
    ),
    "bits": made(
        subject=x509.Name(
            [x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, b"\0bits", _ASN1Type.BitString)]
        )
    ),
    "a NUL in the subject": made(subject=name((NameOID.COMMON_NAME, "good.test\0.evil.test"))),
    "every kind of name": made(
        names(
            x509.DNSName("www.test"),
            x509.DNSName("*.test"),
            x509.RFC822Name("a@b.test"),
            URI("http://x.test/%20y"),
            x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
            x509.IPAddress(ipaddress.ip_address("2001:db8::ff00:42:8329")),
            x509.IPAddress(ipaddress.ip_address("::")),
            x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
            x509.RegisteredID(ObjectIdentifier("1.2.3.4.5")),
            x509.RegisteredID(NameOID.COMMON_NAME),
            x509.DirectoryName(name((NameOID.ORGANIZATION_NAME, "o"), (NameOID.COMMON_NAME, "d"))),
            x509.DirectoryName(x509.Name([])),
            x509.OtherName(ObjectIdentifier("1.2.3.4"), b"\x0c\x01x"),
            x509.OtherName(UPN, b"\x0c\x0aalice@test"[:2] + b"alice@test"),
            x509.OtherName(UPN, b"\x0c\x06al\nice"),
        )
    ),
    "only an unknown name": made(names(x509.OtherName(ObjectIdentifier("1.2.3.4"), b"\x05\0"))),
    "an empty name": made(names(x509.DNSName(""))),
    "a NUL in a name": made(names(x509.DNSName._init_without_validation("good.test\0.evil.test"))),
    "names that are no list": made(
        x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), b"\x04\x01x")
    ),
    "no names at all": made(x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), b"\x30\x00")),
    "names in X.400 and EDI": made(
        x509.UnrecognizedExtension(
            ObjectIdentifier("2.5.29.17"), bytes.fromhex("300b" + "a3023000" + "a505a1030c0141")
        )
    ),
    "where to ask": made(
        access(
            (OCSP, URI("http://ocsp.test")),
            (OCSP, URI("http://ocsp2.test")),
            (ISSUERS, URI("http://ca.test/ca.crt")),
            (OCSP, x509.DNSName("not.a.place")),
        )
    ),
    "nowhere to ask": made(access((OCSP, x509.DNSName("not.a.place")))),
    "where revocations are": made(
        x509.CRLDistributionPoints(
            [
                point([URI("http://crl.test/a"), x509.DNSName("crl"), URI("ldap://crl.test/b")]),
                point([URI("http://crl.test/c")], issuer=[x509.DirectoryName(ALICE)]),
                point(None, issuer=[x509.DirectoryName(ALICE)]),
            ]
        )
    ),
    "nowhere": made(x509.CRLDistributionPoints([point([x509.DNSName("crl")])])),
    "a long number": made(serial=2**158 + 12345),
    "the shortest number": made(serial=1),
    "far years": made(start=datetime.datetime(1950, 1, 1), end=datetime.datetime(9999, 12, 31)),
    "days of one digit": made(start=datetime.datetime(2025, 1, 2, 3, 4, 5)),
}


def theirs(pem: bytes, folder: Path) -> Any:
    """What the standard module makes of it, exceptions included."""
    path = folder / "certificate.pem"
    path.write_bytes(pem)
    try:
        return ssl._ssl._test_decode_cert(str(path))  # type: ignore[attr-defined]
    except (ssl.SSLError, ValueError) as error:
        return ValueError if isinstance(error, ValueError) else ssl.SSLError


def ours(pem: bytes) -> Any:
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
    try:
        return descriptions.describe(certificate)
    except ValueError:
        return ValueError
    except crypto.Error:
        return ssl.SSLError


def cut(described: Any) -> Any:
    """As the standard module has it: other names end at a NUL byte there."""
    if isinstance(described, dict) and "subjectAltName" in described:
        described["subjectAltName"] = tuple(
            (kind, value.partition("\0")[0] if kind == "othername" else value)
            for kind, value in described["subjectAltName"]
        )
    return described


def check(pem: bytes, folder: Path) -> None:
    one, other = theirs(pem, folder), cut(ours(pem))
    assert other == one
    if isinstance(one, dict):
        assert list(other) == list(one)  # in the same order
        assert repr(other) == repr(one)


def in_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("which", CRAFTED)
def test_a_crafted_certificate(which, tmp_path):
    check(in_pem(CRAFTED[which]), tmp_path)


def test_every_certificate_of_this_machine(tmp_path):
    if not SYSTEM.exists():
        pytest.skip(f"there is no {SYSTEM}")
    text = SYSTEM.read_bytes()
    ends = b"-----END CERTIFICATE-----\n"
    parts = [part + ends for part in text.split(ends) if b"BEGIN" in part]
    assert len(parts) > 100
    for part in parts:
        check(part, tmp_path)


def damaged(chance: random.Random) -> Iterator[bytes]:
    """Certificates with a few bytes changed, as far as they still are certificates."""
    originals = [one.public_bytes(serialization.Encoding.DER) for one in CRAFTED.values()]
    for _ in range(3000):
        data = bytearray(chance.choice(originals))
        for _change in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.choice(
                (0, 10, 58, 0xFF, chance.randrange(256))
            )
        yield bytes(data)


def test_damaged_certificates(tmp_path):
    read = 0
    for data in damaged(random.Random(20260505)):
        try:
            certificate = crypto.load_certificate(crypto.FILETYPE_ASN1, data)
        except crypto.Error:
            continue
        read += 1
        pem = ssl.DER_cert_to_PEM_cert(data).encode()
        if theirs(pem, tmp_path) is not ssl.SSLError or ours(pem) is not ssl.SSLError:
            check(pem, tmp_path)
        del certificate
    assert read > 500


def test_a_relative_name_of_a_list_is_no_list_of_names():
    # CPython up to 3.13 takes one for the other, so there is nobody to ask.
    relative = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "r")])
    certificate = made(x509.CRLDistributionPoints([point(None, relative=relative)]))
    assert "crlDistributionPoints" not in ours(in_pem(certificate))


def test_authorities_are_told_from_others():
    yes = made(x509.BasicConstraints(ca=True, path_length=None))
    for certificate, answer in ((yes, True), (CRAFTED["every kind of name"], False)):
        shown = crypto.load_certificate(crypto.FILETYPE_PEM, in_pem(certificate))
        assert descriptions.is_authority(shown) is answer


def test_a_certificate_in_the_making_can_be_described():
    assert descriptions.describe(crypto.X509())["subject"] == ()

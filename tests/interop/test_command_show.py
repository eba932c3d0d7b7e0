from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reading import ROOT

pytest.importorskip("click")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import authority
from kit.commands import brisk
from OpenSSL import crypto
from OpenSSL._command.failures import KINDS

WHO = authority.identity()
NAME = "CN=server, O=Brisk Tests"
SCHEMA = json.loads((ROOT / "docs/show.schema.json").read_text(encoding="utf-8"))


def shown(*paths: object) -> dict[str, Any]:
    """What is in the files, held to the schema."""
    done = brisk("show", *paths, "--json")
    assert done.status == 0, done
    jsonschema.validate(done.data, SCHEMA)
    data: dict[str, Any] = done.data
    return data


def test_a_chain_and_its_key() -> None:
    data = shown(WHO.files.chain, WHO.files.key)
    assert [each["subject"] for each in data["certificates"]] == [
        NAME,
        "CN=trusted intermediate, O=Brisk Tests",
    ]
    assert {each["file"] for each in data["certificates"]} == {str(WHO.files.chain)}
    key = {"file": str(WHO.files.key), "key": "EC 256 bits", "private": True}
    assert data["keys"] == [{**key, "belongs_to": [NAME]}]
    assert data["remarks"] == []
    done = brisk("show", WHO.files.chain, WHO.files.key)
    assert done.status == 0, done
    for words in (NAME, "localhost", "days left", "fits", "EC 256 bits, private"):
        assert words in done.out


def test_a_key_that_does_not_fit_and_a_wrong_order(tmp_path: Path) -> None:
    mixed, stranger = tmp_path / "mixed.pem", authority.client_identity().files.key
    mixed.write_bytes(WHO.intermediates_pem + WHO.pem)
    data = shown(mixed, stranger)
    assert data["keys"][0]["belongs_to"] == []
    order, key = data["remarks"]
    assert "is not certified by the next" in order
    assert f"the key in {stranger} does NOT fit" in key
    done = brisk("show", mixed, stranger)
    assert order in done.out
    assert key in done.out
    assert shown(stranger)["remarks"] == []
    assert "fits" not in brisk("show", stranger).out


def test_an_issuer_of_the_right_name_only(tmp_path: Path) -> None:
    """Certificates that an authority's renewed key made look right, and are not."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    other = (
        x509.CertificateBuilder()
        .subject_name(WHO.certificate.issuer)
        .issuer_name(WHO.certificate.issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(9))
        .not_valid_after(now + datetime.timedelta(9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "x.pem"
    path.write_bytes(WHO.pem + other.public_bytes(serialization.Encoding.PEM))
    (remark,) = shown(path)["remarks"]
    assert "the name is the same, but" in remark


def test_an_expired_chain_is_in_order_all_the_same() -> None:
    data = shown(authority.expired().files.chain)
    assert data["certificates"][0]["expired"] is True
    assert data["remarks"] == []


def test_der_and_archives(tmp_path: Path) -> None:
    der = tmp_path / "x.der"
    der.write_bytes(WHO.der)
    assert shown(der)["certificates"][0]["subject"] == NAME
    der.write_bytes(WHO.key_der)
    assert len(shown(der)["keys"]) == 1
    archive = tmp_path / "x.p12"
    archive.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"name",
            WHO.private_key,  # type: ignore[arg-type]
            WHO.certificate,
            WHO.intermediates,
            serialization.NoEncryption(),
        )
    )
    data = shown(archive)
    assert len(data["certificates"]) == 2
    assert data["keys"][0]["belongs_to"] == [NAME]


def test_public_keys(tmp_path: Path) -> None:
    path = tmp_path / "x.pub"
    public = WHO.private_key.public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(public.public_bytes(serialization.Encoding.PEM, form))
    (told,) = shown(path, WHO.files.chain)["keys"]
    assert (told["private"], told["belongs_to"]) == (False, [NAME])


def test_what_a_request_asks_for(tmp_path: Path) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("a.test"), x509.DNSName("b.test")])
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(WHO.certificate.subject)
        .add_extension(names, critical=False)
        .sign(WHO.private_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    path = tmp_path / "x"
    for form in (serialization.Encoding.PEM, serialization.Encoding.DER):
        path.write_bytes(made.public_bytes(form))
        (told,) = shown(path)["requests"]
        assert told == {
            "file": str(path),
            "subject": NAME,
            "names": ["DNS:a.test", "DNS:b.test"],
            "key": "EC 256 bits",
            "signature_holds": True,
        }
    der = made.public_bytes(serialization.Encoding.DER)
    path.write_bytes(der[:-1] + bytes([der[-1] ^ 1]))
    assert shown(path)["requests"][0]["signature_holds"] is False
    for words in (NAME, "DNS:b.test", "does NOT hold"):
        assert words in brisk("show", path).out


@pytest.mark.parametrize(("first", "days"), [(-9, 29), (-40, -1)])
def test_revocation_lists(first: int, days: int, tmp_path: Path) -> None:
    issuer = authority.authority()
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    begins = now + datetime.timedelta(days=first)
    ends = now + datetime.timedelta(days=days, hours=1 if days > 0 else -1)
    revoked = x509.RevokedCertificateBuilder().serial_number(5).revocation_date(begins).build()
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.intermediate.subject)
        .last_update(begins)
        .next_update(ends)
        .add_revoked_certificate(revoked)
        .sign(issuer.intermediate_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    path = tmp_path / "x"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (told,) = shown(path)["revocation_lists"]
    assert told == {
        "file": str(path),
        "issuer": "CN=trusted intermediate, O=Brisk Tests",
        "last_update": begins.isoformat(),
        "next_update": ends.isoformat(),
        "days_left": days,
        "expired": days < 0,
        "entries": 1,
    }
    said = brisk("show", path).out
    assert ("expired 1 day ago" if days < 0 else "29 days left") in said
    assert "1 certificate\n" in said


def test_a_revocation_list_without_an_end(tmp_path: Path) -> None:
    issuer = authority.authority()
    made = crypto.CRL()
    made.set_lastUpdate(b"20240229010203Z")
    made.sign(
        crypto.X509.from_cryptography(issuer.intermediate),
        crypto.PKey.from_cryptography_key(issuer.intermediate_key),
        b"sha256",
    )
    path = tmp_path / "x"
    path.write_bytes(crypto.dump_crl(crypto.FILETYPE_ASN1, made))
    (told,) = shown(path)["revocation_lists"]
    assert told["last_update"] == "2024-02-29T01:02:03+00:00"
    assert (told["next_update"], told["days_left"], told["expired"]) == (None, None, None)
    assert "without an end" in brisk("show", path).out


def test_the_schema_can_fail() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = shown(WHO.files.chain, WHO.files.key)
    for key in data:
        without = {name: value for name, value in data.items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(without, SCHEMA)


def test_what_is_nothing_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    spoilt = WHO.pem.replace(b"MII", b"AAA", 1)
    for content, words in (
        (b"", "it is empty"),
        (b"text", "neither PEM, DER nor PKCS #12"),
        (b"\x30\x80\xff", "neither PEM, DER nor PKCS #12"),
        (spoilt, "its certificate cannot be read: it is damaged"),
        (WHO.pem[:200], "never ends"),
        (b"-----BEGIN X-----\na\n-----END X-----\n", "only 'X'"),
    ):
        path.write_bytes(content)
        done = brisk("show", path)
        assert (done.status, done.out) == (KINDS["file"].status, ""), (content, done)
        assert words in done.err
        assert str(path) in done.err
    done = brisk("show", WHO.files.key_encrypted)
    assert done.status == KINDS["file"].status
    assert "passphrase" in done.err
    assert brisk("show", tmp_path / "missing").status == KINDS["file"].status
    assert brisk("show").status == 2

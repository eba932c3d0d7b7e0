from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("click")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from kit import authority
from kit.commands import brisk
from OpenSSL import crypto
from OpenSSL._command.failures import KINDS

WHO = authority.identity()
NAME = "CN=server, O=Brisk Tests"


def test_a_chain_and_its_key() -> None:
    data = brisk("show", WHO.files.chain, WHO.files.key, "--json").data
    assert [each["subject"] for each in data["certificates"]] == [
        NAME,
        "CN=trusted intermediate, O=Brisk Tests",
    ]
    assert data["keys"] == [{"key": "256 bits", "belongs to": NAME}]
    assert data["remarks"] == []
    shown = brisk("show", WHO.files.chain, WHO.files.key)
    assert shown.status == 0, shown
    for words in (NAME, "localhost", "days left", "belongs to"):
        assert words in shown.out


def test_a_key_that_does_not_fit_and_a_wrong_order(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.pem"
    mixed.write_bytes(WHO.intermediates_pem + WHO.pem)
    data = brisk("show", mixed, authority.client_identity().files.key, "--json").data
    assert data["keys"][0]["belongs to"] == "none of these certificates"
    assert len(data["remarks"]) == 1
    assert "is not certified by the next" in brisk("show", mixed).out


def test_der_and_archives(tmp_path: Path) -> None:
    der = tmp_path / "x.der"
    der.write_bytes(WHO.der)
    assert brisk("show", der, "--json").data["certificates"][0]["subject"] == NAME
    der.write_bytes(WHO.key_der)
    assert len(brisk("show", der, "--json").data["keys"]) == 1
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
    data = brisk("show", archive, "--json").data
    assert len(data["certificates"]) == 2
    assert data["keys"][0]["belongs to"] == NAME


def test_requests_and_lists(tmp_path: Path) -> None:
    request = x509.CertificateSigningRequestBuilder().subject_name(WHO.certificate.subject)
    made = request.sign(WHO.private_key, hashes.SHA256())  # type: ignore[arg-type]
    path = tmp_path / "x"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (told,) = brisk("show", path, "--json").data["requests"]
    assert told == {"request for": NAME, "key": "256 bits", "signature": "holds"}
    issuer = authority.authority()
    crl = crypto.CRL()
    crl.add_revoked(_revoked())
    path.write_bytes(
        crl.export(
            crypto.X509.from_cryptography(issuer.intermediate),
            crypto.PKey.from_cryptography_key(issuer.intermediate_key),
            digest="sha256",
        )
    )
    (told,) = brisk("show", path, "--json").data["revocation_lists"]
    assert told == {"revoked by": "CN=trusted intermediate, O=Brisk Tests", "entries": 1}


def _revoked() -> crypto.Revoked:
    made = crypto.Revoked()
    made.set_serial(b"05")
    made.set_rev_date(b"20240101000000Z")
    return made


def test_what_is_nothing_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    spoilt = WHO.pem.replace(b"MII", b"AAA", 1)
    for content in (
        b"",
        b"text",
        b"\x30\x80\xff",
        spoilt,
        b"-----BEGIN X-----\na\n-----END X-----\n",
    ):
        path.write_bytes(content)
        done = brisk("show", path)
        assert (done.status, done.out) == (KINDS["file"].status, ""), (content, done)
        assert str(path) in done.err
    done = brisk("show", WHO.files.key_encrypted)
    assert done.status == KINDS["file"].status
    assert "passphrase" in done.err
    assert brisk("show", tmp_path / "missing").status == KINDS["file"].status
    assert brisk("show").status == 2

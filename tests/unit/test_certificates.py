"""Certificates: fields, times, files; right or refused."""

from __future__ import annotations

import gc

import pytest

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


@pytest.mark.parametrize("serial", [0, 1, -1, -128, -129, 2**64, -(2**70), 2**159 + 3])
def test_serial_numbers_of_any_sign_survive(key: crypto.PKey, serial: int) -> None:
    made = self_signed(key)
    made.set_serial_number(serial)
    made.sign(key, "sha256")
    data = crypto.dump_certificate(crypto.FILETYPE_ASN1, made)
    assert crypto.load_certificate(crypto.FILETYPE_ASN1, data).get_serial_number() == serial


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


def test_a_borrowed_name_follows_its_replacement(key: crypto.PKey) -> None:
    made = self_signed(key, "before.example")
    borrowed = made.get_subject()
    made.set_subject(self_signed(key, "after.example").get_subject())
    assert borrowed.CN == "after.example"
    borrowed.CN = "third.example"
    assert made.get_subject().CN == "third.example"

"""Stores: what is trusted, when, and what has been revoked."""

from __future__ import annotations

import datetime
import gc
from pathlib import Path

import pytest

from OpenSSL import crypto

UTC = datetime.timezone.utc


@pytest.fixture(scope="module")
def key() -> crypto.PKey:
    made = crypto.PKey()
    made.generate_key(crypto.TYPE_RSA, 2048)
    return made


def issue(key: crypto.PKey, name: str, issuer: crypto.X509 | None, serial: int) -> crypto.X509:
    made = crypto.X509()
    made.set_version(2)
    made.set_serial_number(serial)
    made.get_subject().CN = name
    made.set_issuer(made.get_subject() if issuer is None else issuer.get_subject())
    made.set_notBefore(b"20260101000000Z")
    made.set_notAfter(b"20260101120000Z")
    made.set_pubkey(key)
    value = b"CA:TRUE" if issuer is None else b"CA:FALSE"
    made.add_extensions([crypto.X509Extension(b"basicConstraints", True, value)])
    made.sign(key, "sha256")
    return made


@pytest.fixture(scope="module")
def root(key: crypto.PKey) -> crypto.X509:
    return issue(key, "root", None, 1)


def verdict(store: crypto.X509Store, certificate: crypto.X509) -> str:
    try:
        crypto.X509StoreContext(store, certificate).verify_certificate()
    except crypto.X509StoreContextError as error:
        assert error.errors[2] == error.args[0]
        assert error.certificate is not None
        return str(error)
    return "good"


@pytest.mark.differs("X509Store.set_time with a time", "X509Store.set_time again")
@pytest.mark.holds("D22")
def test_the_time_zone_counts(root: crypto.X509) -> None:
    store = crypto.X509Store()
    store.add_cert(root)
    west = datetime.timezone(-datetime.timedelta(hours=8))
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0))
    assert verdict(store, root) == "good"
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0, tzinfo=UTC))
    assert verdict(store, root) == "good"
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0, tzinfo=west))
    assert verdict(store, root) == "certificate has expired"
    store.set_time(datetime.datetime(2026, 1, 1, 1, 0))
    assert verdict(store, root) == "good"
    with pytest.raises(TypeError):
        store.set_time(datetime.date(2026, 1, 1))  # type: ignore[arg-type]


@pytest.mark.differs("X509Store.add_crl")
@pytest.mark.parametrize("foreign", [False, True])
def test_a_revoked_certificate_is_refused(
    key: crypto.PKey, root: crypto.X509, foreign: bool
) -> None:
    leaf, other = issue(key, "leaf", root, 0xABC), issue(key, "other", root, 0xABD)
    revoked = crypto.Revoked()
    revoked.set_serial(b"abc")
    revoked.set_rev_date(b"20260101000000Z")
    revoked.set_reason(b"Key Compromise")
    crl = crypto.CRL()
    crl.set_version(1)
    crl.add_revoked(revoked)
    crl.set_lastUpdate(b"20260101000000Z")
    crl.set_nextUpdate(b"20260102000000Z")
    crl.sign(root, key, b"sha256")
    store = crypto.X509Store()
    store.add_cert(root)
    store.add_crl(crl.to_cryptography() if foreign else crl)
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0))
    assert verdict(store, leaf) == "certificate revoked"
    assert verdict(store, other) == "good"


@pytest.mark.differs('Revoked.set_serial(b"31ppp")')
def test_a_revocation_list_survives_its_file(key: crypto.PKey, root: crypto.X509) -> None:
    crl = crypto.CRL()
    assert crl.get_revoked() is None
    revoked = crypto.Revoked()
    revoked.set_serial(b"-01")
    assert revoked.get_serial() == b"-01"
    for bad in (b"31ppp", b"", b"-", b"0x1", b" 1", b"1\0"):
        with pytest.raises(ValueError, match="bad hex string"):
            revoked.set_serial(bad)
    revoked.set_serial(b"10b")
    revoked.set_reason(b"superseded")
    revoked.set_rev_date(b"20260101000000Z")
    crl.add_revoked(revoked)
    pem = crl.export(root, key, digest=b"sha256")
    again = crypto.load_crl(crypto.FILETYPE_PEM, pem).get_revoked()
    assert again is not None
    assert [(one.get_serial(), one.get_reason()) for one in again] == [(b"010B", b"Superseded")]


@pytest.mark.differs("X509Store.load_locations with")
def test_load_locations(root: crypto.X509, tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(crypto.dump_certificate(crypto.FILETYPE_PEM, root))
    store = crypto.X509Store()
    store.load_locations(file)
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0))
    assert verdict(store, root) == "good"
    with pytest.raises(ValueError, match="NUL"):
        store.load_locations(str(file) + "\0x")
    for arguments in ((None,), (tmp_path / "absent",)):
        with pytest.raises(crypto.Error) as caught:
            store.load_locations(*arguments)
        assert caught.value.args[0]


def test_the_verified_chain_outlives_its_verification(key: crypto.PKey, root: crypto.X509) -> None:
    store = crypto.X509Store()
    store.add_cert(root)
    store.set_time(datetime.datetime(2026, 1, 1, 11, 0))
    context = crypto.X509StoreContext(store, issue(key, "leaf", root, 2))
    chain = context.get_verified_chain()
    del context, store
    gc.collect()
    assert [one.get_subject().CN for one in chain] == ["leaf", "root"]


def test_a_store_lists_what_it_has(key: crypto.PKey, root: crypto.X509) -> None:
    store = crypto.X509Store()
    assert store.get_certificates() == []
    other = issue(key, "other", None, 2)
    store.add_cert(root)
    store.add_cert(other)
    store.add_cert(root)
    listed = store.get_certificates()
    assert {one.get_subject().CN for one in listed} == {"root", "other"}
    del store
    gc.collect()
    assert len({crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in listed}) == 2

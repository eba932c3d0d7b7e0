"""A certificate in use is never changed: who changes it changes a copy."""

from __future__ import annotations

import threading

import pytest

from kit import authority, contexts, pump, sockets
from OpenSSL import SSL, crypto


@pytest.fixture
def own() -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)


def server_with(certificate: crypto.X509) -> SSL.Context:
    context = contexts.server_context()
    context.use_certificate(certificate)
    return context


def change(certificate: crypto.X509) -> None:
    certificate.set_serial_number(77)
    certificate.get_subject().CN = "changed.example"
    certificate.set_issuer(certificate.get_subject())
    certificate.gmtime_adj_notAfter(60)
    certificate.set_pubkey(certificate.get_pubkey())
    certificate.set_version(0)


def encoded(certificate: crypto.X509 | None) -> bytes:
    assert certificate is not None
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


@pytest.mark.differs("an X509 changed after a Context")
def test_a_context_keeps_what_it_was_given(own: crypto.X509) -> None:
    before = encoded(own)
    context = server_with(own)
    change(own)
    assert encoded(own) != before
    ends = pump.connected(context, contexts.client_context())
    assert encoded(ends.client.get_peer_certificate()) == before
    assert encoded(ends.server.get_certificate()) == before


def test_a_connection_keeps_what_it_was_given(own: crypto.X509) -> None:
    before = encoded(own)
    ends = pump.pair(contexts.server_context(), contexts.client_context())
    ends.server.use_certificate(own)
    change(own)
    assert pump.handshake_outcome(*ends) == (None, None)
    assert encoded(ends.client.get_peer_certificate()) == before


def intermediate() -> crypto.X509:
    chain = authority.identity().files.chain.read_bytes()
    return crypto.load_certificates(crypto.FILETYPE_PEM, chain)[1]


def test_a_chain_keeps_what_it_was_given(own: crypto.X509) -> None:
    between = intermediate()
    before = encoded(between)
    context = contexts.blank_context()
    context.use_certificate(own)
    context.use_privatekey_file(str(authority.identity().files.key))
    context.add_extra_chain_cert(between)
    change(between)
    ends = pump.connected(context, contexts.client_context())
    chain = ends.client.get_peer_cert_chain()
    assert chain is not None
    assert [encoded(each) for each in chain[1:]] == [before]


def test_a_store_keeps_what_it_was_given(own: crypto.X509) -> None:
    store, between = crypto.X509Store(), intermediate()
    store.load_locations(str(authority.trust_file()))
    store.add_cert(between)
    change(between)
    crypto.X509StoreContext(store, own).verify_certificate()


@pytest.mark.differs("an X509 changed after a Context")
def test_what_the_library_gives_out_stays_as_it_is() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    peer = ends.client.get_peer_certificate()
    before = encoded(peer)
    assert peer is not None
    change(peer)
    assert encoded(peer) != before
    assert encoded(ends.client.get_peer_certificate()) == before


def test_names_go_with_the_copy(own: crypto.X509) -> None:
    subject, issuer = own.get_subject(), own.get_issuer()
    server_with(own)
    subject.CN = "changed.example"
    issuer.O = "Somebody Else"
    assert own.get_subject().CN == subject.CN == "changed.example"
    assert own.get_issuer().O == issuer.O == "Somebody Else"
    assert b"changed.example" in encoded(own)
    assert b"Somebody Else" in encoded(own)


def test_a_certificate_in_the_making_is_changed_in_place() -> None:
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    made = crypto.X509()
    made.set_version(2)
    made.set_pubkey(key)
    made.add_extensions(
        [crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=made)]
    )
    made.get_subject().CN = "example.org"
    made.gmtime_adj_notBefore(0)
    made.gmtime_adj_notAfter(60)
    made.sign(key, "sha256")
    assert made.get_extension_count() == 1


@pytest.mark.holds("C25")
def test_changes_while_others_shake_hands(own: crypto.X509) -> None:
    context, client_context = server_with(own), contexts.client_context()
    pem = authority.identity().pem
    stop = threading.Event()

    def keep_changing() -> int:
        times = 0
        while not stop.is_set():
            used = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
            context.use_certificate(used)
            change(used)
            times += 1
        return times

    changing = sockets.in_thread(keep_changing)
    try:
        for _ in range(30):
            pump.connected(context, client_context)
    finally:
        stop.set()
    assert changing.result(sockets.PATIENCE) > 0


def test_an_address_is_moved_out_of_a_copy(own: crypto.X509) -> None:
    """``email:move`` changes the subject it is given."""
    own.get_subject().emailAddress = "a@brisk.test"
    subject = own.get_subject().der()
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(own)
    if SSL.OPENSSL_VERSION_NUMBER >= 0x40000000:  # it changes no certificate any more
        with pytest.raises(crypto.Error):
            crypto.X509Extension(b"subjectAltName", False, b"email:move", subject=own)
        assert own.get_subject().der() == subject
        return
    moved = crypto.X509Extension(b"subjectAltName", False, b"email:move", subject=own)
    assert str(moved) == "email:a@brisk.test"
    kept = SSL.Connection(context).get_certificate()
    assert kept is not None
    assert kept.get_subject().der() == subject
    assert own.get_subject().emailAddress is None
    written = crypto.dump_certificate(crypto.FILETYPE_ASN1, own)
    assert crypto.load_certificate(crypto.FILETYPE_ASN1, written).get_subject() == own.get_subject()

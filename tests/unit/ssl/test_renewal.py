"""Another certificate and key for a Context in use: connections have the old pair or the new."""

from __future__ import annotations

import functools
import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump, sockets
from OpenSSL import SSL, crypto

Identity = authority.Identity
#: How a program gives a Context its identity.
Way = Callable[[SSL.Context, Identity], None]


@functools.cache
def another(kind: authority.Kind = "ecdsa") -> Identity:
    """The identity that comes after `authority.identity`."""
    return authority.authority().issue("renewed", kind)


def by_chain_file(context: SSL.Context, who: Identity) -> None:
    context.use_certificate_chain_file(who.files.chain)
    context.use_privatekey_file(who.files.key)


def by_files(context: SSL.Context, who: Identity) -> None:
    context.use_certificate_file(who.files.certificate_der, SSL.FILETYPE_ASN1)
    context.use_privatekey_file(who.files.key_der, SSL.FILETYPE_ASN1)


def by_objects(context: SSL.Context, who: Identity) -> None:
    context.use_certificate(who.certificate)
    context.use_privatekey(who.private_key)
    context.check_privatekey()


WAYS = (by_chain_file, by_files, by_objects)


@pytest.fixture
def used() -> SSL.Context:
    """A server's Context that has had a connection."""
    context = contexts.server_context()
    pump.connected(context, contexts.client_context())
    return context


def shown(context: SSL.Context) -> tuple[bytes, int]:
    """What a new connection is shown: the certificate, and the length of its chain."""
    client = pump.connected(context, contexts.client_context()).client
    certificate, chain = client.get_peer_certificate(), client.get_peer_cert_chain()
    assert certificate is not None and chain is not None
    return crypto.dump_certificate(crypto.FILETYPE_PEM, certificate), len(chain)


class Watched(SSL.Context):
    """A Context that notes what connections are shown when the certificate is there alone."""

    between: list[tuple[bytes, int]] | None = None

    def look(self) -> None:
        if self.between is not None:
            self.between.append(shown(self))

    def use_privatekey(self, pkey: Any) -> None:
        self.look()
        super().use_privatekey(pkey)

    def use_privatekey_file(self, keyfile: Any, filetype: int = SSL.FILETYPE_PEM) -> None:
        self.look()
        super().use_privatekey_file(keyfile, filetype)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", authority.KINDS)
def test_the_pair_changes_as_one(way: Way, kind: authority.Kind) -> None:
    before, after = authority.identity(), another(kind)
    context = Watched(SSL.TLS_METHOD)
    contexts.use_identity(context, before)
    pump.connected(context, contexts.client_context())
    context.between = []
    way(context, after)
    assert context.between == [(before.pem, 2)]
    context.check_privatekey()
    if kind == "ecdsa":
        assert shown(context) == (after.pem, 2)
    else:  # a second kind of key beside the first: the client's order decides
        assert shown(context)[0] in (before.pem, after.pem)


@pytest.mark.differs("use_certificate, use_certificate_file")
def test_the_old_pair_stays_until_the_key_is_there(used: SSL.Context) -> None:
    before, after = authority.identity(), another()
    used.use_certificate(after.certificate)
    with pytest.raises(SSL.Error, match="no private key assigned"):
        used.check_privatekey()
    assert shown(used)[0] == before.pem
    with pytest.raises(SSL.Error, match="mismatch"):
        used.use_privatekey(before.private_key)
    with pytest.raises(SSL.Error):
        used.use_privatekey_file("/nonexistent")
    assert shown(used)[0] == before.pem
    used.use_privatekey(after.private_key)
    used.check_privatekey()
    assert shown(used)[0] == after.pem


def test_a_certificate_for_the_same_key_needs_no_key(used: SSL.Context) -> None:
    before = authority.identity()
    again = crypto.X509.from_cryptography(before.certificate)
    again.set_serial_number(77)
    again.sign(crypto.PKey.from_cryptography_key(authority.authority().intermediate_key), "sha256")
    used.use_certificate(again)
    used.check_privatekey()
    assert shown(used) == (crypto.dump_certificate(crypto.FILETYPE_PEM, again), 2)


def test_a_refused_certificate_changes_nothing(used: SSL.Context) -> None:
    with pytest.raises(SSL.Error):
        used.use_certificate_chain_file(authority.identity().files.key)
    used.check_privatekey()
    assert shown(used) == (authority.identity().pem, 2)


def test_two_kinds_of_keys_are_renewed_in_any_order() -> None:
    context = contexts.server_context()
    by_objects(context, authority.identity("rsa"))
    pump.connected(context, contexts.client_context())
    context.use_certificate(another("rsa").certificate)
    context.use_certificate(another("ecdsa").certificate)
    context.use_privatekey(another("rsa").private_key)
    for sigalgs, who in (
        (b"RSA-PSS+SHA256", another("rsa")),
        (b"ECDSA+SHA256:RSA+SHA256", authority.identity("ecdsa")),
    ):
        client = contexts.client_context()
        client.set_sigalgs_list(sigalgs)
        client.set_verify(SSL.VERIFY_NONE)
        found = pump.connected(context, client).client.get_peer_certificate()
        assert found is not None and found.to_cryptography() == who.certificate
    context.use_privatekey(another("ecdsa").private_key)
    context.check_privatekey()
    assert shown(context)[0] == another("ecdsa").pem


def test_a_key_of_another_kind_waits_for_its_certificate(used: SSL.Context) -> None:
    used.use_certificate(another("ecdsa").certificate)
    used.use_privatekey(another("rsa").private_key)
    assert shown(used)[0] == authority.identity().pem
    used.use_privatekey(another("ecdsa").private_key)
    assert shown(used)[0] == another("ecdsa").pem
    used.use_certificate(another("rsa").certificate)
    used.check_privatekey()
    client = contexts.client_context()
    client.set_sigalgs_list(b"RSA-PSS+SHA256")
    client.set_verify(SSL.VERIFY_NONE)
    found = pump.connected(used, client).client.get_peer_certificate()
    assert found is not None and found.to_cryptography() == another("rsa").certificate


def test_an_encrypted_key_completes_it(used: SSL.Context) -> None:
    used.set_passwd_cb(lambda *_: authority.PASSPHRASE)
    used.use_certificate_chain_file(another().files.chain)
    used.use_privatekey_file(another().files.key_encrypted)
    assert shown(used) == (another().pem, 2)


def test_before_the_first_connection_nothing_waits() -> None:
    """A certificate without a key is what it always was: handshakes fail."""
    context = contexts.server_context()
    context.use_certificate(another().certificate)
    assert pump.handshake_outcome(*pump.pair(context, contexts.client_context())).server


def test_a_virtual_host_is_in_use_too() -> None:
    host = contexts.server_context()
    front = contexts.server_context(another())
    front.set_tlsext_servername_callback(lambda connection: connection.set_context(host))

    def seen() -> bytes:
        client = pump.connected(front, contexts.client_context(), b"brisk.test").client
        certificate = client.get_peer_certificate()
        assert certificate is not None
        return crypto.dump_certificate(crypto.FILETYPE_PEM, certificate)

    assert seen() == authority.identity().pem
    host.use_certificate_chain_file(another().files.chain)
    assert seen() == authority.identity().pem
    host.use_privatekey_file(another().files.key)
    assert seen() == another().pem


def test_a_context_may_go_while_a_certificate_waits(used: SSL.Context) -> None:
    for _ in range(50):
        context = contexts.server_context()
        connection = SSL.Connection(context, None)
        context.use_certificate(another().certificate)
        gone = weakref.ref(context)
        del context, connection
        gc.collect()
        assert gone() is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.holds("C25")
def test_a_reload_under_load_loses_no_connection(way: Way) -> None:
    """Three threads shake hands without a pause while the identity changes to and fro."""
    identities = (authority.identity(), another())
    server, client = contexts.server_context(), contexts.client_context()
    pump.connected(server, client)
    done = threading.Event()
    seen = set()

    def shake() -> None:
        while not done.is_set():
            ends = pump.connected(server, client)
            assert pump.transfer(ends.client, ends.server, b"x") == b"x"
            certificate = ends.client.get_peer_certificate()
            assert certificate is not None
            seen.add(crypto.dump_certificate(crypto.FILETYPE_PEM, certificate))

    shakers = [sockets.in_thread(shake) for _ in range(3)]
    end = time.monotonic() + sockets.PATIENCE
    turn = 0
    try:
        while turn < 150 or (len(seen) < 2 and time.monotonic() < end):
            way(server, identities[turn % 2])
            turn += 1
            time.sleep(0.0005)  # or nobody else comes to work
    finally:
        done.set()
        for each in shakers:
            each.result(sockets.PATIENCE)
    assert seen == {each.pem for each in identities}

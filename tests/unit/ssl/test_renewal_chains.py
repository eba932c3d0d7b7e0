"""Renewal by objects: the chain comes with its certificate, whole and once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from kit import authority, contexts, pump, sockets
from OpenSSL import SSL, crypto

Identity = authority.Identity
Step = Callable[[SSL.Context, Identity], None]


def certificate(context: SSL.Context, who: Identity) -> None:
    context.use_certificate(who.certificate)


def chain(context: SSL.Context, who: Identity) -> None:
    for each in who.intermediates:
        context.add_extra_chain_cert(each)


def key(context: SSL.Context, who: Identity) -> None:
    context.use_privatekey(who.private_key)


ORDERS: tuple[tuple[Step, ...], ...] = (
    (certificate, chain, key),
    (chain, certificate, key),
    (certificate, key, chain),
)
orders = pytest.mark.parametrize(
    "order", ORDERS, ids=["-".join(step.__name__ for step in order) for order in ORDERS]
)


def by_chain_file(context: SSL.Context, who: Identity) -> None:
    context.use_certificate_chain_file(who.files.chain)
    context.use_privatekey_file(who.files.key)


def by_objects(context: SSL.Context, who: Identity) -> None:
    for step in ORDERS[0]:
        step(context, who)


starts = pytest.mark.parametrize("start", [by_chain_file, by_objects])


def homes() -> tuple[Identity, Identity]:
    """Two whose authorities, and so their chains, are others."""
    return authority.identity(), authority.stranger()


def used(start: Step) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    start(context, homes()[0])
    shown(context)
    return context


def trusting() -> SSL.Context:
    """A client that trusts both authorities and none of their intermediates."""
    context = contexts.client_context()
    store = context.get_cert_store()
    for who in homes():
        store.add_cert(crypto.X509.from_cryptography(who.root))
    return context


def shown(context: SSL.Context) -> list[bytes]:
    """What a client that verifies is sent, in DER."""
    client = pump.connected(context, trusting()).client
    return [
        crypto.dump_certificate(crypto.FILETYPE_ASN1, each)
        for each in client.get_peer_cert_chain() or ()
    ]


def whole(who: Identity) -> list[bytes]:
    return [
        crypto.dump_certificate(crypto.FILETYPE_ASN1, crypto.X509.from_cryptography(each))
        for each in (who.certificate, *who.intermediates)
    ]


@orders
@starts
@pytest.mark.holds("F16")
def test_each_renewal_brings_its_chain_and_no_other(start: Step, order: tuple[Step, ...]) -> None:
    context = used(start)
    for turn in range(1, 6):
        who = homes()[turn % 2]
        for step in order:
            step(context, who)
        assert shown(context) == whole(who)


@starts
@pytest.mark.holds("F16")
def test_until_the_key_is_there_all_is_as_before(start: Step) -> None:
    before, after = homes()
    context = used(start)
    certificate(context, after)
    assert shown(context) == whole(before)
    chain(context, after)
    assert shown(context) == whole(before)
    key(context, after)
    assert shown(context) == whole(after)


@starts
def test_a_chain_that_comes_first_does_not_harm(start: Step) -> None:
    before, after = homes()
    context = used(start)
    chain(context, after)
    assert shown(context)[: len(whole(before))] == whole(before)  # a client verifies it
    certificate(context, after)
    key(context, after)
    assert shown(context) == whole(after)


@starts
def test_the_same_chain_is_not_sent_twice(start: Step) -> None:
    context = used(start)
    before = homes()[0]
    for _ in range(3):
        chain(context, before)
        assert shown(context) == whole(before)
        certificate(context, before)
        key(context, before)
        assert shown(context) == whole(before)


def test_objects_and_files_by_turns() -> None:
    context = used(by_objects)
    for turn in range(1, 7):
        who = homes()[turn % 2]
        (by_chain_file if turn % 3 else by_objects)(context, who)
        assert shown(context) == whole(who)


def test_a_certificate_given_again_begins_its_chain_again() -> None:
    context = used(by_objects)
    before, after = homes()
    certificate(context, before)
    chain(context, before)
    certificate(context, after)
    chain(context, after)
    key(context, after)
    assert shown(context) == whole(after)


def test_another_kind_of_certificate_keeps_its_chain() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    first = authority.identity("rsa")
    by_objects(context, first)
    shown(context)
    by_objects(context, authority.stranger())  # ECDSA
    client = trusting()
    client.set_sigalgs_list(b"RSA-PSS+SHA256:RSA-PSS+SHA384")
    client.set_verify(SSL.VERIFY_NONE)
    ends = pump.connected(context, client)
    found = ends.client.get_peer_cert_chain()
    assert found is not None
    assert [each.to_cryptography() for each in found] == [first.certificate, *first.intermediates]


@pytest.mark.parametrize("order", ORDERS[:2], ids=["chain-second", "chain-first"])
def test_under_load_every_client_can_verify(order: tuple[Step, ...]) -> None:
    context, client = used(by_chain_file), trusting()
    done = threading.Event()
    seen = set()

    def shake() -> None:
        while not done.is_set():
            certificate_ = pump.connected(context, client).client.get_peer_certificate()
            assert certificate_ is not None
            seen.add(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate_))

    shakers = [sockets.in_thread(shake) for _ in range(3)]
    end = time.monotonic() + sockets.PATIENCE
    turn = 0
    try:
        while turn < 60 or (len(seen) < 2 and time.monotonic() < end):
            turn += 1
            for step in order:
                step(context, homes()[turn % 2])
                time.sleep(0.0005)  # or nobody else comes to work
    finally:
        done.set()
        for each in shakers:
            each.result(sockets.PATIENCE)
    assert seen == {whole(who)[0] for who in homes()}


def whole_pair(context: SSL.Context, who: Identity) -> None:
    context.use_certificate_and_key(who.certificate, who.private_key, who.intermediates)


def bare_pair(context: SSL.Context, who: Identity) -> None:
    context.use_certificate_and_key(who.certificate, who.private_key)


def by_commands(context: SSL.Context, who: Identity) -> None:
    context.configure("Certificate", str(who.files.chain))
    assert shown(context)
    context.configure("PrivateKey", str(who.files.key))


def by_archive(context: SSL.Context, who: Identity) -> None:
    archive = pkcs12.serialize_key_and_certificates(
        b"", who.private_key, who.certificate, who.intermediates, NoEncryption()
    )
    context.use_pkcs12(archive)


def pair_then_chain(context: SSL.Context, who: Identity) -> None:
    bare_pair(context, who)
    chain(context, who)


def chain_then_pair(context: SSL.Context, who: Identity) -> None:
    chain(context, who)
    bare_pair(context, who)


def half_then_whole(context: SSL.Context, who: Identity) -> None:
    certificate(context, who)
    whole_pair(context, who)


def half_whole_and_key(context: SSL.Context, who: Identity) -> None:
    half_then_whole(context, who)
    key(context, who)


def behind_what_waits(context: SSL.Context, who: Identity) -> None:
    certificate(context, who)
    for each in who.intermediates:
        context.add_chain_cert(each)
    key(context, who)


def cleared_while_it_waits(context: SSL.Context, who: Identity) -> None:
    certificate(context, who)
    chain(context, authority.identity())
    context.clear_chain()
    chain(context, who)
    key(context, who)


MIXED = [
    whole_pair,
    by_commands,
    by_archive,
    pair_then_chain,
    chain_then_pair,
    half_then_whole,
    half_whole_and_key,
    behind_what_waits,
    cleared_while_it_waits,
]


@starts
@pytest.mark.parametrize("renew", MIXED)
@pytest.mark.holds("F16")
def test_every_way_to_renew_brings_its_chain_and_no_other(start: Step, renew: Step) -> None:
    context = used(start)
    for turn in range(1, 5):
        who = homes()[turn % 2]
        renew(context, who)
        assert shown(context) == whole(who)
        (start if turn % 4 == 2 else renew)(context, who)
        assert shown(context) == whole(who)


@starts
def test_a_pair_without_a_chain_gets_nobody_elses(start: Step) -> None:
    context = used(start)
    bare_pair(context, homes()[1])
    anybody = trusting()
    anybody.set_verify(SSL.VERIFY_NONE)
    found = pump.connected(context, anybody).client.get_peer_cert_chain()
    assert found is not None
    assert [each.to_cryptography() for each in found] == [homes()[1].certificate]


def test_a_failed_command_leaves_the_pair(tmp_path: Path) -> None:
    context = used(by_objects)
    with pytest.raises(SSL.Error):
        context.configure("Certificate", str(tmp_path / "none"))
    assert shown(context) == whole(homes()[0])
    context.configure("Certificate", str(homes()[1].files.chain))
    with pytest.raises(SSL.Error):
        context.configure("PrivateKey", str(homes()[0].files.key))
    assert shown(context) == whole(homes()[0])

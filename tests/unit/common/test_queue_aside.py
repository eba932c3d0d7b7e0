"""What a callback does to OpenSSL's queue of errors does not reach the call that it runs in."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto

Deed = Callable[[], Any]
#: What the heap has in the place of what was freed.
JUNK: list[Any] = []


def load_chain() -> None:
    """libssl clears the queue in it."""
    contexts.use_identity(contexts.blank_context(), authority.identity())


def shake_hands() -> None:
    pump.connected(contexts.server_context(), contexts.client_context())


def fail_to_shake_hands() -> None:
    ends = pump.pair(contexts.server_context(authority.stranger()), contexts.client_context())
    outcome = pump.handshake_outcome(*ends)
    assert outcome.client is not None


def fail_often() -> None:
    """More failures than the queue has room for."""
    for _ in range(40):
        with pytest.raises(crypto.Error):
            crypto.load_certificate(crypto.FILETYPE_PEM, b"none")


def work_on_the_heap() -> None:
    JUNK.extend(crypto.X509() for _ in range(300))
    JUNK.extend(bytes([65 + number % 26]) * 14 for number in range(3000))


DEEDS: list[Deed] = [load_chain, shake_hands, fail_to_shake_hands, fail_often, gc.collect]


def nothing() -> None:
    """A callback without a deed."""


@pytest.fixture(autouse=True)
def tidy():
    yield
    JUNK.clear()


def told_by_connection(deed: Deed, hook: str, version: str) -> list[tuple[Any, ...]]:
    """What a refused handshake says, with callbacks that run ``deed`` at every chance."""

    def busy(*arguments: Any) -> bool:
        deed()
        work_on_the_heap()
        return bool(arguments[-1])

    client = contexts.client_context(version=version)
    if hook == "verify":
        client.set_verify(SSL.VERIFY_PEER, busy)
    elif hook == "info":
        client.set_info_callback(busy)
    else:
        client.set_keylog_callback(busy)
        client.set_info_callback(busy)
    stranger = contexts.server_context(authority.stranger(), version=version)
    outcome = pump.handshake_outcome(*pump.pair(stranger, client))
    assert isinstance(outcome.client, SSL.Error)
    JUNK.clear()
    return [tuple(each) for each in (outcome.client.args[0], details(outcome.client))]


def details(error: Any) -> tuple[Any, ...]:
    return tuple(
        (each.code, each.library, each.function, each.reason, each.data) for each in error.errors
    )


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("hook", ["verify", "info", "all"])
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.holds("S4")
def test_a_refusal_is_told_in_the_same_words(deed: Deed, hook: str, version: str) -> None:
    assert told_by_connection(deed, hook, version) == told_by_connection(nothing, hook, version)


def told_by_loader(deed: Deed, load: Callable[[Any], Any]) -> tuple[Any, ...]:
    def wrong(*_: Any) -> bytes:
        deed()
        work_on_the_heap()
        return b"wrong"

    with pytest.raises((SSL.Error, crypto.Error)) as caught:
        load(wrong)
    JUNK.clear()
    assert caught.value.errors
    return details(caught.value)


def by_context(ask: Any) -> None:
    context = contexts.blank_context()
    context.set_passwd_cb(ask)
    context.use_privatekey_file(str(authority.identity().files.key_encrypted))


def by_loader(ask: Any) -> None:
    text = authority.identity().files.key_encrypted.read_bytes()
    crypto.load_privatekey(crypto.FILETYPE_PEM, text, ask)


@pytest.mark.parametrize("load", [by_context, by_loader])
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.holds("S4")
def test_a_wrong_passphrase_is_told_in_the_same_words(deed: Deed, load: Any) -> None:
    assert told_by_loader(deed, load) == told_by_loader(nothing, load)


class Finaliser:
    """Runs while its ring is collected, and uses OpenSSL."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        fail_often()
        work_on_the_heap()


def test_a_finaliser_that_runs_while_errors_are_collected() -> None:
    """Making the exception may run any finaliser; none of its entries is lost by that."""

    def fail() -> tuple[Any, ...]:
        with pytest.raises(SSL.Error) as caught:
            contexts.blank_context().use_certificate_file("/nowhere/to/be/found")
        return details(caught.value)

    expected = fail()
    assert len(expected) > 1
    before = gc.get_threshold()
    try:
        gc.set_threshold(1)
        for _ in range(20):
            Finaliser()
            assert fail() == expected
    finally:
        gc.set_threshold(*before)

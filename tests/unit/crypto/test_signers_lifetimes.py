"""Who keeps the function of a key that lives elsewhere, and for how long."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kit import apart, contexts, elsewhere, pump, sockets
from OpenSSL import SSL, crypto

KIND = "p256"


class Function:
    """A function that can be watched as it goes, and that refers to what it is told to."""

    def __init__(self, kind: str = KIND) -> None:
        self.vault = elsewhere.Vault(kind)
        self.others: list[Any] = []

    def __call__(self, algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        return self.vault.sign(algorithm, message)


def key_of(function: Any, kind: str = KIND) -> crypto.PKey:
    return crypto.PKey.from_signer(elsewhere.certificate(kind), function)


def context_with(key: crypto.PKey, kind: str = KIND) -> SSL.Context:
    context = contexts.blank_context()
    context.use_certificate(elsewhere.certificate(kind))
    context.use_privatekey(key)
    return context


def careless() -> SSL.Context:
    return contexts.client_context(verify=False)


def gone(watched: weakref.ref[Any]) -> bool:
    gc.collect()
    gc.collect()
    return watched() is None


def test_a_context_keeps_it() -> None:
    function = Function()
    watched = weakref.ref(function)
    context = context_with(key_of(function))
    del function
    gc.collect()
    pump.connected(context, careless())
    assert watched() is not None
    del context
    assert gone(watched)


def test_a_connection_keeps_it() -> None:
    """Though its Context has another key by then, and is gone."""
    function = Function()
    watched = weakref.ref(function)
    context = context_with(key_of(function))
    del function
    ends = pump.pair(context, careless())
    context.use_certificate_file(str(elsewhere.files(KIND).certificate))
    context.use_privatekey_file(str(elsewhere.files(KIND).key))
    del context
    gc.collect()
    assert watched() is not None
    pump.handshake(*ends)
    assert len(watched().vault.asked) == 1  # type: ignore[union-attr]
    del ends
    assert gone(watched)


def test_what_was_replaced_is_given_up() -> None:
    """A server whose key is renewed for years must not collect functions."""
    context = contexts.blank_context()
    context.use_certificate(elsewhere.certificate(KIND))
    watched = []
    for _ in range(5):
        function = Function()
        watched.append(weakref.ref(function))
        context.use_privatekey(key_of(function))
        del function
    gc.collect()
    alive = [each() is not None for each in watched]
    assert alive[-1]
    assert sum(alive) <= 2
    pump.connected(context, careless())


SHAPES: dict[str, Callable[[crypto.PKey, SSL.Context, SSL.Connection], Any]] = {
    "the key": lambda key, context, connection: key,
    "its Context": lambda key, context, connection: context,
    "its Connection": lambda key, context, connection: connection,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("used", [False, True])
def test_rings(shape: str, used: bool) -> None:
    function = Function()
    watched = weakref.ref(function)
    key = key_of(function)
    context = context_with(key)
    ends = pump.connected(context, careless()) if used else pump.pair(context, careless())
    connection = ends.server
    connection.use_privatekey(key)
    function.others.append(SHAPES[shape](key, context, connection))
    del function, key, context, ends, connection
    assert gone(watched)


def test_a_key_is_another_one_while_it_signs() -> None:
    """``generate_key`` puts another key into the object."""
    function = Function()

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        key.generate_key("EC", "P-256")
        gc.collect()
        return function(algorithm, message)

    key = key_of(sign)
    signature = crypto.sign(key, b"data", "sha256")
    crypto.verify(elsewhere.certificate(KIND), signature, b"data", "sha256")
    assert len(crypto.dump_privatekey(crypto.FILETYPE_ASN1, key)) > 100


def test_what_is_signed_changes_meanwhile() -> None:
    function = Function()

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        # Now it is a Context's too, and what changes it makes a copy of its own.
        context = contexts.blank_context()
        context.use_certificate(certificate)
        certificate.set_serial_number(2)
        certificate.get_subject().CN = "changed"
        del context
        return function(algorithm, message)

    certificate = crypto.load_certificate(
        crypto.FILETYPE_PEM, elsewhere.files(KIND).certificate.read_bytes()
    )
    certificate.sign(key_of(sign), "sha256")
    assert certificate.get_serial_number() == 2
    assert certificate.get_subject().CN == "changed"


def test_it_may_wait() -> None:
    """Its own handshake waits with it; others, over the same Context too, go on."""
    function = Function()
    waits, go_on = threading.Event(), threading.Event()
    first = threading.local()

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        if getattr(first, "is_it", False):
            waits.set()
            assert go_on.wait(60)
        return function(algorithm, message)

    context = context_with(key_of(sign))

    def slow() -> None:
        first.is_it = True
        pump.connected(context, careless())

    done = sockets.in_thread(slow)
    assert waits.wait(60)
    for _ in range(3):
        pump.connected(context, careless())
    assert not done.done()
    go_on.set()
    done.result(60)
    assert len(function.vault.asked) == 4


def test_many_threads() -> None:
    function = Function()
    context = context_with(key_of(function))

    def many() -> None:
        for _ in range(10):
            pump.connected(context, careless())
            key_of(function)

    running = [sockets.in_thread(many) for _ in range(4)]
    for each in running:
        each.result(60)
    assert len(function.vault.asked) == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_signs() -> None:
    apart.run(
        """
    import os, sys
    from kit import contexts, elsewhere, pump
    from OpenSSL import crypto

    vault = elsewhere.Vault("p256")
    context = contexts.blank_context()
    context.use_certificate(elsewhere.certificate("p256"))
    context.use_privatekey(crypto.PKey.from_signer(elsewhere.certificate("p256"), vault.sign))
    child = os.fork()
    pump.connected(context, contexts.client_context(verify=False))
    assert len(vault.asked) == 1
    if child:
        assert os.waitpid(child, 0)[1] == 0
    else:
        os._exit(0)
    """
    )


def test_the_interpreter_ends_while_keys_live() -> None:
    apart.run(
        """
    import sys
    from kit import contexts, elsewhere, pump
    from OpenSSL import crypto

    class Late:
        def __init__(self, key):
            self.key = key
        def __del__(self):
            try:
                crypto.sign(self.key, b"data", "sha256")
            except Exception:
                pass

    vault = elsewhere.Vault("p256")
    key = crypto.PKey.from_signer(elsewhere.certificate("p256"), vault.sign)
    context = contexts.blank_context()
    context.use_certificate(elsewhere.certificate("p256"))
    context.use_privatekey(key)
    ends = pump.connected(context, contexts.client_context(verify=False))
    late = Late(key)
    ring = [late]
    ring.append(ring)
    sys.kept = (context, key, ends, late, Late(key))
    vault.others = sys.kept
    """
    )

"""Rings through what a program has given us to keep: the collector takes them all."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

KINDS = (SSL.Connection, SSL.Context, SSL.Session)
#: How a thing that refers to another may look: not all of them can be cleared themselves.
SHAPES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda thing: thing,
    "tuple": lambda thing: (thing, "x"),
    "deep tuple": lambda thing: ((("x", thing),),),
    "frozenset": lambda thing: frozenset({thing}),
    "method": lambda thing: thing.set_app_data,
    "list": lambda thing: [thing],
    "dict": lambda thing: {"thing": thing},
    "function": lambda thing: lambda *_: thing,
}


def left(make: Callable[[], Any], times: int = 20) -> int:
    """How many of our objects more there are after ``make`` has run often."""
    gc.collect()
    before = sum(isinstance(each, KINDS) for each in gc.get_objects())
    for _ in range(times):
        make()
    gc.collect()
    gc.collect()
    return sum(isinstance(each, KINDS) for each in gc.get_objects()) - before


@pytest.fixture(scope="module")
def context():
    return contexts.server_context()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.holds("F7")
def test_data_of_a_connection(context: SSL.Context, shape: str) -> None:
    def make() -> None:
        connection = SSL.Connection(context, None)
        connection.set_app_data(SHAPES[shape](connection))

    assert left(make) == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.holds("F7")
def test_data_of_a_context(shape: str) -> None:
    def make() -> None:
        own = SSL.Context(SSL.TLS_METHOD)
        own.set_app_data(SHAPES[shape](own))

    assert left(make) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_data_of_a_context_that_is_its_connections(shape: str) -> None:
    def make() -> None:
        own = SSL.Context(SSL.TLS_METHOD)
        own.set_app_data(SHAPES[shape](SSL.Connection(own, None)))

    assert left(make) == 0


def test_data_of_a_context_that_is_its_session() -> None:
    def make() -> None:
        client = contexts.client_context(version="TLSv1.2")
        ends = pump.connected(contexts.server_context(version="TLSv1.2"), client)
        client.set_app_data(ends.client.get_session())

    assert left(make) == 0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.holds("F7")
def test_data_for_a_passphrase_callback(shape: str) -> None:
    def make() -> None:
        own = SSL.Context(SSL.TLS_METHOD)
        own.set_passwd_cb(lambda *_: b"", SHAPES[shape](own))

    assert left(make) == 0


class Asking(SSL.Context):
    """Asks itself for passphrases."""

    def __init__(self) -> None:
        super().__init__(SSL.TLS_METHOD)
        self.set_passwd_cb(self.ask)

    def ask(self, *_: Any) -> bytes:
        return authority.PASSPHRASE


def test_a_context_that_asks_itself_for_passphrases() -> None:
    assert left(Asking) == 0


#: All of them, those of tomorrow too.
SETTERS = [
    "set_verify",
    *(name for name in dir(SSL.Context) if name.startswith("set_") and "callback" in name),
]


class Hooked(SSL.Context):
    """Whose callbacks are its own methods."""

    def hook(self, *_: Any) -> bool:
        return True


@pytest.mark.parametrize("setter", SETTERS)
def test_callbacks_that_are_methods_of_their_context(setter: str) -> None:
    def make() -> None:
        own = Hooked(SSL.TLS_METHOD)
        arguments = (SSL.VERIFY_PEER,) if setter == "set_verify" else ()
        getattr(own, setter)(*arguments, own.hook)
        SSL.Connection(own, None)

    assert left(make) == 0


def test_the_data_is_there_for_as_long_as_anybody_may_ask(context: SSL.Context) -> None:
    """The collector empties only what nobody reaches, and a finaliser asks in vain at most."""
    told: list[Any] = []

    class Asker:
        def __init__(self, connection: SSL.Connection) -> None:
            self.connection = connection

        def __del__(self) -> None:
            told.append(self.connection.get_app_data())

    connection = SSL.Connection(context, None)
    connection.set_app_data((connection, Asker(connection)))
    gc.collect()
    assert connection.get_app_data()[0] is connection
    del connection
    gc.collect()
    assert len(told) == 1
    assert told[0] is None or isinstance(told[0], tuple)
    told.clear()


def test_data_that_threads_replace_while_it_is_collected(context: SSL.Context) -> None:
    connection = SSL.Connection(context, None)
    over = threading.Event()

    def replace() -> None:
        while not over.is_set():
            connection.set_app_data((connection, object()))
            connection.get_app_data()

    threads = [threading.Thread(target=replace) for _ in range(3)]
    for each in threads:
        each.start()
    for _ in range(30):
        gc.collect()
    over.set()
    for each in threads:
        each.join()
    assert connection.get_app_data()[0] is connection
    connection.set_app_data(None)
    assert connection.get_app_data() is None

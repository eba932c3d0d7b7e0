"""Failing handshakes on eight threads with one Context: each exception is its own connection's."""

from __future__ import annotations

import threading
from typing import Any

from kit import contexts, pump
from OpenSSL import SSL

FULL = {"handshakes": 100_000}
SHORT = {"handshakes": 1_600}
THREADS = 8


class Refused(Exception):
    """Carries the name of the connection whose hook raised it."""


def on_name(connection: SSL.Connection) -> None:
    if connection.get_app_data()[1] == 0:
        raise Refused(connection.get_app_data())


def on_protocols(connection: SSL.Connection, offered: list[bytes]) -> Any:
    if connection.get_app_data()[1] == 1:
        raise Refused(connection.get_app_data())
    return SSL.NO_OVERLAPPING_PROTOCOLS


def on_verify(
    connection: SSL.Connection, certificate: object, number: int, depth: int, good: int
) -> bool:
    name = connection.get_app_data()
    if name[1] == 2:
        raise Refused(name)
    # One in four is refused by an answer: an Error of libssl's.
    return name[1] != 3


def one(server_context: SSL.Context, client_context: SSL.Context, name: tuple[int, int]) -> None:
    ends = pump.pair(server_context, client_context, b"localhost")
    for end in ends:
        end.set_app_data(name)
    ends.client.set_alpn_protos([b"h2"])
    told = pump.handshake_outcome(ends.server, ends.client)
    own = told.server if name[1] < 2 else told.client
    other = told.client if name[1] < 2 else told.server
    if name[1] == 3:
        assert type(own) is SSL.Error, repr(own)
        assert "certificate verify failed" in str(own), repr(own)
    else:
        assert type(own) is Refused, repr(own)
        assert own.args == (name,), f"{own.args} came out of {name}"
    assert type(other) is SSL.Error, repr(other)
    assert other.alert is not None, repr(other)


def run(handshakes: int) -> dict[str, int]:
    server, client = contexts.server_context(), contexts.client_context()
    server.set_tlsext_servername_callback(on_name)
    server.set_alpn_select_callback(on_protocols)
    client.set_verify(SSL.VERIFY_PEER, on_verify)
    failures: list[BaseException] = []
    done = [0] * THREADS

    def work(thread: int) -> None:
        try:
            for number in range(handshakes // THREADS):
                one(server, client, (thread * handshakes + number, number % 4))
                done[thread] += 1
                if failures:
                    return
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {"failed handshakes": sum(done), "threads": THREADS}
